import { expect, it } from "vitest";
import type { Fault } from "./api-types.ts";
import { createChecks } from "./checks.ts";
import { createTestFaults, of, service } from "./test-faults.ts";

type World = ReturnType<typeof createTestFaults>;

const [first, second] = [of("e1"), of("e2")];
const again = (times: 1 | 2 = 1, afterMs = 0): Fault => ({ do: "again", app: "billing", entry: 1, times, afterMs });
const handledOnce = [first.published, first.delivered, first.charge("k1"), first.told("handled"), first.answered()];

interface Case {
  readonly what: string;
  /** Before the fault. */
  readonly before?: (world: World) => void;
  readonly fault: Fault | readonly Fault[];
  /** After it. out: the check then */
  readonly next: (world: World) => ReturnType<World["after"]>;
}

/** Promises that are kept. */
const held: readonly (Case & { readonly seen: string })[] = [
  {
    what: "a service that was killed comes back, and all ends: what it had, what came, and what is parked once it is tried",
    before: ({ happens }) => happens(first.published, first.delivered),
    fault: { do: "kill", what: "billing" },
    next({ happens, after }) {
      happens(service("billing", "died"), second.published);
      after(1_000);
      happens(service("billing", "up"), first.told("handled"), first.answered());
      happens(second.delivered, second.answered(), second.told("parked"));
      expect(after(30_000)).toEqual({ state: "watching" });
      happens(second.told("handled"));
      return after(250);
    },
    seen: "up after 1.0 s; 2 deliveries waited, all have ended; no effect under a second key",
  },
  {
    what: "sidecars that were killed: an answer that nobody logged counts, once it cannot turn out to be parked",
    before: ({ happens }) => happens(first.published, first.delivered),
    fault: { do: "kill", what: "sidecars" },
    next({ happens, after }) {
      for (const app of ["notification", "shipping"]) happens(of("e1", { app }).told("ignored"));
      happens(service("sidecars", "up"), first.answered());
      expect(after(750)).toEqual({ state: "watching" });
      return after(500);
    },
    seen: "up after 0.0 s; 3 deliveries waited, all have ended; no effect under a second key",
  },
  {
    what: "what comes once it is up is none of what waited",
    fault: { do: "kill", what: "billing" },
    next({ happens, after }) {
      happens(service("billing", "up"), first.published);
      return after(250);
    },
    seen: "up after 0.0 s; 0 deliveries waited, all have ended; no effect under a second key",
  },
  {
    what: "a service that was stopped stays away, and what comes for it is in the broker",
    fault: { do: "stop", what: "billing" },
    next({ happens, after, is }) {
      after(1_000);
      happens(service("billing", "stopped"), first.published, second.published);
      is({ depths: [{ app: "billing", topic: "orders", waiting: 2 }] });
      return after(10_000);
    },
    seen: "away for 10.0 s; 2 events wait for it",
  },
  {
    what: "sidecars that were stopped: nothing goes through them, until they are started",
    fault: [
      { do: "stop", what: "sidecars" },
      { do: "start", what: "sidecars" },
    ],
    next({ happens, after, faults }) {
      happens(service("sidecars", "started"), first.published);
      after(250);
      const check = faults.checks()[1];
      return { state: check?.state ?? "watching", ...(check?.seen ? { seen: check.seen } : {}) };
    },
    seen: "away for 0.3 s; nothing was published or delivered",
  },
  {
    what: "a service that is started handles what waited",
    before: ({ happens }) => happens(first.published),
    fault: [
      { do: "stop", what: "billing" },
      { do: "start", what: "billing" },
    ],
    next({ happens, after }) {
      after(500);
      happens(service("billing", "up"), first.delivered, first.charge("k1"), first.told("handled"));
      return after(250);
    },
    seen: "up after 0.5 s; 1 delivery waited, all have ended; no effect under a second key",
  },
  {
    what: "without a broker nothing is published or delivered; those that failed are counted",
    fault: { do: "away", what: "broker" },
    next({ happens, after }) {
      after(750);
      happens({ kind: "told", app: "order", outcome: "retry", code: "publish" });
      return after(10_000);
    },
    seen: "away for 10.0 s; nothing was published or delivered; attempts that failed, and come again: 1",
  },
  {
    what: "a broker that is back: what was unsaid is said and ends as what waited, and what comes later is not waited for",
    before: ({ happens, is }) => {
      happens(
        first.published,
        of("e1", { app: "notification" }).told("ignored"),
        of("e1", { app: "shipping" }).told("ignored"),
      );
      is({ pending: { order: { parked: 0, unsaid: 1, due: 0 } } });
    },
    fault: [
      { do: "away", what: "broker" },
      { do: "back", what: "broker" },
    ],
    next({ happens, after, is }) {
      is({ pending: { order: { parked: 0, unsaid: 3, due: 0 } } });
      happens(first.told("handled"));
      expect(after(2_000)).toEqual({ state: "watching" });
      happens({ ...second.published, topic: "shipments" });
      is({ pending: { order: { parked: 0, unsaid: 1, due: 0 } } });
      expect(after(250)).toEqual({ state: "watching" });
      happens(of("e3").published, of("e2", { app: "order" }).told("handled"));
      return after(250);
    },
    seen: "back for 2.5 s; 2 deliveries waited, all have ended; no effect under a second key",
  },
  {
    what: "without a store nothing is saved, and what is broken by itself is a dead letter all the same",
    fault: { do: "away", what: "store" },
    next({ happens, after }) {
      happens(first.published, first.told("", "dead"));
      return after(10_000);
    },
    seen: "away for 10.0 s; nothing was saved; attempts that failed, and come again: 0",
  },
  {
    what: "deliveries that fail as told, and then are handled",
    fault: { do: "fail", app: "billing", times: 2 },
    next({ happens, after }) {
      happens(first.published, first.delivered, first.answered("retry"));
      after(1_000);
      happens(first.delivered, first.answered("retry"));
      expect(after(1_000)).toEqual({ state: "watching" });
      happens(first.delivered, first.told("handled"), first.answered());
      return after(250);
    },
    seen: "answered 500 twice; 1 event came again and ended",
  },
  {
    what: "a delivery again is a duplicate",
    before: ({ happens }) => happens(...handledOnce),
    fault: again(),
    next({ happens, after }) {
      happens(first.delivered, first.told("duplicate"), first.answered());
      return after(1_000);
    },
    seen: "answered once; duplicate; one key of charge",
  },
  {
    what: "two at once of what was never handled: one handles it, and both may try its effect, under one key",
    before: ({ happens }) => happens(first.published),
    fault: again(2),
    next({ happens, after }) {
      happens(first.delivered, first.delivered, first.charge("k1"), first.charge("k1"), first.told("handled"));
      happens(first.answered());
      expect(after(5_000)).toEqual({ state: "watching" });
      happens(first.told("duplicate"), first.answered());
      return after(1_000);
    },
    seen: "answered twice; handled, duplicate; one key of charge",
  },
  {
    what: "a late one is waited for",
    before: ({ happens }) => happens(...handledOnce),
    fault: again(1, 60_000),
    next({ happens, after }) {
      expect(after(60_000)).toEqual({ state: "watching" });
      happens(first.delivered, first.told("duplicate"), first.answered());
      return after(1_000);
    },
    seen: "answered once; duplicate; one key of charge",
  },
  {
    what: "a clock that is set right",
    fault: { do: "clock", what: "order", byMs: 0 },
    next({ happens, after }) {
      happens(service("order", "up"));
      return after(250);
    },
    seen: "up after 0.0 s; 0 deliveries waited, all have ended; no effect under a second key; its clock is right again",
  },
];

