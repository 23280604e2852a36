import { setImmediate as turn } from "node:timers/promises";
import { vi } from "vitest";
import type { Handler } from "../../../functions/kernel/define.ts";
import { subjectDocumentKey } from "../event/ids.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import type { Said } from "../relay/publish.ts";
import { relayNow } from "../relay/relay-now.ts";
import { createBulk } from "./bulk.ts";
import { createParking } from "./parking.ts";
import { createPatience } from "./patience.ts";
import type { Ports } from "./ports.ts";
import { First, functionOf, Heard } from "./test-function.ts";
import { distinct, toEvent } from "./test-world.ts";

type Handle = Handler<{ readonly heard: readonly string[] }, { readonly about: string }>;
const DEADLINE_MS = 10_000;

/** What one attempt does: takes its time, and fails then. */
export interface Behaviour {
  readonly ms: number;
  readonly fails: boolean;
}

/** One call of a store in so many is slow, or refused: what it writes is there all the same, or is not. */
export interface Faults {
  readonly every: number;
  readonly how: "refused" | "unanswered" | "slow";
}

interface ModelOptions {
  readonly keeps: "state" | "nothing";
  readonly documents: number;
  /** Of the first attempts of each event, by its number. */
  readonly behaviours: readonly (readonly Behaviour[])[];
  readonly faults?: Faults | undefined;
}

/**
 * For tests: a broker that brings events in their order, a process after the other that takes them in bulks, and what must hold of
 * them. Under fake timers.
 */
