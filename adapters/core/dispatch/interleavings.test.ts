import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrderCreated } from "../../../functions/events/index.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { createNotification } from "../../../functions/notification/handler.ts";
import { bytesOf, type Ledger } from "../ledger/ledger.ts";
import { marksOf } from "../ledger/marks.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import type { Said } from "../relay/publish.ts";
import { dispatch } from "./dispatch.ts";
import type { Ports } from "./ports.ts";
import { First, functionOf, type Handle, heard } from "./test-function.ts";
import { createWorld, distinct, toEvent } from "./test-world.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

interface StoreOptions {
  /** Whether a save tells the version that it gave. */
  readonly versions: boolean;
  readonly maxBytes?: number;
}

/** What processes share: a store, a broker, and the time. */
function createShared({ versions, maxBytes = Number.POSITIVE_INFINITY }: StoreOptions) {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const memory = createMemoryLedger({ now: () => clock });
  const said: Said[] = [];
  const ledger: Ledger = {
    ...memory,
    maxBytes,
    async save(key, entry, options) {
      if (bytesOf(entry) > maxBytes) throw new Error("too large");
      const saved = await memory.save(key, entry, options);
      return saved && (versions ? saved : true);
    },
  };
  return {
    ledger,
    said,
    now: () => (clock += 3),
    pass(ms: number) {
      clock += ms;
    },
  };
}

type Shared = ReturnType<typeof createShared>;

interface ProcessOptions {
  /** The step before which it dies, counted from 1: each call of a store or a broker has one before and one after it. */
  readonly dieAt?: number;
  readonly pause?: () => Promise<void>;
  /** The broker takes nothing of it. */
  readonly isRefused?: boolean;
  /** How far its clock is ahead, in ms. */
  readonly aheadMs?: number;
  /** In which order a store reads what is asked for in one call, and writes it. */
  readonly backwards?: boolean;
}

/** One process: nothing that it knows is known to others, and rows are read and written one by one. */
function createProcess(shared: Shared, options: ProcessOptions = {}) {
  const { dieAt = 0, pause = async () => {}, isRefused = false, aheadMs = 0, backwards = false } = options;
  let count = 0;
  let died = false;
  const point = async () => {
    await pause();
    died ||= ++count === dieAt;
    if (died) throw new Error("died");
  };
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    await point();
    const result = await work();
    await point();
    return result;
  };
  const inOrder = <T>(list: readonly T[]) => (backwards ? list.toReversed() : list);
  const { ledger } = shared;
  const ports: Ports = {
    ledger: {
      ...ledger,
      load: (key, call) => step(() => ledger.load(key, call)),
      async loadAll(keys, call) {
        const held = [];
        for (const key of inOrder(keys)) held.push(await step(() => ledger.load(key, call)));
        return inOrder(held);
      },
      save: (key, entry, call) => step(() => ledger.save(key, entry, call)),
      async put(rows, call) {
        for (const row of inOrder(rows)) await step(() => ledger.put([row], call));
      },
    },
    publish: (events) =>
      step(async () => {
        if (isRefused) throw new Error("refused");
        shared.said.push(...events);
      }),
    deadLetter: async () => {},
    now: () => shared.now() + aheadMs,
    pause: async () => {},
    deadlineMs: 10_000,
    leaseMs: 60_000,
  };
  return {
    deliver: (fn: ReturnType<typeof functionOf>, event: CloudEvent) => dispatch(fn, { event }, ports),
    flush: () => marksOf(ports).flush(),
  };
}

const named = (id: string): CloudEvent => ({ ...heard, id });

