import { describe, expect, it } from "vitest";
import type { EventDraft } from "../../../functions/kernel/event.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { Ports } from "../dispatch/ports.ts";
import { First, functionOf, type Handle, Heard, heard, Second } from "../dispatch/test-function.ts";
import { createWorld, toEvent } from "../dispatch/test-world.ts";
import { marksOf } from "../ledger/marks.ts";
import { createAgenda } from "./agenda.ts";
import { createDoubts } from "./doubts.ts";
import { relayNow } from "./relay-now.ts";
import { resay, resayOnce } from "./resay.ts";

const MINUTE = 60_000;
const EDGE = { fromEdge: true } as const;
const counts: Handle = ({ data }, state) => ({
  state: { count: Number((state as { count?: number })?.count ?? 0) + 1 },
  emit: [First(data)],
});
const counter = functionOf(counts, { keeps: "state" });
const told = (about: string, id = about) => toEvent(Heard({ about }), { id, subject: about });

/** A process on what lasts, as after each of its starts. */
function createStore({ isAsked = true } = {}) {
  const world = createWorld();
  const { due: _, ...store } = world.ledger;
  const { now } = world.ports;
  const start = (others: Partial<Ports> = {}): Ports => ({
    ...world.ports,
    ledger: isAsked ? { ...world.ledger } : createAgenda({ ledger: store, of: "fn", now }),
    ...others,
  });
  const takeSaid = () => world.said.splice(0).map(({ body }) => body);
  return { world, start, takeSaid, now };
}
const lostSince = (since: number, until: number) => ({ isLost: (at: number) => at >= since && at < until });

describe.each([
  ["can be asked what is due", { isAsked: true }],
  ["cannot be asked what is due", { isAsked: false }],
])("on a store that %s", (_, options) => {
  it("says again, with the same bytes, what was said since then, and nothing that was said before", async () => {
    const { world, start, takeSaid, now } = createStore(options);
    const ports = start();
    await dispatch(counter, { event: told("before"), ...EDGE }, ports);
    world.pass(MINUTE);
    const since = now();
    takeSaid();
    await dispatch(counter, { event: told("s"), ...EDGE }, ports);
    await dispatch(counter, { event: told("s", "e-2") }, ports);
    await dispatch(counter, { event: told("other"), ...EDGE }, ports);
    await marksOf(ports).flush();
    const lost = takeSaid();
    world.pass(MINUTE);
    await relayNow(counter, ports);
    expect(takeSaid()).toEqual([]);
    await ports.ledger.close?.();
    expect(await resay(counter, start(), lostSince(since, now()))).toEqual({ looked: 3, said: 3, failed: 0 });
    expect(takeSaid().toSorted()).toEqual(lost.toSorted());
  });

  it("asks also for what a process that still runs is to look at", async () => {
    const { start, takeSaid } = createStore(options);
    await dispatch(counter, { event: told("s"), ...EDGE }, start());
    takeSaid();
    expect(await resay(counter, start(), { isLost: () => true })).toMatchObject({ looked: 1, said: 1 });
  });

  it("only counts where it is told to", async () => {
    const { start, takeSaid } = createStore(options);
    await dispatch(counter, { event: told("s"), ...EDGE }, start());
    takeSaid();
    expect(await resay(counter, start(), { isLost: () => true, isDry: true })).toMatchObject({ said: 1 });
    expect(takeSaid()).toEqual([]);
  });
});

it("says again what is not marked: a relay marks nothing, and who dies marks nothing more", async () => {
  const { start, takeSaid } = createStore();
  await dispatch(counter, { event: told("s"), ...EDGE }, start());
  const lost = takeSaid();
  expect(await resay(counter, start(), { isLost: () => false })).toMatchObject({ said: 1 });
  expect(takeSaid()).toEqual(lost);
});

