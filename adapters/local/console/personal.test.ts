import * as v from "valibot";
import { expect, it } from "vitest";
import { personalIn } from "./personal.ts";

const personal = <Value>() => v.metadata<Value, { readonly personal: true }>({ personal: true });
const name = v.pipe(v.string(), personal<string>());

interface Tree {
  readonly name: string;
  readonly below?: Tree | undefined;
}
const tree: v.GenericSchema<Tree> = v.object({ name, below: v.optional(v.lazy(() => tree)) });

it.each([
  ["a field", v.object({ name, sku: v.string() }), ["name"]],
  ["a field of a field", v.strictObject({ customer: v.looseObject({ name }) }), ["customer.name"]],
  [
    "a whole object",
    v.object({ customer: v.pipe(v.object({ name: v.string() }), personal<{ name: string }>()) }),
    ["customer"],
  ],
  ["each of a list", v.object({ items: v.pipe(v.array(v.object({ name })), v.minLength(1)) }), ["items.*.name"]],
  ["each of a record", v.record(v.string(), name), ["*"]],
  ["one of a tuple", v.object({ pair: v.tuple([v.string(), name]) }), ["pair.1"]],
  ["what may be left out", v.object({ name: v.exactOptional(name), other: v.nullish(name) }), ["name", "other"]],
  ["one of several shapes", v.variant("as", [v.object({ as: v.literal("a"), name })]), ["name"]],
  ["what several have together", v.intersect([v.object({ name }), v.object({ sku: v.string() })]), ["name"]],
  ["what an action before it changes", v.object({ at: v.pipe(name, v.transform(Number)) }), ["at"]],
  [
    "nothing where nothing is marked",
    v.object({ as: v.picklist(["a"]), other: v.pipe(v.string(), v.title("personal")) }),
    [],
  ],
])("finds %s", (_what, schema, paths) => {
  expect(personalIn(schema)).toEqual(paths);
});

it("ends where a schema contains itself", () => {
  expect(personalIn(tree).slice(0, 2)).toEqual(["name", "below.name"]);
});

it("knows nothing of another library's schema, and of none", () => {
  const other = { "~standard": { version: 1, vendor: "other", validate: (value: unknown) => ({ value }) } } as const;
  expect([personalIn(other), personalIn(undefined)]).toEqual([[], []]);
});
