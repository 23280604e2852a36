import { describe, expect, it } from "vitest";
import { defineFunction, when } from "../../../functions/kernel/define.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { Ports } from "../dispatch/ports.ts";
import { First, functionOf, type Handle, Heard, heard, sayBoth } from "../dispatch/test-function.ts";
import { createWorld, toEvent } from "../dispatch/test-world.ts";
import { subjectDocumentKey } from "../event/ids.ts";
import { createAgenda } from "../relay/agenda.ts";
import { relayNow } from "../relay/relay-now.ts";
import { resay } from "../relay/resay.ts";
import { marksOf } from "./marks.ts";
import { keepFault, toRetention } from "./retention.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = toRetention(7, 2);
const counts: Handle = ({ data }, state) => ({
  state: { count: Number((state as { count?: number })?.count ?? 0) + 1 },
  emit: [First(data)],
});
const counter = functionOf(counts, { keeps: "state" });
const numbered = (n: number, time: number) =>
  toEvent(Heard({ about: "s" }), { id: `e-${n}`, time: new Date(time).toISOString() });

/** A process that keeps things as it is told, and for how long it has written each of them, by its key. */
function start(retention?: Ports["retention"]) {
  const world = createWorld();
  const ttls = new Map<string, number | undefined>();
  const ports: Ports = {
    ...world.ports,
    retention,
    ledger: {
      ...world.ledger,
      save(key, entry, options) {
        ttls.set(key, options.ttlMs);
        return world.ledger.save(key, entry, options);
      },
      put(rows, options) {
        for (const { key, ttlMs } of rows) ttls.set(key, ttlMs);
        return world.ledger.put(rows, options);
      },
    },
  };
  const entry = async () => (await ports.ledger.load(subjectDocumentKey(counter, "s"))).entry;
  return { ...world, ports, ttls, entry, keptOf: (part: RegExp) => [...ttls].filter(([key]) => part.test(key)) };
}

it.each([
  ["30 days", undefined, 30],
  ["7 days", WEEK, 7],
  ["a year", toRetention(365, 24), 365],
])("an event is dead that is older than %s", async (_what, retention, days) => {
  const { ports, letters } = start(retention);
  const at = ports.now() - days * DAY;
  expect(await dispatch(counter, { event: numbered(1, at + MINUTE) }, ports)).toMatchObject({ kind: "ack" });
  expect(await dispatch(counter, { event: numbered(2, at - MINUTE) }, ports)).toMatchObject({
    kind: "dead",
    code: "too-old",
    reason: `time: must be within ${days} days, got ${new Date(at - MINUTE).toISOString()}`,
  });
  expect(letters.map(({ body }) => JSON.parse(body).deadcode)).toEqual(["too-old"]);
});

it.each([
  ["left out", undefined, 32],
  ["7 days", WEEK, 9],
])("what is handled is known for two days longer: %s", async (_what, retention, days) => {
  const { ports, ttls, keptOf } = start(retention);
  await dispatch(functionOf(sayBoth), { event: heard }, ports);
  await marksOf(ports).flush();
  expect([...ttls.values()]).toEqual([days * DAY, days * DAY]);
  for (let n = 0; n < 40; n++) await dispatch(counter, { event: numbered(n, ports.now()) }, ports);
  const rows = keptOf(/-in-/);
  expect(rows).toHaveLength(32);
  expect(new Set(rows.map(([, ttlMs]) => ttlMs))).toEqual(new Set([days * DAY]));
});