it("says nothing whose time has not come", async () => {
  const { world, start, takeSaid } = createStore();
  const later: Handle = ({ data }) => ({
    state: {},
    emit: [{ ...First(data), afterMs: 15 * MINUTE } satisfies EventDraft],
  });
  const fn = functionOf(later, { keeps: "state" });
  await dispatch(fn, { event: heard }, start());
  expect(await resay(fn, start(), { isLost: () => true })).toEqual({ looked: 1, said: 0, failed: 0 });
  world.pass(15 * MINUTE);
  expect(await resay(fn, start(), { isLost: () => true })).toEqual({ looked: 1, said: 1, failed: 0 });
  expect(takeSaid()).toHaveLength(1);
});

describe("where something cannot be said", () => {
  const failing = (isAway: (body: string) => boolean, { ports }: ReturnType<typeof createWorld>) => {
    const publish: Ports["publish"] = async (said) => {
      if (said.some(({ body }) => isAway(body))) throw new Error("away");
      await ports.publish(said);
    };
    return { publish };
  };

  it("says the others, and only that the next time", async () => {
    const { world, start, takeSaid, now } = createStore();
    for (const about of ["a", "b", "c"]) await dispatch(counter, { event: told(about), ...EDGE }, start());
    takeSaid();
    const since = lostSince(0, now());
    const ports = start(failing((body) => body.includes('"about":"b"'), world));
    expect(await resay(counter, ports, since)).toEqual({ looked: 3, said: 2, failed: 1 });
    expect(takeSaid()).toHaveLength(2);
    expect(await resay(counter, start(), since)).toEqual({ looked: 3, said: 1, failed: 0 });
  });

  it("gives up after some: the broker is away", async () => {
    const { world, start } = createStore();
    for (let nth = 0; nth < 40; nth++) await dispatch(counter, { event: told(`s-${nth}`), ...EDGE }, start());
    const { looked, failed } = await resay(counter, start(failing(() => true, world)), { isLost: () => true });
    expect(looked).toBeLessThan(30);
    expect(failed).toBe(looked);
  });

  it("does it again until it has done it, then never again, whoever starts", async () => {
    const { world, start, takeSaid } = createStore();
    await dispatch(counter, { event: told("s"), ...EDGE }, start());
    takeSaid();
    const asked = { name: "1", isLost: () => true };
    expect(await resayOnce(counter, start(failing(() => true, world)), asked)).toMatchObject({ failed: 1 });
    expect(await resayOnce(counter, start(), asked)).toMatchObject({ said: 1, failed: 0 });
    expect(await resayOnce(counter, start(), asked)).toBeUndefined();
    expect(await resayOnce(counter, start(), { ...asked, name: "2" })).toMatchObject({ said: 1 });
  });
});

describe("while a broker is known to have lost what was said", () => {
  const sayFirst = functionOf(({ data }) => ({ emit: [First(data), Second(data)] }));

  it("an event that comes again is said again, however lately it was said, once", async () => {
    const { world, start, takeSaid, now } = createStore();
    const before = start({ doubts: createDoubts({ ms: 1, settledMs: 10_000, now }) });
    await dispatch(sayFirst, { event: heard }, before);
    await marksOf(before).flush();
    takeSaid();
    const known = start({ doubts: createDoubts({ ms: 1, settledMs: 10_000, now }) });
    expect(await dispatch(sayFirst, { event: heard }, known)).toMatchObject({ how: "duplicate" });
    expect(takeSaid()).toEqual([]);
    world.pass(10);
    const after = start({ doubts: createDoubts({ ms: 1, settledMs: 10_000, lostSince: 0, now }) });
    await dispatch(sayFirst, { event: heard }, after);
    expect(takeSaid()).toHaveLength(2);
    await dispatch(sayFirst, { event: heard }, after);
    expect(takeSaid()).toEqual([]);
  });

  it("a relay says what an edge has said shortly before, too", async () => {
    const { world, start, takeSaid, now } = createStore();
    const before = start();
    await dispatch(sayFirst, { event: heard, ...EDGE }, before);
    await marksOf(before).flush();
    const lost = takeSaid();
    world.pass(MINUTE);
    const after = start({ doubts: createDoubts({ ms: 1, settledMs: 10_000, lostSince: 0, now }) });
    expect(await relayNow(sayFirst, after)).toMatchObject({ said: 1, failed: 0 });
    expect(takeSaid()).toEqual(lost);
  });
});
