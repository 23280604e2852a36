import { existsSync, globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type EventType, type FunctionDefinition, versionsOf } from "../../functions/kernel/define.ts";
import type { FunctionSource } from "../../functions/kernel/edge.ts";
import { type SystemFunction, toFunction } from "../../functions/kernel/system.ts";
import { creatorOf, effectFile } from "../effect-file.ts";

/** One file of functions/events: its event type and valid data of it. */
export interface EventSource {
  /** From the project's root. */
  readonly path: string;
  /** Under which it exports the event type. */
  readonly name: string;
  readonly event: EventType;
  readonly sample: unknown;
}

/** One folder of functions: what its `handler.ts` and its `edge.ts` export. */
export interface FunctionSources {
  readonly folder: string;
  readonly name: string;
  readonly fn: SystemFunction<never>;
  /** Names of edges. Left out: none. */
  readonly edges: readonly string[];
}

/** Makes an error that needs no stack: it tells whoever wrote the files what is wanted in which of them. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}

const EVENTS = "functions/events";
const KERNEL_EDGE = "functions/kernel/edge.ts";
export const EFFECTS = "adapters/effects";

/** The files that export an event type, by path. throws: SourceError that says all that is wrong with them */
export async function findEvents(root: string): Promise<readonly EventSource[]> {
  const files = globSync(`${EVENTS}/*.ts`, { cwd: root }).toSorted();
  const faults: string[] = [];
  const found: EventSource[] = [];
  for (const path of files.filter((each) => !/(\.test|\/index)\.ts$/.test(each))) {
    const { sample, ...exported } = await load(root, path);
    const events = Object.entries(exported).filter((entry): entry is [string, EventType] => isEvent(entry[1]));
    const [[name, event] = []] = events;
    if (name === undefined || !event) {
      if (sample !== undefined) faults.push(`${path}: exports a sample, and must export the event type of it`);
    } else if (events.length > 1)
      faults.push(`${path}: must export one event type, exports ${events.map(([each]) => each).join(", ")}`);
    else if (sample === undefined) faults.push(`${path}: must export \`sample\`, valid data of ${event.type}`);
    else found.push({ path, name, event, sample });
  }
  for (const [index, { path, name, event }] of found.entries()) {
    const first = found.findIndex((each) => each.name === name || each.event.type === event.type);
    if (first !== index) faults.push(`${path}: exports ${name} (${event.type}), as ${found[first]?.path} does`);
  }
  refuse(faults);
  return found;
}

/** Of those, the ones that are not only understood as a newer version. */
export function newestOf(events: readonly EventSource[]): readonly EventSource[] {
  const older = new Set(events.flatMap(({ event }) => versionsOf(event).slice(1)));
  return events.filter(({ event }) => !older.has(event));
}

/**
 * The folders that have a `handler.ts`: those with an edge first, then by name, for that is the order of their ports on one machine.
 *
 * throws  SourceError that says all that is wrong with them
 */
export async function findFunctions(root: string): Promise<readonly FunctionSources[]> {
  const faults: string[] = [];
  const found: FunctionSources[] = [];
  for (const path of globSync("functions/*/handler.ts", { cwd: root }).toSorted()) {
    const folder = basename(dirname(path));
    const made = Object.entries(await load(root, path)).flatMap(([name, value]) => {
      const fn = asFunction(name, value, path);
      return fn ? [{ name, fn }] : [];
    });
    const [first] = made;
    if (!first || made.length > 1) {
      const names = made.map(({ name }) => name).join(", ") || "none";
      faults.push(
        `${path}: must export one function, of defineFunction or as create…(effects) that makes it, exports ${names}`,
      );
    } else if (first.fn.name !== folder)
      faults.push(`${path}: exports the function ${first.fn.name}, and must export ${folder}, as its folder says`);
    else found.push({ folder, ...first, edges: await findEdges(root, folder, faults) });
  }
  for (const path of globSync("functions/*/edge.ts", { cwd: root }).toSorted())
    if (path !== KERNEL_EDGE && !existsSync(join(root, dirname(path), "handler.ts")))
      faults.push(`${dirname(path)}/handler.ts: must export the function that ${path} asks`);
  refuse(faults);
  const [asked, others] = [true, false].map((isAsked) => found.filter(({ edges }) => edges.length > 0 === isAsked));
  return [...(asked ?? []), ...(others ?? [])];
}

async function findEdges(root: string, folder: string, faults: string[]): Promise<readonly string[]> {
  const path = `functions/${folder}/edge.ts`;
  if (!existsSync(join(root, path))) return [];
  const exported = Object.entries(await load(root, path));
  const edges = exported.filter(([, value]) => isEdge(value)).map(([name]) => name);
  if (edges.length === 0) faults.push(`${path}: must export an edge of defineEdge, exports none`);
  return edges;
}

/** The effects that functions use, each once. throws: SourceError that names each file and export that is wanted */
export async function findEffects(root: string, functions: readonly FunctionSources[]): Promise<readonly string[]> {
  const users = new Map<string, string>();
  for (const { folder, fn } of functions)
    for (const effect of fn.uses) if (!users.has(effect)) users.set(effect, `functions/${folder}/handler.ts`);
  const faults: string[] = [];
  for (const [effect, user] of users) {
    const path = `${EFFECTS}/${effectFile(effect)}`;
    const exported = existsSync(join(root, path)) ? await load(root, path) : {};
    if (typeof exported[creatorOf(effect)] !== "function")
      faults.push(`${path}: must export ${creatorOf(effect)}(env), which makes the effect ${effect} of ${user}`);
  }
  refuse(faults);
  return [...users.keys()];
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new SourceError(faults.join("\n"));
}

type Exported = Readonly<Record<string, unknown>>;

/** throws: SourceError for a file that cannot be loaded, or exports what has no name to be imported by */
async function load(root: string, path: string): Promise<Exported> {
  const exported = (await import(pathToFileURL(join(root, path)).href).catch((error) => {
    throw new SourceError(`${path}: cannot be loaded: ${messageOf(error)}`, { cause: error });
  })) as Exported;
  if (Object.hasOwn(exported, "default")) throw new SourceError(`${path}: must export by name, not as default`);
  return exported;
}

// By what they have: a copy of functions/ has a kernel of its own.
const isEvent = (value: unknown): value is EventType =>
  typeof value === "function" && "type" in value && "subjectOf" in value;
const isFunction = (value: unknown): value is FunctionDefinition =>
  typeof value === "object" && value !== null && "keeps" in value && "on" in value;
const isEdge = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "path" in value && "of" in value;

/** out: undefined for what is neither a function nor makes one. throws: SourceError for what fails when it is made to be looked at */
function asFunction(name: string, value: unknown, path: string): SystemFunction<never> | undefined {
  if (isFunction(value)) return toFunction(value);
  if (typeof value !== "function" || !/^create[A-Z]/.test(name)) return undefined;
  try {
    const made = toFunction(value as FunctionSource<never>);
    return isFunction(made.definition) ? made : undefined;
  } catch (error) {
    throw new SourceError(`${path}: ${name}(effects) cannot be called: ${messageOf(error)}`, { cause: error });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
