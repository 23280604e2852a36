import { describe, expect, it } from "vitest";
import type { Happening } from "../../api-types.ts";
import { toWaterfall } from "./waterfall.ts";

const NOW = 100_000;
let ids = 0;
type Said = Partial<Happening> & Pick<Happening, "kind" | "at">;
const happened = (...all: readonly Said[]): readonly Happening[] => all.map((each) => ({ id: ++ids, ...each }));

/** Of an event E to `topic`, entry 7. */
const E = { topic: "parcels", entry: 7, event: "E", type: "com.example.parcel.sent.v1" };
const published = (at: number, more: Partial<Happening> = {}): Said => ({
  kind: "published",
  at,
  app: "post",
  ...E,
  ...more,
});
const delivered = (at: number, more: Partial<Happening> = {}): Said => ({
  ...{ kind: "delivered", at, app: "depot", ...E, attempt: 1, ...more },
});
const answered = (at: number, more: Partial<Happening> = {}): Said => ({
  ...{ kind: "answered", at, app: "depot", ...E, attempt: 1, outcome: "success", ...more },
});
const told = (at: number, more: Partial<Happening> = {}): Said => ({
  ...{ kind: "told", at, app: "depot", event: "E", type: E.type, outcome: "ack", how: "handled", ms: 5, ...more },
});

const lanesOf = (all: readonly Happening[], hearers?: () => readonly string[]) =>
  toWaterfall(all, { now: NOW, ...(hearers && { hearers }) }).lanes;
const laneOf = (...all: readonly Said[]) => lanesOf(happened(...all))[0];

