import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compare } from "./compare.ts";
import type { Schema } from "./keywords.ts";
import { anything, closed, near, pair, RULES } from "./test-schemas.ts";

const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
ajv.addFormat("lower", (text: string) => text === text.toLowerCase());
ajv.addKeyword({
  keyword: "x-rules",
  validate: (texts: readonly string[], value: unknown) =>
    texts.every((text) => RULES[text]?.(typeof value === "string" ? value : JSON.stringify(value))),
});

function toValidator(schema: Schema): (value: unknown) => boolean {
  if (typeof schema === "boolean") return () => schema;
  const validate = ajv.compile(schema);
  // It would keep all of them.
  ajv.removeSchema(schema);
  return (value) => validate(value);
}

const RUNS = 200;
const VALUES = 60;

it("says that a direction holds only where a validator takes every value that was written", () => {
  const seen = { held: 0, values: 0, broken: 0, shown: 0 };
  const written = fc.gen();
  fc.assert(
    fc.property(pair, written, ([old, now], make) => {
      const { verdict } = compare(old, now);
      for (const { direction, writer, reader } of [
        { direction: "backward", writer: old, reader: now },
        { direction: "forward", writer: now, reader: old },
      ] as const) {
        const [isValid, isNamed, isRead] = [toValidator(writer), toValidator(closed(writer)), toValidator(reader)];
        const values = Array.from({ length: VALUES }, (_, at) => make(() => (at % 3 ? near(writer) : anything))).filter(
          (value) => isValid(value) && isNamed(value),
        );
        const unread = values.filter((value) => !isRead(value));
        const holds = ["same", "full", direction].includes(verdict);
        if (holds) expect({ direction, unread }).toEqual({ direction, unread: [] });
        if (holds && values.length > 0 && verdict !== "same") seen.held++;
        if (holds) seen.values += values.length;
        if (!holds) seen.broken++;
        if (unread.length > 0) seen.shown++;
      }
    }),
    { numRuns: RUNS },
  );
  // Neither is it said of none, nor does it break wherever something has changed.
  expect([seen.held > RUNS / 10, seen.values > RUNS * 5, seen.shown > seen.broken / 3]).toEqual([true, true, true]);
});