describe("a short retention", () => {
  it("takes nothing from what is to be said later: its document is there when its time comes", async () => {
    const { ports, said, pass, ttls } = start(WEEK);
    const later = functionOf(({ data }) => ({ emit: [{ ...First(data), afterMs: 29 * DAY }] }));
    await dispatch(later, { event: heard }, ports);
    expect([...ttls.values()]).toEqual([32 * DAY]);
    pass(29 * DAY);
    expect(await relayNow(later, ports)).toMatchObject({ said: 1, failed: 0 });
    expect(said.map(({ body }) => JSON.parse(body).type)).toEqual([First.type]);
  });

  it("lets a document without state expire, and an old stream that is read again repeat nothing", async () => {
    const { ports, said, pass } = start(WEEK);
    const silent = functionOf(sayBoth);
    const events = Array.from({ length: 5 }, (_, n) => toEvent(Heard({ about: `s-${n}` }), { id: `e-${n}` }));
    for (const event of events) await dispatch(silent, { event }, ports);
    const count = said.length;
    for (let day = 0; day < 12; day++) {
      pass(DAY);
      for (const event of events) await dispatch(silent, { event }, ports);
      expect(said).toHaveLength(count);
    }
  });
});

it.each([
  ["two hours", WEEK, 2],
  ["a day, where nothing is set", undefined, 24],
  ["three days", toRetention(30, 72), 72],
])("what was said leaves its document after %s", async (_what, retention, hours) => {
  const { ports, entry, pass } = start(retention);
  await dispatch(counter, { event: numbered(1, ports.now()) }, ports);
  pass(hours * HOUR - MINUTE);
  expect(await relayNow(counter, ports)).toMatchObject({ looked: 0 });
  expect(await entry()).toHaveProperty("outbox");
  pass(HOUR + 2 * MINUTE);
  expect(await relayNow(counter, ports)).toMatchObject({ looked: 1, said: 0 });
  expect(await entry()).not.toHaveProperty("outbox");
  // Or with the next event, where no relay runs.
  await dispatch(counter, { event: numbered(2, ports.now()) }, ports);
  pass(hours * HOUR);
  await dispatch(counter, { event: numbered(3, ports.now()) }, ports);
  expect(Object.keys((await entry())?.outbox ?? {})).toHaveLength(1);
});

it("what was said under one time is kept for the other once that is set", async () => {
  const { ports, entry, pass } = start();
  await dispatch(counter, { event: numbered(1, ports.now()) }, ports);
  const longer = { ...ports, retention: toRetention(30, 72) };
  pass(26 * HOUR);
  await relayNow(counter, longer);
  expect(await entry()).toHaveProperty("outbox");
  pass(48 * HOUR);
  await relayNow(counter, longer);
  expect(await entry()).not.toHaveProperty("outbox");
});

it("what was said is said again for as long as it is kept, also where a store cannot be asked what is due", async () => {
  const { ports, ledger, said, pass } = start(toRetention(30, 240));
  const { due: _, ...store } = ledger;
  const asked = () => ({ ...ports, ledger: createAgenda({ ledger: store, of: "fn", now: ports.now }) });
  const first = asked();
  await dispatch(counter, { event: numbered(1, ports.now()) }, first);
  await first.ledger.close();
  pass(9 * DAY);
  const again = asked();
  expect(await resay(counter, again, { isLost: () => true })).toMatchObject({ looked: 1, said: 1 });
  await again.ledger.close();
  expect(said).toHaveLength(2);
});

it.each([
  [undefined, undefined, undefined],
  [32, undefined, undefined],
  [32, 30, undefined],
  [32, 7, undefined],
  [62, 60, undefined],
  [61, 60, "keeper: keep.days must be at least 62, two more than RETENTION_DAYS"],
  [32, 365, "keeper: keep.days must be at least 367, two more than RETENTION_DAYS"],
])("a state that is kept for %s days, where events may come for %s: %s", (days, retentionDays, fault) => {
  const keep = days === undefined ? {} : { keep: { days } };
  const fn = defineFunction<unknown>({
    name: "keeper",
    on: [when(Heard, counts)],
    emits: [First],
    keeps: "state",
    ...keep,
  });
  const retention = retentionDays === undefined ? undefined : toRetention(retentionDays, 24);
  expect(keepFault(fn, { retention })).toBe(fault);
});