describe("one function, and one event", () => {
  it("waits until it is handed over and until its turn, and works as long as the function tells", () => {
    const lane = laneOf(published(1000), delivered(1020), told(1040), answered(1042));
    expect(lane).toMatchObject({
      fate: "handled",
      waits: [{ from: 1000, to: 1020 }],
      attempts: [{ number: 1, from: 1020, to: 1042, work: { from: 1035, to: 1040 } }],
      workedMs: 5,
      waitedMs: 37,
    });
  });

  it("waits between two attempts, and each has its own end", () => {
    const lane = laneOf(
      published(1000),
      delivered(1010),
      told(1020, { outcome: "retry", code: "effect", reason: "away" }),
      answered(1021, { outcome: "retry" }),
      delivered(3021, { attempt: 2 }),
      told(3030),
      answered(3031, { attempt: 2 }),
    );
    expect(lane?.attempts.map(({ fate, from }) => [fate, from])).toEqual([
      ["comes again", 1010],
      ["handled", 3021],
    ]);
    expect(lane?.waits).toEqual([
      { from: 1000, to: 1010 },
      { from: 1021, to: 3021 },
    ]);
  });

  it.each([
    ["nobody has it yet", [published(1000)], "waiting", [{ from: 1000, to: NOW }]],
    ["it is in hand", [published(1000), delivered(1010)], "at work", [{ from: 1000, to: 1010 }]],
    [
      "it could not be reached",
      [published(1000), delivered(1010), answered(1011, { outcome: "gone" })],
      "comes again",
      [
        { from: 1000, to: 1010 },
        { from: 1011, to: NOW },
      ],
    ],
    [
      "it is parked",
      [published(1000), delivered(1000), told(1001, { how: "parked" }), answered(1002)],
      "parked",
      [{ from: 1002, to: NOW }],
    ],
  ] as const)("is open until now where %s", (_, all, fate, waits) => {
    const [lane] = lanesOf(happened(...all), () => ["depot"]);
    expect(lane).toMatchObject({ app: "depot", fate, waits });
  });

  it("which was parked goes on by itself, without being delivered", () => {
    const lane = laneOf(
      published(1000),
      delivered(1001),
      told(1010, { how: "parked" }),
      answered(1011),
      told(2000, { ms: 20 }),
    );
    expect(lane).toMatchObject({
      fate: "handled",
      attempts: [{ fate: "parked" }, { fate: "handled", from: 1980, to: 2000 }],
    });
    expect(lane?.waits).toEqual([
      { from: 1000, to: 1001 },
      { from: 1011, to: 1980 },
    ]);
  });

  it("keeps its fate where it comes once more, and waits for nothing meanwhile", () => {
    const again = [delivered(5000, { attempt: 2 }), told(5004, { how: "duplicate" }), answered(5005, { attempt: 2 })];
    const lane = laneOf(published(1000), delivered(1000), told(1009), answered(1010), ...again);
    expect(lane).toMatchObject({ fate: "handled", attempts: [{ fate: "handled" }, { fate: "duplicate" }], waits: [] });
  });

  it("which comes twice at once is at work twice, one beside the other", () => {
    const lane = laneOf(
      published(1000),
      delivered(1000, { attempt: 2 }),
      delivered(1000, { attempt: 3 }),
      told(1010),
      answered(1011, { attempt: 2 }),
      told(1012, { how: "duplicate" }),
      answered(1013, { attempt: 3 }),
    );
    expect(lane?.attempts.map(({ fate, isBeside }) => [fate, isBeside])).toEqual([
      ["handled", false],
      ["duplicate", true],
    ]);
  });

  it("which joins itself, and is told of once, is a duplicate", () => {
    const both = [delivered(1000, { attempt: 2 }), delivered(1000, { attempt: 3 })];
    const lane = laneOf(...both, told(1010), answered(1011, { attempt: 2 }), answered(1011, { attempt: 3 }));
    expect(lane).toMatchObject({ fate: "handled", attempts: [{ fate: "handled" }, { fate: "duplicate" }] });
  });

  it("which could not be reached at first, and is for others, is ignored", () => {
    const lane = laneOf(
      delivered(1000),
      answered(1001, { outcome: "gone" }),
      delivered(2000),
      told(2001, { how: "ignored" }),
      answered(2002),
    );
    expect(lane).toMatchObject({ fate: "ignored", waits: [{ from: 1001, to: 2000 }] });
  });

  it("which died waits again once it is replayed", () => {
    const died = [delivered(1000), told(1010, { outcome: "dead", code: "schema" }), answered(1011)];
    expect(laneOf(published(1000), ...died)).toMatchObject({ fate: "dead", waits: [] });
    expect(laneOf(published(1000), ...died, published(9000, { entry: 9 }))).toMatchObject({
      fate: "waiting",
      waits: [{ from: 9000, to: NOW }],
    });
  });

  it("works within what it had, also where its clock has jumped by a day", () => {
    const lane = laneOf(published(1000), delivered(1010), told(86_401_020), answered(1030));
    expect(lane?.attempts).toMatchObject([{ fate: "handled", work: { from: 1025, to: 1030 } }]);
  });

  it.each([
    ["is at work for all that anybody knows, until it tells", {}, 90],
    ["was not at work where it could not be reached", { outcome: "gone" }, 0],
  ])("%s", (_, more, workedMs) => {
    const rest = answered(1100, more);
    expect(
      laneOf(published(1000), delivered(1010), ...("outcome" in more ? [rest, delivered(NOW)] : [rest])),
    ).toMatchObject({
      workedMs,
    });
  });

  it("is known by its entry where nobody can read it", () => {
    const all = happened(
      { kind: "published", at: 1000, topic: "parcels", entry: 7 },
      { kind: "answered", at: 1001, topic: "parcels", entry: 7, app: "depot", outcome: "illegible" },
    );
    expect(lanesOf(all)).toMatchObject([{ key: "depot@entry 7", fate: "dead" }]);
  });
});