describe("many processes with many events of a subject, of which some die at some call", () => {
  const talks = (id: string) => !id.endsWith("3");
  /** How often it has handled each event. What it says depends on what was handled before, and is large now and then. */
  const count: Handle = ({ id, data }, state = {}) => {
    const counts = state as Record<string, number>;
    const more = `${Object.keys(counts).length}`.padEnd(id.endsWith("5") ? 40_000 : 2_000);
    return {
      state: { ...counts, [id]: (counts[id] ?? 0) + 1 },
      emit: talks(id) ? [{ ...First(data), data: { ...data, more } }] : [],
    };
  };
  const delivery = fc.record({ id: fc.nat(50), dieAt: fc.nat(20), isRefused: fc.boolean(), backwards: fc.boolean() });

  it.each([
    { exclusive: false, versions: true, aheadMs: 0 },
    { exclusive: true, versions: false, aheadMs: 0 },
    { exclusive: false, versions: false, aheadMs: 40 },
  ])(
    "handle each once, and say the same of it: exclusive $exclusive, versions $versions, clocks apart by $aheadMs ms",
    async ({ exclusive, versions, aheadMs }) => {
      const fn = functionOf(count, { keeps: "state", exclusive });
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.array(delivery, { minLength: 4, maxLength: 9 }),
          fc.nat(60),
          fc.constantFrom(Number.POSITIVE_INFINITY, 120_000, 60_000),
          async (scheduler, deliveries, before, maxBytes) => {
            const shared = createShared({ versions, maxBytes });
            const first = createProcess(shared);
            const ids = new Set(Array.from({ length: before }, (_, n) => `${n}`));
            for (const id of ids) await first.deliver(fn, named(id));
            await first.flush();

            const pause = () => scheduler.schedule(Promise.resolve());
            const lives = deliveries.map(async ({ id, ...rest }, nth) => {
              const life = createProcess(shared, { ...rest, pause, aheadMs: nth % 2 ? aheadMs : 0 });
              await life.deliver(fn, named(`${id}`));
              await life.flush();
            });
            for (const { id } of deliveries) ids.add(`${id}`);
            await scheduler.waitFor(Promise.all(lives));
            shared.pass(100_000);

            const deliverAll = async () => {
              for (const id of ids) {
                const again = createProcess(shared);
                expect(await again.deliver(fn, named(id))).toMatchObject({ kind: "ack" });
                await again.flush();
              }
              return shared.said.length;
            };
            const said = await deliverAll();
            expect(await deliverAll()).toBe(said);
            let counts: unknown;
            const look: Handle = (_event, state) => {
              counts = state;
              return {};
            };
            await createProcess(shared).deliver(functionOf(look, { keeps: "state" }), named("last"));
            expect(counts).toEqual(Object.fromEntries([...ids].map((id) => [id, 1])));
            expect(distinct(shared.said)).toHaveLength([...ids].filter(talks).length);
          },
        ),
        { numRuns: 35 },
      );
    },
  );
});

describe("many processes with events of an exclusive function", () => {
  const delivery = fc.record({ id: fc.nat(2), fails: fc.boolean() });
  const deliveries = fc.array(delivery, { minLength: 2, maxLength: 6 });

  it.each([
    { keeps: "nothing", versions: true },
    { keeps: "nothing", versions: false },
    { keeps: "state", versions: true },
    { keeps: "state", versions: false },
  ] as const)(
    "are never two at work on the same, nor handle it twice, also where it was long ago: keeps $keeps, versions $versions",
    async (given) => {
      const { keeps, versions } = given;
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), deliveries, fc.boolean(), async (scheduler, all, isLate) => {
          const shared = createShared({ versions });
          const pause = () => scheduler.schedule(Promise.resolve());
          const atWork = new Map<string, number>();
          const handled: string[] = [];
          let most = 0;
          const working = (fails: boolean) =>
            functionOf(
              async ({ id, data: { about } }) => {
                const others = atWork.get(about) ?? 0;
                atWork.set(about, others + 1);
                most = Math.max(most, others + 1);
                await pause();
                await pause();
                atWork.set(about, others);
                if (fails) throw new Error("no answer");
                handled.push(id);
                return {};
              },
              { keeps, exclusive: true },
            );
          const run = async () => {
            const time = new Date(shared.now()).toISOString();
            const lives = all.map(({ id, fails }) => {
              const about = keeps === "state" ? "s" : `s${id}`;
              const event = { ...heard, id: `${id}`, time, subject: about, data: { about } };
              return createProcess(shared, { pause }).deliver(working(fails), event);
            });
            await scheduler.waitFor(Promise.all(lives));
          };
          await run();
          if (isLate && keeps === "nothing") {
            handled.length = 0;
            shared.pass(40 * DAY_MS);
            await run();
          }
          expect(most).toBeLessThanOrEqual(1);
          expect(new Set(handled).size).toBe(handled.length);
        }),
        { numRuns: 60 },
      );
    },
  );

  it("mail once, and once more at most for each that died, where a store tells no version", async () => {
    const created = toEvent(OrderCreated(OrderCreated.sample));
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(16), { minLength: 1, maxLength: 5 }),
        async (scheduler, deaths) => {
          const world = createWorld();
          const save: Ledger["save"] = async (...call) => Boolean(await world.ledger.save(...call)) as true | false;
          const ports = { ledger: { ...world.ledger, save } };
          const pause = () => scheduler.schedule(Promise.resolve());
          const lives = deaths.map((dieAt) => world.deliver(createNotification, created, { dieAt, pause, ports }));
          const ends = await scheduler.waitFor(Promise.all(lives));
          world.pass(world.ports.leaseMs);
          await world.deliver(createNotification, created, { ports });
          const died = ends.filter((end) => end === "died").length;
          expect(world.effects.sendMail.length).toBeGreaterThanOrEqual(1);
          expect(world.effects.sendMail.length).toBeLessThanOrEqual(1 + died);
        },
      ),
      { numRuns: 100 },
    );
  });
});