export function createBulkModel({ keeps, documents, behaviours, faults }: ModelOptions) {
  const ledger = createMemoryLedger();
  const said: Said[] = [];
  const letters: string[] = [];
  const faulty: string[] = [];
  const attempts = new Map<string, number>();
  const handled: string[] = [];
  let areFaultsOver = false;
  let calls = 0;

  const documentOf = (id: string) => `s${Number(id) % documents}`;
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const call = async <T>(isDead: () => boolean, work: () => Promise<T>): Promise<T> => {
    if (isDead()) return new Promise<T>(() => {});
    const isFaulty = !areFaultsOver && faults !== undefined && ++calls % faults.every === 0;
    await sleep(isFaulty && faults.how === "slow" ? 1_200 : 1);
    if (isDead()) return new Promise<T>(() => {});
    if (isFaulty && faults.how === "refused") throw new Error("refused");
    const result = await work();
    if (isFaulty && faults.how === "unanswered") throw new Error("no answer");
    return result;
  };

  const startProcess = () => {
    let died = false;
    const isDead = () => died;
    const since = new Map<string, number>();
    const firstMet: string[] = [];
    const handle: Handle = async ({ id, data }, state) => {
      const before = since.get(id);
      if (before !== undefined && performance.now() - before < DEADLINE_MS) faulty.push(`${id} is at work twice`);
      since.set(id, performance.now());
      const nth = attempts.get(id) ?? 0;
      attempts.set(id, nth + 1);
      const { ms = 0, fails = false } = behaviours[Number(id)]?.[nth] ?? {};
      await sleep(areFaultsOver ? 0 : ms);
      since.delete(id);
      if (died) return new Promise(() => {});
      if (fails && !areFaultsOver) throw new Error("not yet");
      handled.push(id);
      return { ...(keeps === "state" ? { state: { heard: [...(state?.heard ?? []), id] } } : {}), emit: [First(data)] };
    };
    const fn = functionOf(handle as never, { keeps });
    const mortal: Ledger = {
      ...ledger,
      load: (...of) => call(isDead, () => ledger.load(...of)),
      loadAll: (...of) => call(isDead, () => ledger.loadAll(...of)),
      save: (...of) => call(isDead, () => ledger.save(...of)),
      put: (...of) => call(isDead, () => ledger.put(...of)),
      due: (...of) => call(isDead, async () => (await ledger.due?.(...of)) ?? []),
    };
    const ports: Ports = {
      ...{ ledger: mortal, now: Date.now, deadlineMs: DEADLINE_MS, leaseMs: 15_000, isRelayed: true },
      publish: (some) => call(isDead, async () => void said.push(...some)),
      deadLetter: ({ body }) => call(isDead, async () => void letters.push(JSON.parse(body).id)),
      parking: createParking({ ms: 300_000 }),
      patience: createPatience({ ms: 300_000 }),
    };
    const bulk = createBulk(fn, ports);
    return {
      ...{ bulk, fn, firstMet },
      deliver: (ids: readonly string[]) => {
        for (const id of ids) if (!firstMet.includes(id)) firstMet.push(id);
        const toJobs = (id: string) => [
          { topic: "in", event: toEvent(Heard({ about: documentOf(id) }), { id, time: new Date().toISOString() }) },
        ];
        return bulk.dispatchAll(ids.map(toJobs));
      },
      relay: () => relayNow(fn, ports, { dispatch: bulk.dispatch }),
      die() {
        died = true;
      },
    };
  };

  let process = startProcess();
  let published = 0;
  const waiting: string[] = [];
  const got: string[] = [];
  let relaying: Promise<unknown> | undefined;

  const model = {
    ...{ faulty, said, letters, handled, documentOf },
    publish(count: number) {
      for (let n = 0; n < count; n++) waiting.push(`${published++}`);
    },
    /** As a sidecar does it: what is to come again comes again before what comes later. */
    async deliver(most: number, again?: number) {
      const ids = waiting.slice(0, most);
      const more = again === undefined ? undefined : got[again % got.length];
      const all = more === undefined || ids.includes(more) ? ids : [more, ...ids];
      const begun = performance.now();
      const answered = process.deliver(all);
      const isDead = process;
      const outcomes = await Promise.race([answered, sleep(3_000)]);
      if (isDead !== process) return;
      if (!outcomes || performance.now() - begun > 1_000) faulty.push("is answered too late");
      for (const [index, { kind }] of [...(outcomes ?? [])].entries()) {
        const id = all[index] as string;
        if (kind === "retry" || !waiting.includes(id)) continue;
        waiting.splice(waiting.indexOf(id), 1);
        got.push(id);
      }
    },
    relay() {
      relaying ??= process
        .relay()
        .catch(() => undefined)
        .finally(() => {
          relaying = undefined;
        });
      return relaying;
    },
    restart() {
      process.die();
      relaying = undefined;
      process = startProcess();
    },
    endFaults() {
      areFaultsOver = true;
    },
    firstMet: () => process.firstMet,
    isDone: async () =>
      waiting.length === 0 &&
      ((await ledger.due?.("fn", { until: Date.now() + 1e9, most: 1_000 })) ?? []).every(
        (key) => !key.includes("parked"),
      ),
    published: () => Array.from({ length: published }, (_, n) => `${n}`),
    /** By document, as the ledger has it. */
    async kept() {
      const subjects = Array.from({ length: documents }, (_, n) => `s${n}`);
      const held = await Promise.all(subjects.map((of) => ledger.load(subjectDocumentKey(process.fn, of))));
      const heardIn = (entry: unknown) => (entry as { state?: { heard?: string[] } } | undefined)?.state?.heard ?? [];
      return Object.fromEntries(subjects.map((of, n) => [of, heardIn(held[n]?.entry)]));
    },
    causes: () => distinct(said).map(({ causationid }) => String(causationid)),
    close: () => process.bulk.close(),
  };
  return model;
}

/** Lets time pass until work has come to its end. */
export async function until<T>(work: Promise<T>, mostMs = 600_000): Promise<T> {
  let isOver = false;
  const watched = work.finally(() => {
    isOver = true;
  });
  watched.catch(() => undefined);
  for (let ms = 0; !isOver && ms < mostMs; ms += 50) {
    await vi.advanceTimersByTimeAsync(50);
    await turn();
  }
  if (!isOver) throw new Error("never ends");
  return watched;
}
