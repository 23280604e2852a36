import { isDeepStrictEqual } from "node:util";
import { bare, fieldsOf, type Keywords, type Schema } from "./keywords.ts";
import { unread } from "./subset.ts";

export type Direction = "backward" | "forward";

/** full: both directions hold. backward, forward: only this one holds. breaking: none does */
export type Verdict = "same" | "full" | Direction | "breaking";

export interface Change {
  /** As `data.items[].sku`; `.*` are fields that are not named. */
  readonly path: string;
  readonly what: string;
  /** None: it is no harm. */
  readonly breaks: readonly Direction[];
}

export interface Comparison {
  readonly verdict: Verdict;
  readonly changes: readonly Change[];
}

/**
 * What a change of a schema of data breaks. backward: who has the new schema reads all that was written by the old one. forward: who
 * still has the old schema reads all that is written by the new one. What cannot be decided breaks, and says so.
 *
 * in  JSON Schemas; texts of `x-rules` mean the same wherever they are the same
 */
export function compare(old: object | boolean, now: object | boolean): Comparison {
  const [before, after] = [bare(old as Schema), bare(now as Schema)];
  if (isDeepStrictEqual(before, after)) {
    const changes = harmless(old as Schema, now as Schema, "data");
    return { verdict: changes.length > 0 ? "full" : "same", changes };
  }
  const backward = unread(before, after, { path: "data", isWriterNew: false });
  const forward = unread(after, before, { path: "data", isWriterNew: true });
  const changes = new Map<string, Change>();
  for (const [direction, reasons] of [
    ["backward", backward],
    ["forward", forward],
  ] as const)
    for (const { path, what } of reasons) {
      const key = `${path} ${what}`;
      const breaks = new Set([...(changes.get(key)?.breaks ?? []), direction]);
      changes.set(key, { path, what, breaks: [...breaks] });
    }
  const told = [...changes.values()];
  const rest = harmless(old as Schema, now as Schema, "data").filter(
    ({ path }) => !told.some((change) => change.path === path),
  );
  const all = [...told, ...rest];
  const verdict = toVerdict(told.flatMap(({ breaks }) => breaks));
  return {
    verdict,
    changes: all.length > 0 ? all : [{ path: "data", what: "is said in another way", breaks: [] }],
  };
}

/** out: what is left of both directions */
export function toVerdict(broken: readonly Direction[]): Exclude<Verdict, "same"> {
  const [isBackward, isForward] = [!broken.includes("backward"), !broken.includes("forward")];
  if (isBackward && isForward) return "full";
  return isBackward ? "backward" : isForward ? "forward" : "breaking";
}

/** Fields that come or go, and defaults: what breaks nothing by itself may still be no more what was meant. */
function harmless(old: Schema, now: Schema, path: string): readonly Change[] {
  if (typeof old === "boolean" || typeof now === "boolean") return [];
  const changes: Change[] = [];
  const tell = (at: string, what: string) => changes.push({ path: at, what, breaks: [] });
  if (!isDeepStrictEqual(old.default, now.default)) tell(path, "default: has changed");
  changes.push(...harmless((old.items ?? true) as Schema, (now.items ?? true) as Schema, `${path}[]`));
  if (!old.properties && !now.properties) return changes;
  const [before, after] = [fieldsOf(old), fieldsOf(now)];
  for (const name of new Set([...before.names, ...after.names])) {
    const at = `${path}.${name}`;
    if (!after.names.has(name)) tell(at, `is gone${renamed(old, now, name)}`);
    else if (!before.names.has(name)) tell(at, "is new, and optional");
    else changes.push(...harmless(before.partOf(name), after.partOf(name), at));
  }
  return changes;
}

/** A new field of the same schema: what was in this one is dropped then. */
function renamed(old: Keywords, now: Keywords, gone: string): string {
  const [before, after] = [fieldsOf(old), fieldsOf(now)];
  const schema = bare(before.partOf(gone));
  const other = [...after.names].find(
    (name) => !before.names.has(name) && isDeepStrictEqual(bare(after.partOf(name)), schema),
  );
  return other === undefined ? "" : `; where it is ${other} now, its value is lost`;
}
