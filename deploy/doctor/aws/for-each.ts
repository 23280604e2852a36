import { listIn, mapIn, type Value, type Values } from "./value.ts";

/** A resource as it is declared, and where. */
export interface Declared {
  readonly id: string;
  readonly value: Value;
  readonly path: readonly string[];
}

const LOOP = "Fn::ForEach::";

/**
 * The resources of a template, with those that loops make. A loop over what is known only where it is deployed makes none.
 *
 * source  AWS CloudFormation User Guide, "Fn::ForEach"
 */
export function declaredIn(resources: Values, resolve: (value: Value) => Value): readonly Declared[] {
  const all = (values: Values, around: readonly string[], named: Values): readonly Declared[] =>
    Object.entries(values).flatMap(([key, value]) => {
      const path = [...around, key];
      if (!key.startsWith(LOOP)) return { id: fill(key, named), value: filled(value, named), path };
      const [name, collection, body] = listIn(value);
      const known = resolve(filled(collection, named));
      const members = typeof known === "string" ? known.split(",").map((each) => each.trim()) : listIn(known);
      return members.flatMap((member) =>
        typeof member === "string" || typeof member === "number"
          ? all(mapIn(body), [...path, "2"], { ...named, [String(name)]: String(member) })
          : [],
      );
    });
  return all(resources, ["Resources"], {});
}

function filled(value: Value, named: Values): Value {
  if (typeof value === "string") return fill(value, named);
  if (Array.isArray(value)) return value.map((each) => filled(each, named));
  if (typeof value !== "object" || value === null) return value;
  const { Ref } = value as Values;
  if (typeof Ref === "string" && Ref in named) return named[Ref];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [fill(key, named), filled(inner, named)]));
}

/** With & the value is for a logical name, which has letters and figures alone. */
const fill = (text: string, named: Values): string =>
  text.replaceAll(/([$&])\{(\w+)\}/g, (whole, kind: string, name: string) => {
    if (!(name in named)) return whole;
    return kind === "&" ? String(named[name]).replaceAll(/[^A-Za-z0-9]/g, "") : String(named[name]);
  });
