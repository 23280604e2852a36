import { globSync } from "node:fs";
import { UsageError } from "../../adapters/local/command-line.ts";
import { effectFile } from "../effect-file.ts";
import { EFFECTS, type EventSource } from "../generate/sources.ts";
import { type Importer, importsEvent, type Project, usersOf } from "./project.ts";

/** What is to be removed, by its path from the project's root, and what stays that has to do with it, a line each with why. */
export interface Removal {
  readonly files: readonly string[];
  readonly kept: readonly string[];
  /** What is left to whoever asked for it. */
  readonly left: readonly string[];
}

/** Its folder, and its events that nobody else uses. throws: UsageError that says what there is */
export function removeFunction(project: Project, name: string, importers: readonly Importer[]): Removal {
  const found = project.functions.find(({ folder }) => folder === name);
  if (!found)
    throw new UsageError(
      `function ${name}: must be one of ${project.functions.map(({ folder }) => folder).join(", ")}`,
    );
  const folder = `functions/${name}/`;
  const others = importers.filter(({ path }) => !path.startsWith(folder));
  const own = project.events.filter((event) => usersOf(project, event).includes(name));
  const gone = new Set(own.filter((event) => usersOf(project, event).length === 1));
  const whyKept = (event: EventSource) => importersOf(event, others, gone);
  // What one that is kept is made of is kept as well.
  for (let size = -1; size !== gone.size; ) {
    size = gone.size;
    for (const event of gone) if (whyKept(event).length > 0) gone.delete(event);
  }
  const kept = own.filter((event) => !gone.has(event));
  return {
    files: [...globSync(`${folder}**/*.*`, { cwd: project.root }).toSorted(), ...[...gone].map(({ path }) => path)],
    kept: kept.map((event) => {
      const users = usersOf(project, event).filter((each) => each !== name);
      return `${event.path}: used by ${(users.length > 0 ? users : whyKept(event)).join(", ")}`;
    }),
    left: [
      ...others
        .filter(({ imports }) => imports.some((path) => path.startsWith(folder)))
        .map(({ path }) => `${path}: imports what is removed`),
      ...kept.flatMap((event) => lonely(project, event, name)),
      ...found.fn.uses
        .filter((effect) => project.functions.every(({ folder, fn }) => folder === name || !fn.uses.includes(effect)))
        .map((effect) => `${EFFECTS}/${effectFile(effect)}: no function uses the effect ${effect} any more`),
    ],
  };
}

/** throws: UsageError that says what there is, or names who uses it */
export function removeEvent(project: Project, type: string, importers: readonly Importer[]): Removal {
  const found = project.events.find(({ event }) => event.type === type);
  if (!found) {
    const all = project.events.map(({ event }) => `  ${event.type}`).join("\n");
    throw new UsageError(`event ${type}: must be one of\n${all}`);
  }
  const users = usersOf(project, found);
  const uses = users.length > 0 ? [users.join(", ")] : importersOf(found, importers, new Set([found]));
  if (uses.length > 0) throw new UsageError(`event ${type}: is used by ${uses.join(", ")}`);
  return { files: [found.path], kept: [], left: [] };
}

/** Files that have the event, apart from those of events that are gone. */
function importersOf(
  event: EventSource,
  importers: readonly Importer[],
  gone: ReadonlySet<EventSource>,
): readonly string[] {
  const removed = new Set([...gone].map(({ path }) => path));
  return importers.filter((each) => !removed.has(each.path) && importsEvent(each, event)).map(({ path }) => path);
}

/** What the catalogue's tests say of an event that is kept, once a function is gone. */
function lonely({ functions }: Project, { path, event }: EventSource, gone: string): readonly string[] {
  const others = functions.filter(({ folder }) => folder !== gone).map(({ fn }) => fn.definition);
  const isHeard = others.some(({ on }) => on.has(event.type));
  const isSaid = others.some(({ emits }) => emits.has(event.type));
  return [
    ...(isHeard || event.audience === "others"
      ? []
      : [`${path}: nobody hears it any more, unless it says \`audience: "others"\``]),
    ...(isSaid || event.topic === undefined ? [] : [`${path}: nobody says it any more`]),
  ];
}