describe("many", () => {
  const F = { topic: "labels", entry: 8, event: "F", type: "com.example.label.printed.v1", causation: "E" };

  it("stand beneath the one that has said their event, in time order", () => {
    const all = happened(
      published(1000),
      delivered(1010),
      delivered(1011, { app: "watch" }),
      { kind: "published", at: 1020, app: "depot", ...F },
      told(1022, { said: [F.type] }),
      answered(1023),
      told(1024, { app: "watch", how: "ignored" }),
      answered(1025, { app: "watch" }),
      delivered(1030, { ...F, app: "printer" }),
    );
    expect(lanesOf(all).map(({ key, depth, parent }) => [depth, key, parent])).toEqual([
      [0, "depot@E", undefined],
      [1, "printer@F", "depot@E"],
      [0, "watch@E", undefined],
    ]);
  });

  it("of which some go round in a circle are all there", () => {
    const all = happened(
      told(1000, { event: "A", causation: "B" }),
      told(1001, { event: "B", causation: "A" }),
      told(1002, { event: "C", causation: "C" }),
    );
    expect(
      lanesOf(all)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(["depot@A", "depot@B", "depot@C"]);
  });

  it("are owed to each that hears them; what nobody hears has a row without a function", () => {
    const all = happened(published(1000), published(1001, { event: "G", entry: 9, topic: "nowhere" }));
    const { lanes } = toWaterfall(all, {
      now: NOW,
      hearers: (topic) => (topic === "parcels" ? ["depot", "watch"] : []),
    });
    expect(lanes.map(({ key, fate }) => [key, fate])).toEqual([
      ["depot@E", "waiting"],
      ["watch@E", "waiting"],
      ["@G", "heard by nobody"],
    ]);
  });

  it("of a thousand events that follow from one another are there at once", () => {
    const all = Array.from({ length: 1000 }, (_, n) => {
      const event = { event: `E${n}`, entry: n, causation: `E${n - 1}` };
      const at = n * 10;
      const saved: Said = { kind: "saved", at: at + 2, app: "depot", key: "depot-1" };
      return [published(at, { ...event, app: "depot" }), delivered(at, event), saved, answered(at + 5, event)];
    });
    const happenings = happened(...all.flat());
    const begun = performance.now();
    expect(lanesOf(happenings).at(-1)).toMatchObject({ depth: 999, marks: [{ kind: "saved" }] });
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it("of nothing is empty", () => {
    expect(toWaterfall([], { now: NOW })).toEqual({ lanes: [], from: NOW, to: NOW });
  });
});

describe("what a function did is at the event that it was at", () => {
  const both = [
    ...[delivered(1000), told(1020, { ms: 20 }), answered(1021)],
    ...[
      delivered(1030, { event: "F", entry: 8 }),
      told(1050, { event: "F", ms: 20 }),
      answered(1051, { event: "F", entry: 8 }),
    ],
  ];
  const marksBy = (...all: readonly Said[]) =>
    lanesOf(happened(...both, ...all)).map(({ key, marks }) => [key, marks.map(({ kind }) => kind)]);

  it.each([
    ["by its id, whenever it was", { kind: "effect", at: 1049, event: "E", how: "scan", key: "1" }],
    ["by when it was, without an id", { kind: "saved", at: 1010, key: "depot-1" }],
    ["within what two clocks differ", { kind: "saved", at: 1023, key: "depot-1" }],
  ] as const)("%s", (_, each) => {
    expect(marksBy({ app: "depot", ...each })).toEqual([
      ["depot@E", [each.kind]],
      ["depot@F", []],
    ]);
  });

  it("and an effect is when it was tried, not when its log was read", () => {
    const late = { kind: "effect", at: 1500, app: "depot", event: "E", how: "scan", key: "1" } as const;
    const { lanes, to } = toWaterfall(happened(...both, late), { now: NOW });
    expect(lanes[0]?.marks).toMatchObject([{ at: 1020 }]);
    expect(to).toBe(1051);
  });

  it("and what another did, or did at another time, is at neither", () => {
    expect(
      marksBy({ kind: "saved", at: 1010, app: "watch", key: "1" }, { kind: "saved", at: 1090, app: "depot", key: "1" }),
    ).toEqual([
      ["depot@E", []],
      ["depot@F", []],
    ]);
  });

  it("and its letter is no event that anybody waits for", () => {
    const letter = { ...E, topic: "dead-letters", entry: 40, app: "depot" };
    expect(marksBy({ kind: "published", at: 1019, ...letter })).toEqual([
      ["depot@E", ["letter"]],
      ["depot@F", []],
    ]);
  });
});
