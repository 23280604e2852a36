/** An object of YAML or JSON, whose fields may be anything. */
export type Shape = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

/** What stands at a path. out: undefined where nothing does */
export function valueAt(value: unknown, ...path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Shape)[key] : undefined),
    value,
  );
}

/** The object that stands at a path. out: an empty one where none does */
export function shapeAt(value: unknown, ...path: Path): Shape {
  const found = valueAt(value, ...path);
  return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Shape) : {};
}

/** The list that stands at a path. out: an empty one where none does */
export function listAt(value: unknown, ...path: Path): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The text, number or truth value that stands at a path, as text: Dapr reads them alike. */
export function textAt(value: unknown, ...path: Path): string | undefined {
  const found = valueAt(value, ...path);
  return ["string", "number", "boolean"].includes(typeof found) ? String(found) : undefined;
}

/** The texts of the list that stands at a path. */
export const textsAt = (value: unknown, ...path: Path): readonly string[] =>
  listAt(value, ...path).flatMap((each) => textAt(each) ?? []);

/** As Dapr reads a truth value. source: dapr/kit, utils.IsTruthy */
export const isTruthy = (text: string | undefined): boolean => /^\s*(y|yes|true|t|on|1)\s*$/i.test(text ?? "");
