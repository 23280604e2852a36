import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { expect, it } from "vitest";
import { defineEvent } from "../../functions/kernel/define.ts";
import { keepSchemas, readKept } from "./kept-schemas.ts";
import { gardenOf, seedSown } from "./test-systems.ts";

const Rain = defineEvent({ type: "garden.rain.fallen.v1", data: v.object({}), subject: () => "all" });
const folder = mkdtempSync(join(tmpdir(), "loosely-kept-"));

const fileWith = (text: string) => {
  const file = join(folder, "kept.json");
  writeFileSync(file, text);
  return file;
};

it("keeps of each event type what others rely on, and reads it again", () => {
  const kept = keepSchemas(gardenOf(seedSown({ audience: "others" }), Rain));
  expect(kept).toEqual({
    system: "garden",
    events: {
      "garden.rain.fallen.v1": {
        topic: null,
        consumers: ["weeds"],
        data: { type: "object", properties: {}, required: [] },
      },
      "garden.seed.sown.v1": {
        topic: "beds",
        audience: "others",
        consumers: ["waters"],
        data: {
          type: "object",
          properties: { bed: { type: "string" }, by: { type: "string" } },
          required: ["bed", "by"],
        },
        sample: { bed: "b-1", by: "ada" },
        subject: "b-1",
      },
    },
  });
  expect(readKept(fileWith(JSON.stringify(kept)))).toEqual(kept);
});

it("is the same text, whatever the order of functions", () => {
  const both = (system: ReturnType<typeof gardenOf>) => JSON.stringify(keepSchemas(system));
  const seed = seedSown();
  const { functions, ...rest } = gardenOf(seed, Rain, seed);
  const turned = { ...rest, functions: functions.toReversed(), events: rest.events.toReversed() };
  expect(both(turned)).toBe(both({ ...rest, functions }));
});

it.each([
  ["no JSON", "{", /kept\.json: .*JSON/],
  ["no schema", `{"system":"a","events":{"t.v1":{"topic":null,"consumers":[]}}}`, /kept\.json: events\.t\.v1\.data: /],
  ["something else", "[]", /kept\.json: system: is required/],
])("refuses a file with %s, and names it", (_, text, message) => {
  expect(() => readKept(fileWith(text))).toThrow(message);
});
