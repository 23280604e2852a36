import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../adapters/local/command-line.ts";
import { formatted } from "../generate/formatted.ts";
import type { EventSource } from "../generate/sources.ts";
import { checkFunctionName, checkTopic, checkType, constantOf, namesOf } from "./names.ts";
import { aboutOf, type Project } from "./project.ts";
import { type EventPart, eventText, handlerText, type NewEvent, testText } from "./templates.ts";

/** What is to be written: texts by their path from the project's root, and what whoever asked for it has to know. */
export interface Plan {
  readonly files: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

export interface FunctionOptions {
  readonly on: readonly string[];
  readonly emit: readonly string[];
  /** Of the events that are new. */
  readonly topic?: string | undefined;
  readonly keepsState: boolean;
  readonly isExclusive: boolean;
}

/** throws: UsageError that says which option breaks which rule, and what there is */
export function planFunction(project: Project, name: string, options: FunctionOptions): Plan {
  const { on: heard, emit, topic, keepsState, isExclusive } = options;
  checkFunctionName(name);
  const folder = `functions/${name}`;
  if (existsSync(join(project.root, folder))) throw new UsageError(`${folder}: is there, and nothing is overwritten`);
  if (heard.length === 0) throw new UsageError("--on: must name what the function hears");
  const on = unique(heard).map((type) => toPart(findEvent(project, type)));
  const wanted = unique(emit);
  wanted.forEach(checkType);
  const known = wanted.flatMap((type) => project.events.filter(({ event }) => event.type === type));
  const silent = known.find(({ event }) => event.topic === undefined);
  if (silent)
    throw new UsageError(`--emit ${silent.event.type}: has no topic, so that only the function that owns it says it`);
  const isNew = (type: string) => known.every(({ event }) => event.type !== type);
  const unknown = wanted.filter(isNew);
  if (unknown.length === 0 && topic !== undefined)
    throw new UsageError("--topic: must be left out where no event is new, each has its own");
  if (unknown.length > 0 && topic === undefined)
    throw new UsageError(`--topic: must be said for ${unknown.join(", ")}`);
  const about = aboutOf(findEvent(project, heard[0] ?? ""));
  const says: NewEvent[] = [];
  for (const type of unknown)
    says.push(toNewEvent(project, { type, topic: topic ?? "", audience: "others", about, taken: says }));
  const emits = [...says, ...known.map(toPart)];
  const fn = { name, constant: constantOf(name), on, emits, says, keepsState, isExclusive };
  const files = new Map([
    ...says.map(toFile),
    [`${folder}/handler.ts`, handlerText(fn)] as const,
    [`${folder}/handler.test.ts`, testText(fn)] as const,
  ]);
  return {
    files: new Map([...files].map(([path, text]) => [path, formatted(path, text)])),
    notes: known.map(
      ({ event: { type } }) => `${folder}/handler.ts: may say ${type}, and does not yet: its data is yours to make`,
    ),
  };
}

export interface EventOptions {
  readonly topic?: string | undefined;
  readonly audience: "functions" | "others";
}

/** throws: UsageError that says which option breaks which rule */
export function planEvent(project: Project, type: string, { topic, audience }: EventOptions): Plan {
  checkType(type);
  const known = project.events.find(({ event }) => event.type === type);
  if (known) throw new UsageError(`type ${type}: is there, in ${known.path}, and nothing is overwritten`);
  if (topic === undefined) throw new UsageError(`--topic: must be said for ${type}`);
  const event = toNewEvent(project, { type, topic, audience, about: mostAreAbout(project), taken: [] });
  const [path, text] = toFile(event);
  const wants = ["says it (`emits` of its function)", ...(audience === "others" ? [] : ["hears it (`when`)"])];
  return {
    files: new Map([[path, formatted(path, text)]]),
    notes: [
      `npm test fails until some function ${wants.join(", and one ")}: the catalogue has no event that nobody uses`,
    ],
  };
}

const unique = (types: readonly string[]): readonly string[] => [...new Set(types)];

function findEvent({ events }: Project, type: string): EventSource {
  const found = events.find(({ event }) => event.type === type);
  if (found) return found;
  const all = events.map(({ event }) => `  ${event.type}`).join("\n");
  throw new UsageError(`--on ${type}: must be one of\n${all}\n\`npm run new -- event\` makes another`);
}

function toPart(source: EventSource): EventPart {
  const { path, name, event } = source;
  const stem = path.replace(/^.*\/|\.ts$/g, "");
  return { type: event.type, stem, name, field: aboutOf(source).field };
}

interface Wanted {
  readonly type: string;
  readonly topic: string;
  readonly audience: "functions" | "others";
  readonly about: { readonly field?: string | undefined; readonly id: string };
  /** Made beside it. */
  readonly taken: readonly EventPart[];
}

function toNewEvent(project: Project, { type, topic, audience, about, taken }: Wanted): NewEvent {
  checkType(type);
  checkTopic(topic);
  const all = [...project.events, ...taken].map(({ name }) => name);
  const names = namesOf(type).find(
    ({ stem, name }) => !all.includes(name) && !existsSync(join(project.root, pathOf(stem))),
  );
  if (!names) throw new UsageError(`type ${type}: each file that it could be in is there, and nothing is overwritten`);
  const { field = "id", id } = about;
  const schema = project.fields.get(field)?.["~standard"].validate(id);
  const isShared = schema !== undefined && !(schema instanceof Promise) && !schema.issues;
  return { type, ...names, topic, audience, field, id, isShared };
}

const pathOf = (stem: string): string => `functions/events/${stem}.ts`;
const toFile = (event: NewEvent): readonly [string, string] => [pathOf(event.stem), eventText(event)];

/** What most events are about. */
function mostAreAbout({ events }: Project): Wanted["about"] {
  const all = events.map(aboutOf);
  const count = ({ field }: Wanted["about"]) => all.filter((each) => each.field === field).length;
  return all.toSorted((one, other) => count(other) - count(one))[0] ?? { id: "id-1" };
}
