import { expect, it } from "vitest";
import type { Happening } from "./api-types.ts";
import { createSums } from "./sums.ts";

/** `t` is heard by two, `u` by one. */
const SUBSCRIPTIONS = [
  { app: "one", topic: "t" },
  { app: "two", topic: "t" },
  { app: "one", topic: "u" },
];

type Row = Omit<Happening, "id" | "at">;
const published = (topic: string, event?: string, entry = 1): Row => ({
  ...{ kind: "published", topic, entry },
  ...(event === undefined ? {} : { event }),
});
const told = (app: string, how: string, event = "e"): Row => ({
  ...{ kind: "told", app, event },
  ...(["retry", "dead"].includes(how) ? { outcome: how } : { outcome: "ack", how }),
});
const answered = (app: string, outcome: string, event?: string, entry = 1): Row => ({
  ...{ kind: "answered", app, outcome, entry },
  ...(event === undefined ? {} : { event }),
});

function start() {
  let clock = 1_000;
  const sums = createSums(SUBSCRIPTIONS, () => clock);
  return {
    hear: (rows: readonly Row[]) => sums.hear(rows.map((row, id) => ({ id, at: 0, ...row }))),
    read: sums.read,
    pass(ms: number) {
      clock += ms;
    },
  };
}
const NONE = { events: 0, owed: 0, handled: 0, passed: 0, dead: 0, open: 0 };

it.each<[string, readonly Row[], Partial<typeof NONE>]>([
  ["is owed to each that hears its topic", [published("t", "e")], { events: 1, owed: 2, open: 2 }],
  ["is owed to nobody where nobody hears it", [published("v", "e")], { events: 1 }],
  ["is none where it is a letter", [published("dead-letters", "e")], {}],
  [
    "ends as each tells",
    [published("t", "e"), told("one", "handled"), told("two", "ignored")],
    { events: 1, owed: 2, handled: 1, passed: 1 },
  ],
  ["has not ended when it comes again", [published("u", "e"), told("one", "retry")], { events: 1, owed: 1, open: 1 }],
  [
    "has not ended when it is parked, but when its turn has come",
    [published("t", "e"), told("one", "parked"), told("two", "parked"), told("two", "dead")],
    { events: 1, owed: 2, dead: 1, open: 1 },
  ],
  [
    "ends once where it is delivered again",
    [published("u", "e"), told("one", "handled"), told("one", "duplicate"), told("one", "duplicate")],
    { events: 1, owed: 1, handled: 1 },
  ],
  [
    "ends as often as it was published",
    [published("u", "e"), published("u", "e", 2), told("one", "handled"), told("one", "duplicate")],
    { events: 2, owed: 2, handled: 1, passed: 1 },
  ],
  [
    "is dead, and handled when it is replayed",
    [published("u", "e"), told("one", "dead"), published("u", "e", 2), told("one", "handled")],
    { events: 2, owed: 2, handled: 1, dead: 1 },
  ],
  [
    "may be told of before it is known",
    [told("one", "handled"), published("u", "e")],
    { events: 1, owed: 1, handled: 1 },
  ],
  ["of a run before is not owed", [told("one", "handled"), answered("one", "success", "e")], {}],
  [
    "that is none is dead once it is taken",
    [published("u"), answered("one", "retry"), answered("one", "success"), answered("one", "success")],
    { events: 1, owed: 1, dead: 1 },
  ],
  [
    "is dead where it has expired",
    [published("u", "e"), answered("one", "expired", "e")],
    { events: 1, owed: 1, dead: 1 },
  ],
])("an event %s", (_, rows, sums) => {
  const { hear, read } = start();
  hear(rows);
  expect(read()).toEqual({ ...NONE, ...sums, effects: [] });
});

it("what is acknowledged, and nothing is told of it, is taken for handled: the line was lost as its process died", () => {
  const { hear, read, pass } = start();
  hear([published("t", "e"), answered("one", "success", "e"), answered("two", "success", "e"), told("two", "parked")]);
  pass(4_999);
  expect(read()).toMatchObject({ handled: 0, open: 2 });
  pass(1);
  expect(read()).toMatchObject({ handled: 1, open: 1 });
  hear([told("one", "handled"), told("two", "handled")]);
  expect(read()).toMatchObject({ handled: 2, open: 0 });
});

it("effects are counted by their kind, and how many keys they were tried under", () => {
  const { hear, read } = start();
  const effect = (how: string, key: string): Row => ({ kind: "effect", how, key });
  hear([effect("mail", "a"), effect("charge", "a"), effect("mail", "a"), effect("mail", "b")]);
  expect(read().effects).toEqual([
    { kind: "charge", tried: 1, keys: 1 },
    { kind: "mail", tried: 3, keys: 2 },
  ]);
});
