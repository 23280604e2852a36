import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineFunction, when } from "../../../functions/kernel/define.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { subjectDocumentKey } from "../event/ids.ts";
import { createPatience } from "./patience.ts";
import type { Ports } from "./ports.ts";
import { First, functionOf, type Handle, Heard, heard } from "./test-function.ts";
import { createWorld, distinct, type World } from "./test-world.ts";

const DEADLINE_MS = 100;
const GAP_MS = 45_000;

const takes = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const down = () => Promise.reject(new Error("down"));
const talks: Handle = ({ data }) => ({ state: 1, emit: [First(data)] });
const stateful = (handle: Handle = talks) => functionOf(handle, { keeps: "state" });
const named = (id: string, about = "s") => ({ ...heard, id, subject: about, data: { about } });

function start() {
  const world = createWorld();
  const patience = createPatience({ ms: 90_000 });
  const deliver = async (create = () => stateful(), event = heard, ports: Partial<Ports> = {}) => {
    const delivered = world.deliver(create, event, { ports: { patience, ...ports } });
    if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(2 * DEADLINE_MS);
    return delivered;
  };
  return { world, deliver };
}

/** Slower by so much at each call. */
const slowly = ({ ledger, publish }: Ports, ms: { readonly ledger?: number; readonly publish?: number }) => {
  const { ledger: ledgerMs = 0, publish: publishMs = 0 } = ms;
  const slow: Partial<Ports> = {
    deadlineMs: DEADLINE_MS,
    ledger: {
      ...ledger,
      load: (...call) => takes(ledgerMs).then(() => ledger.load(...call)),
      save: (...call) => takes(ledgerMs).then(() => ledger.save(...call)),
    },
    publish: (...call) => takes(publishMs).then(() => publish(...call)),
  };
  return slow;
};

describe("an event is not given up while others are slow", () => {
  beforeEach(async () => {
    // Loaded before the clock stands still, which a file does not wait for.
    await import("./later.ts");
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each<[what: string, ms: { readonly ledger?: number; readonly publish?: number }, handlerMs: number]>([
    ["a store whose calls end in time, and together do not", { ledger: 60 }, 0],
    ["a store that leaves the handler too little time", { ledger: 75 }, 40],
    ["a broker that never answers once all is saved", { publish: 3_600_000 }, 0],
  ])("%s", async (_what, ms, handlerMs) => {
    const { world, deliver } = start();
    const handle: Handle = async (event, state) => {
      await takes(handlerMs);
      return talks(event, state);
    };
    for (let n = 0; n < 6; n++) {
      expect(await deliver(() => stateful(handle), heard, slowly(world.ports, ms))).toMatchObject({ code: "timeout" });
      world.pass(GAP_MS);
    }
    expect(await deliver()).toMatchObject({ kind: "ack" });
    expect([distinct(world.said).length, world.letters.length]).toEqual([1, 0]);
  });

  it("but is where its handler takes the most of its time", async () => {
    const { world, deliver } = start();
    const handle: Handle = async () => {
      await takes(80);
      return {};
    };
    const codes = [];
    for (let n = 0; n < 4; n++) {
      const outcome = await deliver(() => stateful(handle), heard, slowly(world.ports, { ledger: 30 }));
      codes.push(outcome !== "died" && outcome.kind !== "ack" && outcome.code);
      world.pass(GAP_MS);
    }
    expect(codes).toEqual(["timeout", "timeout", "timeout", "exhausted"]);
  });
});

describe("an event is not given up in an outage that others do not meet", () => {
  const ledgerDown = ({ ledger }: World): Partial<Ports> => ({
    ledger: { ...ledger, load: down, loadAll: down, save: down, put: down },
  });
  const readOnly = ({ ledger }: World): Partial<Ports> => ({ ledger: { ...ledger, save: down, put: down } });
  const brokerDown = (): Partial<Ports> => ({ publish: down });

  it.each<[what: string, outage: (world: World) => Partial<Ports>, beside: (n: number) => CloudEvent, end: object]>([
    [
      "no ledger, beside ignored types",
      ledgerDown,
      (n) => ({ ...named(`${n}`), type: "not.consumed" }),
      { how: "ignored" },
    ],
    [
      "no ledger, beside what is too old",
      ledgerDown,
      (n) => ({ ...named(`${n}`), time: "2020-01-01T00:00:00Z" }),
      { code: "too-old" },
    ],
    [
      "no ledger, beside what breaks its schema",
      ledgerDown,
      (n) => ({ ...named(`${n}`), data: { about: 7 } }),
      { code: "schema" },
    ],
    ["a store that takes no writes, beside duplicates", readOnly, () => named("before"), { how: "duplicate" }],
    ["no broker, beside what says nothing", brokerDown, (n) => named(`silent-${n}`, "other"), { how: "handled" }],
  ])("%s", async (_what, outage, beside, end) => {
    const { world, deliver } = start();
    const create = () => stateful((event, state) => (event.id.startsWith("silent") ? {} : talks(event, state)));
    await deliver(create, named("before"));
    for (let n = 0; n < 5; n++) {
      const ports = outage(world);
      expect(await deliver(create, heard, ports)).toMatchObject({ kind: "retry" });
      expect(await deliver(create, beside(n), ports)).toMatchObject(end);
      world.pass(GAP_MS);
    }
    expect(await deliver(create)).toMatchObject({ kind: "ack" });
    expect(distinct(world.said)).toHaveLength(2);
  });
});

describe("an event is never given up that waits for a newer build, however many others get through", () => {
  const shape = { name: "fn", state: v.object({ n: v.number() }), on: [when(Heard, () => ({ state: { n: 1 } }))] };
  const older = () => defineFunction(shape);
  const newer = () => defineFunction({ ...shape, version: 2, upgrade: () => ({ n: 0 }) });

  it.each<[what: string, store: (world: World) => Promise<unknown>]>([
    [
      "its document",
      ({ ledger }) => ledger.save(subjectDocumentKey(older(), "s"), { v: 2, what: 1 }, { expected: undefined }),
    ],
    ["its state", (world) => world.deliver(newer, { ...heard, id: "before" })],
  ])("%s", async (_what, store) => {
    const { world, deliver } = start();
    await store(world);
    for (let n = 0; n < 6; n++) {
      expect(await deliver(older)).toMatchObject({ kind: "retry", code: "newer" });
      expect(await deliver(older, named(`${n}`, "other"))).toMatchObject({ how: "handled" });
      world.pass(GAP_MS);
    }
    expect(world.letters).toEqual([]);
  });
});