it.each(held)("holds: $what", async ({ before, fault, next, seen }) => {
  const world = createTestFaults();
  before?.(world);
  for (const each of [fault].flat()) await world.faults.do(each);
  expect(next(world)).toEqual({ state: "held", seen });
  // What was said is not taken back.
  world.happens(first.charge("other"));
  expect(world.faults.checks().at(-1)?.state).not.toBe("broken");
});

/** Promises that are broken. */
const broken: readonly (Case & { readonly seen: RegExp })[] = [
  {
    what: "a service that was killed and does not come back",
    fault: { do: "kill", what: "billing" },
    next({ happens, after }) {
      happens(service("billing", "started"), service("order", "up"));
      return after(30_000);
    },
    seen: /^it is not up after 30.0 s$/,
  },
  {
    what: "an event that never ends once its service is back",
    fault: { do: "kill", what: "billing" },
    next({ happens, after }) {
      happens(first.published, second.published, service("billing", "up"), second.delivered, second.told("ignored"));
      expect(after(89_000)).toEqual({ state: "watching" });
      return after(2_000);
    },
    seen: /1 of 2 deliveries have not ended, e1 at billing among them/,
  },
  {
    what: "an effect that was tried twice under two keys, around a kill",
    before: ({ happens }) => happens(first.published, first.delivered, first.charge("k1")),
    fault: { do: "kill", what: "billing" },
    next({ happens, after }) {
      happens(service("billing", "up"), first.delivered, first.charge("k2"), first.told("handled"), first.answered());
      return after(250);
    },
    seen: /^charge of event e1 was tried under k1 and k2$/,
  },
  {
    what: "a service that comes back although it was stopped",
    fault: { do: "stop", what: "billing" },
    next({ happens, after }) {
      after(250);
      happens(service("billing", "started"));
      return after(250);
    },
    seen: /^it came back by itself$/,
  },
  {
    what: "a service that answers although it was stopped",
    fault: { do: "stop", what: "billing" },
    next({ happens, after }) {
      after(1_000);
      happens(first.published, first.delivered, first.answered());
      return after(250);
    },
    seen: /^it has answered$/,
  },
  {
    what: "an event that is lost while its service is stopped",
    fault: { do: "stop", what: "billing" },
    next({ happens, after, is }) {
      after(1_000);
      happens(first.published, second.published);
      is({
        depths: [
          { app: "billing", topic: "orders", waiting: 1 },
          { app: "shipping", topic: "orders", waiting: 9 },
        ],
      });
      return after(9_000);
    },
    seen: /^of 2 events that came for it 1 are in the broker$/,
  },
  {
    what: "something published through sidecars that are stopped",
    fault: { do: "stop", what: "sidecars" },
    next({ happens, after }) {
      after(1_000);
      happens(first.published);
      return after(250);
    },
    seen: /^something was published without them$/,
  },
  {
    what: "something delivered although the broker is away",
    fault: { do: "away", what: "broker" },
    next({ happens, after }) {
      after(1_000);
      happens(first.delivered);
      return after(250);
    },
    seen: /^something was delivered all the same$/,
  },
  {
    what: "something saved although the store is away",
    fault: { do: "away", what: "store" },
    next({ happens, after }) {
      after(1_000);
      happens({ kind: "saved", app: "order", key: "k" });
      return after(250);
    },
    seen: /^something was saved all the same$/,
  },
  {
    what: "an event that is given up because the store is away",
    fault: { do: "away", what: "store" },
    next({ happens, after }) {
      happens(first.published, first.told("", "retry"), first.told("", "dead"));
      return after(250);
    },
    seen: /^event e1 at billing was given up: it is a dead letter$/,
  },
  {
    what: "an event that is given up once the store is back",
    before: ({ happens }) => happens(first.published, first.told("parked")),
    fault: [
      { do: "away", what: "store" },
      { do: "back", what: "store" },
    ],
    next({ happens, after }) {
      happens(first.told("", "dead"));
      return after(250);
    },
    seen: /^event e1 at billing was given up: it is a dead letter$/,
  },
  {
    what: "an event that is lost in a store that was away",
    before: ({ happens }) => happens(first.published),
    fault: [
      { do: "away", what: "store" },
      { do: "back", what: "store" },
    ],
    next({ happens, after }) {
      happens(first.delivered, first.answered(), first.told("parked"));
      return after(91_000);
    },
    seen: /3 of 3 deliveries have not ended, e1 at billing among them/,
  },
  {
    what: "something that stays unsaid when the broker is back",
    fault: [
      { do: "away", what: "broker" },
      { do: "back", what: "broker" },
    ],
    next({ after, is }) {
      is({ pending: { order: { parked: 0, unsaid: 2, due: 0 } } });
      return after(91_000);
    },
    seen: /^2 documents still have something to say$/,
  },
  {
    what: "a delivery that reaches its function although it was to fail",
    fault: { do: "fail", app: "billing", times: 2 },
    next({ happens, after }) {
      after(1_000);
      happens(first.published, first.delivered, first.answered("retry"), first.delivered, first.answered());
      return after(250);
    },
    seen: /^it was reached although 1 of 2 had failed$/,
  },
  {
    what: "a delivery that failed and never came again",
    fault: { do: "fail", app: "billing", times: 1 },
    next({ happens, after }) {
      happens(first.published, first.delivered, first.answered("retry"));
      return after(91_000);
    },
    seen: /^answered 500 once; 1 of 1 event have not ended$/,
  },
  {
    what: "a charge under a second key after `deliver again`",
    before: ({ happens }) => happens(...handledOnce),
    fault: again(),
    next({ happens, after }) {
      happens(first.delivered, first.charge("k2"), first.told("duplicate"), first.answered());
      return after(1_000);
    },
    seen: /^charge was tried under k1 and k2$/,
  },
  {
    what: "an event that is handled a second time",
    before: ({ happens }) => happens(...handledOnce),
    fault: again(),
    next({ happens, after }) {
      happens(first.delivered, first.told("handled"), first.answered());
      return after(1_000);
    },
    seen: /^it was handled more than once$/,
  },
  {
    what: "two at once of which one never ends",
    before: ({ happens }) => happens(...handledOnce),
    fault: again(2),
    next({ happens, after }) {
      happens(first.delivered, first.delivered, first.told("duplicate"), first.answered(), first.answered("retry"));
      return after(31_000);
    },
    seen: /^answered once of 2 times; duplicate$/,
  },
];

