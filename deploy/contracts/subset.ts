import { isDeepStrictEqual } from "node:util";
import { accepts } from "./accepts.ts";
import { type Branch, type Listed, narrowLimitsOf, type Typed, toBranches } from "./branches.ts";
import { fieldsOf, type Keywords, type Kind, type Limit, type Schema } from "./keywords.ts";

/** Why something that was written is not read. path: as `data.items[].sku` */
export interface Reason {
  readonly path: string;
  /** From what was to what is. */
  readonly what: string;
}

interface Where {
  readonly path: string;
  /** The writer's schema is the newer one. */
  readonly isWriterNew: boolean;
}

/**
 * Whether a reader takes all that a writer writes. Whoever writes by a schema writes no field that it does not name, unless it says by
 * `additionalProperties` what such fields hold; whoever reads drops them, unless that is `false`. What cannot be decided is a reason.
 *
 * in   schemas, bare
 * out  why not; none: it does
 */
export function unread(writer: Schema, reader: Schema, where: Where): readonly Reason[] {
  // What a reference leads to may differ.
  if (isDeepStrictEqual(writer, reader) && !JSON.stringify(writer).includes('"$ref"')) return [];
  const taken = toBranches(reader);
  const kinds = toBranches(writer).map((branch) => unreadBranch(branch, taken, where));
  if (!kinds.some((reasons) => reasons === "kind")) return kinds.flatMap((reasons) => reasons as readonly Reason[]);
  const type = { path: where.path, what: `type: ${change(namesOf(writer), namesOf(reader), where)}` };
  return [type, ...kinds.flatMap((reasons) => (reasons === "kind" ? [] : reasons))];
}

/** out: "kind" where nothing of its kind is taken */
function unreadBranch(branch: Branch, taken: readonly Branch[], where: Where): readonly Reason[] | "kind" {
  const strange = [branch, ...taken].find((one) => one.is === "unclear");
  if (branch.is === "unclear") return [undecided(branch.keyword, where)];
  const near = taken.filter((one) => one.is !== "unclear" && one.kind === branch.kind) as readonly (Typed | Listed)[];
  if (near.length === 0) return strange?.is === "unclear" ? [undecided(strange.keyword, where)] : "kind";
  if (branch.is === "listed") return unreadValues(branch, near, where);
  // One that takes all of it: what only several take together is not found.
  const [least = []] = near
    .map((one) => (one.is === "typed" ? unreadTyped(branch, one, where) : [fewer(branch, one, where)]))
    .toSorted((one, other) => one.length - other.length);
  return least;
}

const undecided = (keyword: string, { path }: Where): Reason => ({ path, what: `${keyword}: cannot be decided` });

/** What was, and what is. */
const change = (writer: unknown, reader: unknown, { isWriterNew }: Where): string =>
  isWriterNew ? `${reader} → ${writer}` : `${writer} → ${reader}`;

function namesOf(schema: Schema): string {
  const names = toBranches(schema).map((branch) =>
    branch.is === "unclear" ? branch.keyword : branch.is === "typed" ? (branch.keywords.type as string) : branch.kind,
  );
  return [...new Set(names)].join(" | ") || "nothing";
}

const fewer = (writer: Typed, reader: Listed, where: Where): Reason => ({
  path: where.path,
  what: `enum: ${change(`any ${writer.keywords.type}`, list(reader.values), where)}`,
});

const list = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(", ");

function unreadValues({ values, rules }: Listed, near: readonly (Typed | Listed)[], where: Where): readonly Reason[] {
  const { path, isWriterNew } = where;
  const refused = values.filter(
    (value) => !near.some((one) => takes(one, value) && unheld(rules, one, value).length === 0),
  );
  if (refused.length === 0) return [];
  const ruled = near.filter((one) => refused.every((value) => takes(one, value)));
  const [first] = ruled;
  if (first) return unheld(rules, first, refused[0]).map((text) => ({ path, what: told(text, where) }));
  return [{ path, what: `enum: ${list(refused)} ${isWriterNew ? "is new" : "is gone"}` }];
}

const takes = (reader: Typed | Listed, value: unknown): boolean =>
  reader.is === "listed"
    ? reader.values.some((one) => isDeepStrictEqual(one, value))
    : accepts(reader.keywords, value) === true;

/** The rules of a reader that what is written does not hold by itself. */
function unheld(rules: readonly string[], reader: Typed | Listed, value?: unknown): readonly string[] {
  const missing = reader.rules.filter((rule) => !rules.includes(rule));
  if (typeof value !== "string") return missing;
  return missing.filter((rule) => {
    const [, pattern] = /^pattern (.*)$/s.exec(rule) ?? [];
    return pattern === undefined || accepts({ pattern }, value) !== true;
  });
}

const told = (rule: string, { isWriterNew }: Where): string => `${rule}: ${isWriterNew ? "is gone" : "is new"}`;

