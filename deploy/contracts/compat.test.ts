import * as v from "valibot";
import { expect, it } from "vitest";
// Gives the catalogue's events their samples.
import "../../functions/events/index.ts";
import { defineEvent } from "../../functions/kernel/define.ts";
import { OURS } from "../entries.ts";
import type { Direction } from "./compare.ts";
import { compareKept, type Row } from "./compat.ts";
import { keepSchemas, readKept } from "./kept-schemas.ts";
import { refusesMore, replay, samplesOf } from "./replay.ts";
import { gardenOf, type SeedOptions, seedSown } from "./test-systems.ts";

it("no event type breaks what was kept of it at the last release", () => {
  const rows = compareKept(readKept("deploy/contracts/kept.json"), OURS.system);
  expect(
    rows.filter(({ verdict }) => verdict === "breaking"),
    "a schema has changed so that no order of deployment spares its consumers: npm run compat tells whom; a new version of the " +
      "type with an upcast spares them, and what is meant to break is kept at a release by npm run compat -- --keep",
  ).toEqual([]);
});

it("no sample that was kept then is refused by surprise: no rule has changed behind its text", () => {
  const kept = readKept("deploy/contracts/kept.json");
  const rows = compareKept(kept, OURS.system);
  const replayed = replay(samplesOf(kept), { system: OURS.system, kept });
  expect(refusesMore(replayed, { rows, isRecorded: false }), JSON.stringify(replayed.refused)).toBe(false);
});

const TYPE = "garden.seed.sown.v1";
const BOTH: readonly Direction[] = ["backward", "forward"];
const wide = { bed: v.string(), by: v.string(), depth: v.optional(v.number()) };

it.each<{ what: string; before?: SeedOptions; now: SeedOptions; row: Omit<Row, "type"> }>([
  { what: "nothing has changed", now: {}, row: { verdict: "same", changes: [], hurt: [] } },
  {
    what: "a field is new that must be there: new functions meet events of before",
    now: { data: v.object({ ...wide, depth: v.number() }), sample: { bed: "b-1", by: "ada", depth: 1 } },
    row: {
      verdict: "forward",
      changes: [{ path: "data.depth", what: "is new, and required", breaks: ["backward"] }],
      hurt: [{ who: "waters", by: "backward" }],
    },
  },
  {
    what: "others hear it: nobody can deploy those before",
    before: { audience: "others", data: v.strictObject({ bed: v.string(), by: v.string() }) },
    now: { audience: "others", data: v.strictObject(wide) },
    row: {
      verdict: "backward",
      changes: [{ path: "data.depth", what: "is new, and unknown fields are refused", breaks: ["forward"] }],
      hurt: [
        { who: "waters", by: "forward" },
        { who: "others", by: "forward" },
      ],
    },
  },
  {
    what: "its topic is another: nobody hears what lies on the old one",
    now: { topic: "seeds" },
    row: {
      verdict: "breaking",
      changes: [{ path: "topic", what: "beds → seeds", breaks: BOTH }],
      hurt: BOTH.map((by) => ({ who: "waters", by })),
    },
  },
  {
    what: "it is about something else, of which no value is told",
    now: { subject: ({ by }: { readonly by: string }) => by },
    row: {
      verdict: "breaking",
      changes: [{ path: "subject", what: "is another, of the same data", breaks: BOTH }],
      hurt: BOTH.map((by) => ({ who: "waters", by })),
    },
  },
  {
    what: "another sample is no other subject",
    now: { sample: { bed: "b-2", by: "bob" } },
    row: { verdict: "same", changes: [], hurt: [] },
  },
  {
    what: "what its subject was is read no more: only that is told",
    now: {
      data: v.object({ bed: v.number() }),
      subject: ({ bed }: { readonly bed: number }) => `${bed}`,
      sample: { bed: 1 },
    },
    row: {
      verdict: "breaking",
      changes: [
        { path: "data.bed", what: "type: string → number", breaks: BOTH },
        { path: "data.by", what: "is gone, and was required", breaks: ["forward"] },
      ],
      hurt: BOTH.map((by) => ({ who: "waters", by })),
    },
  },
])("$what", ({ before, now, row }) => {
  const kept = keepSchemas(gardenOf(seedSown(before)));
  expect(compareKept(kept, gardenOf(seedSown(now)))).toEqual([{ type: TYPE, ...row }]);
});

const SeedSownV2 = defineEvent({
  type: "garden.seed.sown.v2",
  topic: "seeds",
  data: v.object({ bed: v.string() }),
  subject: ({ bed }) => bed,
  upcast: { from: seedSown(), to: (old) => old as { readonly bed: string } },
});

it("a new version breaks nothing as long as it understands that of before", () => {
  expect(compareKept(keepSchemas(gardenOf(seedSown())), gardenOf(SeedSownV2))).toEqual([
    { type: TYPE, verdict: "same", changes: [], hurt: [] },
    {
      type: SeedSownV2.type,
      verdict: "new",
      changes: [{ path: "type", what: `${TYPE} is understood as it`, breaks: [] }],
      hurt: [],
    },
  ]);
});

it("an event type that is gone hurts those who heard it", () => {
  const other = defineEvent({ type: "garden.rain.fallen.v1", topic: "rain", data: v.object({}), subject: () => "all" });
  expect(compareKept(keepSchemas(gardenOf(seedSown(), other)), gardenOf(seedSown()))).toEqual([
    {
      type: other.type,
      verdict: "breaking",
      changes: [{ path: "type", what: "is gone", breaks: BOTH }],
      hurt: [{ who: "weeds", by: "forward" }],
    },
    { type: TYPE, verdict: "same", changes: [], hurt: [] },
  ]);
});