it.each(broken)("is broken: $what", async ({ before, fault, next, seen }) => {
  const world = createTestFaults();
  before?.(world);
  for (const each of [fault].flat()) await world.faults.do(each);
  expect(next(world)).toEqual({ state: "broken", seen: expect.stringMatching(seen) });
});

it.each([
  ["held", [3, 2, 0], 1_000, /; 3 were due by then, and have come$/],
  ["broken", Array.from({ length: 1_000 }, () => 2), 91_000, /2 of 2 that are due by then have not come$/],
] as const)("is %s: what is due by a clock that has jumped", async (state, due, ms, seen) => {
  const { faults, happens, after } = createTestFaults({ due });
  await faults.do({ do: "clock", what: "order", byMs: 60_000 });
  happens(service("order", "up"));
  expect(after(ms)).toEqual({ state, seen: expect.stringMatching(seen) });
});

it("no more than the newest hundred are kept, and nothing looks once all are over", () => {
  let [looking, closed] = [0, 0];
  const checks = createChecks({
    every() {
      looking++;
      return () => void looking--;
    },
  });
  const watch = { must: "", look: () => undefined, close: () => void closed++ };
  for (let count = 1; count <= 102; count++) checks.watch(`${count}`, watch);
  expect([checks.all().length, checks.all()[0]?.fault, closed, looking]).toEqual([100, "102", 2, 1]);
  checks.close();
  expect([closed, looking]).toEqual([102, 0]);
});