function unreadTyped(writer: Typed, reader: Typed, where: Where): readonly Reason[] {
  const { path } = where;
  const [left, right] = [writer.keywords, reader.keywords];
  const [narrow, wide] = [narrowLimitsOf(writer), narrowLimitsOf({ ...reader, keywords: withoutFields(right) })];
  const [least, most] = NAMES[writer.kind];
  const reasons: string[] = [];
  if (right.type === "integer" && left.type !== "integer")
    reasons.push(`type: ${change(left.type, right.type, where)}`);
  if (isBelow(narrow.least, wide.least))
    reasons.push(`${least}: ${change(show(narrow.least), show(wide.least), where)}`);
  if (isBelow(negative(narrow.most), negative(wide.most)))
    reasons.push(`${most}: ${change(show(narrow.most), show(wide.most), where)}`);
  if (!isMultiple(left, right))
    reasons.push(`multipleOf: ${change(left.multipleOf ?? "any", right.multipleOf ?? "any", where)}`);
  reasons.push(...unheld(writer.rules, reader).map((rule) => told(rule, where)));
  return [
    ...reasons.map((what) => ({ path, what })),
    ...(writer.kind === "array" ? unreadItems(left, right, where) : []),
    ...(writer.kind === "object" ? unreadFields(left, right, where) : []),
  ];
}

/** What a reader asks for, and not what its fields come to. */
const withoutFields = ({ properties: _, required: __, additionalProperties: ___, ...rest }: Keywords): Keywords => ({
  ...rest,
  ...(rest.type === "object" ? { additionalProperties: true } : {}),
});

const NAMES: Readonly<Record<Kind, readonly [string, string]>> = {
  null: ["", ""],
  boolean: ["", ""],
  number: ["minimum", "maximum"],
  string: ["minLength", "maxLength"],
  array: ["minItems", "maxItems"],
  object: ["minProperties", "maxProperties"],
};

const isBelow = (one: Limit, bound: Limit): boolean =>
  one.value < bound.value || (one.value === bound.value && bound.isOpen && !one.isOpen);
const negative = ({ value, isOpen }: Limit): Limit => ({ value: -value, isOpen });
const show = ({ value, isOpen }: Limit): string =>
  Number.isFinite(value) ? `${value}${isOpen ? " itself excluded" : ""}` : "none";

function isMultiple({ multipleOf: left, type }: Keywords, { multipleOf: right }: Keywords): boolean {
  if (right === undefined || right === left) return true;
  // Of fractions it is not exact, as it is not where a value is checked.
  if (!Number.isInteger(right)) return false;
  return (Number.isInteger(left) && (left as number) % (right as number) === 0) || (type === "integer" && right === 1);
}

function unreadItems(left: Keywords, right: Keywords, where: Where): readonly Reason[] {
  if (left.maxItems === 0) return [];
  return unread((left.items ?? true) as Schema, (right.items ?? true) as Schema, { ...where, path: `${where.path}[]` });
}

function unreadFields(left: Keywords, right: Keywords, where: Where): readonly Reason[] {
  const [written, read] = [fieldsOf(left), fieldsOf(right)];
  const at = (name: string): Where => ({ ...where, path: `${where.path}.${name}` });
  const isOpen = written.extra !== undefined && written.extra !== false;
  const reasons: Reason[] = [];
  for (const name of new Set([...written.names, ...read.names])) {
    const [isWritten, isKnown] = [written.names.has(name), read.names.has(name)];
    const isNever = isWritten && toBranches(written.partOf(name)).length === 0;
    if (read.required.has(name) && !written.required.has(name))
      reasons.push({ path: at(name).path, what: required(isWritten, where) });
    if (isNever || !(isWritten || isOpen)) continue;
    if (!isKnown && read.extra === false)
      reasons.push({
        path: at(name).path,
        what: `is ${where.isWriterNew ? "new" : "gone"}, and unknown fields are refused`,
      });
    else reasons.push(...unread(written.partOf(name), read.partOf(name), at(name)));
  }
  if (isOpen) {
    const [extra, taken] = [written.extra as Schema, read.extra ?? true];
    if (taken === false && toBranches(extra).length > 0)
      reasons.push({ path: at("*").path, what: `unknown fields: ${change("any", "refused", where)}` });
    else reasons.push(...unread(extra, taken, at("*")));
  }
  return [...reasons, ...unreadNames(left, right, where)];
}

function required(isWritten: boolean, { isWriterNew }: Where): string {
  if (isWriterNew) return isWritten ? "is required no more" : "is gone, and was required";
  return isWritten ? "is required now" : "is new, and required";
}

function unreadNames(left: Keywords, right: Keywords, where: Where): readonly Reason[] {
  if (right.propertyNames === undefined) return [];
  const { names, extra } = fieldsOf(left);
  const taken = right.propertyNames as Schema;
  const path = `${where.path}.*`;
  const refused = [...names].filter((name) => accepts(taken, name) !== true);
  if (refused.length > 0) return [{ path, what: `propertyNames: cannot be decided for ${refused.join(", ")}` }];
  if (extra === undefined || extra === false) return [];
  return unread((left.propertyNames ?? { type: "string" }) as Schema, taken, { ...where, path });
}
