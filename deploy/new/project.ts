import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { versionsOf } from "../../functions/kernel/define.ts";
import { GENERATED } from "../generate/rendered.ts";
import { type EventSource, type FunctionSources, findEvents, findFunctions } from "../generate/sources.ts";

/** What there is already, as its files say. */
export interface Project {
  readonly root: string;
  readonly events: readonly EventSource[];
  readonly functions: readonly FunctionSources[];
  /** Schemas of single fields that events share, by the field. */
  readonly fields: ReadonlyMap<string, StandardSchemaV1>;
}

const FIELDS = "functions/events/schema.ts";

/** throws: SourceError for files that the system could not be made of */
export async function readProject(root: string): Promise<Project> {
  const [events, functions] = [await findEvents(root), await findFunctions(root)];
  const file = join(root, FIELDS);
  const exported = existsSync(file) ? Object.entries(await import(pathToFileURL(file).href)) : [];
  const fields = exported.filter((entry): entry is [string, StandardSchemaV1] => isSchema(entry[1]));
  return { root, events, functions, fields: new Map(fields) };
}

const isSchema = (value: unknown): boolean => typeof value === "object" && value !== null && "~standard" in value;

/** What an event is about, by its sample. field: undefined where no field alone says it */
export function aboutOf({ event, sample }: EventSource): { readonly field: string | undefined; readonly id: string } {
  const id = event.subjectOf(sample);
  const [field] = Object.entries(sample as object).find(([, value]) => value === id) ?? [];
  return { field: field !== undefined && /^[a-z]\w*$/i.test(field) ? field : undefined, id };
}

/** The functions that consume or say an event, or a newer version of it. */
export function usersOf({ functions }: Project, { event }: EventSource): readonly string[] {
  const types = ({ fn: { definition } }: FunctionSources) =>
    [...[...definition.on.values()].map((clause) => clause.event), ...definition.emits.values()].flatMap(versionsOf);
  return functions.filter((each) => types(each).includes(event)).map(({ folder }) => folder);
}

/** A file written by hand, and the files of the project that it imports. */
export interface Importer {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

export function readImporters(root: string): readonly Importer[] {
  const paths = globSync("{functions,adapters,deploy}/**/*.ts", { cwd: root }).toSorted();
  const files = paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
  return files
    .filter(({ text }) => !text.slice(0, text.indexOf("\n")).includes(GENERATED))
    .map(({ path, text }) => {
      const named = [...text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, name = ""]) => name);
      return { path, text, imports: named.map((name) => join(dirname(path), name)) };
    });
}

/** Whether a file has an event by its file, or by its name from their index. */
export const importsEvent = ({ imports, text }: Importer, { path, name }: EventSource): boolean =>
  imports.includes(path) || (imports.includes("functions/events/index.ts") && new RegExp(`\\b${name}\\b`).test(text));
