import type { StandardSchemaV1 } from "@standard-schema/spec";

/** Deeper is only what contains itself. */
const MOST_DEPTH = 12;

/** What a schema of valibot may have, as far as its fields are found by it. */
interface Schema {
  readonly kind?: string;
  readonly type?: string;
  readonly metadata?: { readonly personal?: unknown };
  readonly pipe?: readonly Schema[];
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly rest?: Schema;
  readonly item?: Schema;
  readonly items?: readonly Schema[];
  readonly value?: Schema;
  readonly wrapped?: Schema;
  readonly options?: readonly Schema[];
  readonly getter?: (input: unknown) => Schema;
}

/**
 * The paths whose values are marked as about a person, by `metadata({ personal: true })`: `customer.email`, `items.*.name`, `*` for each of
 * a list or of a record.
 *
 * in      a schema; of another library than valibot nothing is known
 * source  valibot, "metadata"
 */
export function personalIn(schema: StandardSchemaV1 | undefined): readonly string[] {
  if (schema?.["~standard"].vendor !== "valibot") return [];
  return [...new Set(pathsIn(schema as Schema, []))];
}

function pathsIn(schema: Schema, path: readonly string[]): readonly string[] {
  if (path.length > MOST_DEPTH) return [];
  if (isMarked(schema)) return [path.join(".")];
  const at = (name: string) => (each: Schema) => pathsIn(each, [...path, name]);
  const here = (each: Schema) => pathsIn(each, path);
  const { pipe = [], entries = {}, rest, item, items = [], value, wrapped, options = [], getter } = schema;
  return [
    // A pipe has all that its first schema has.
    ...pipe.slice(1).flatMap(here),
    ...Object.entries(entries).flatMap(([name, each]) => at(name)(each)),
    ...items.flatMap((each, index) => at(String(index))(each)),
    ...[rest, item, value].flatMap((each) => (each ? at("*")(each) : [])),
    // Those of a picklist are values.
    ...[wrapped, ...options, getter?.(undefined)].flatMap((each) => (each?.kind === "schema" ? here(each) : [])),
  ];
}

const isMarked = ({ kind, metadata, pipe = [] }: Schema): boolean =>
  (kind === "metadata" && metadata?.personal === true) || pipe.some(isMarked);
