import { dispatch } from "../../adapters/core/dispatch/dispatch.ts";
import type { Outcome } from "../../adapters/core/dispatch/outcome.ts";
import type { Ports } from "../../adapters/core/dispatch/ports.ts";
import type { Entry } from "../../adapters/core/ledger/entry.ts";
import type { Document, Ledger } from "../../adapters/core/ledger/ledger.ts";
import { createMemoryLedger } from "../../adapters/core/ledger/memory-ledger.ts";
import type { Said } from "../../adapters/core/relay/publish.ts";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import { settle } from "../../functions/kernel/home.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import type { Answers } from "./answers.ts";
import { type Asked, createEffects } from "./effects.ts";
import { type Fault, HANDLER } from "./faults.ts";
import { type Surroundings, USUAL } from "./surroundings.ts";
import { type Remark, watch } from "./watch.ts";

/** What the death of a process looks like from inside. */
class Crash extends Error {}

export interface WorldOptions {
  readonly answers: Answers;
  readonly surroundings?: Surroundings;
  /** The build before. Left out: nobody knows it. */
  readonly older?: SystemFunction<never> | undefined;
  /** In real time. */
  readonly deadlineMs?: number | undefined;
}

export interface Delivered {
  readonly outcome: Outcome | "died";
  /** What was done, or was begun, in its order. */
  readonly steps: readonly string[];
  /** Lets what was late go on, and resolves when it has come to its end. */
  release(): Promise<void>;
}

/**
 * Whose process has it.
 *
 * newer  of a build whose state is of the next version, and which does the same
 * older  of the build before, where that is known
 */
export type Build = "own" | "newer" | "older";

interface DeliverOptions {
  readonly fault?: Fault | undefined;
  readonly by?: Build | undefined;
}

/** What lasts: processes of a function live in it, handle one event at a time, and may die at any step. */
export interface World {
  readonly remarks: readonly Remark[];
  readonly asked: readonly Asked[];
  readonly said: readonly Said[];
  readonly documents: ReadonlyMap<string, Entry>;
  deliver(event: CloudEvent, options?: DeliverOptions): Promise<Delivered>;
  /** Another process takes the place of this one. */
  restart(): void;
  /** in: ms */
  pass(ms: number): void;
}

/** A handler that waits for ever ends at it. Whoever is late ends it sooner. */
const DEADLINE_MS = 10_000;
export const LEASE_MS = 60_000;

/** One delivery, as the steps of it see it. */
interface Current {
  readonly event: CloudEvent;
  readonly fault: Fault | undefined;
  readonly steps: string[];
  readonly gate: Promise<void>;
  /** The time of the delivery is over. */
  readonly over: AbortController;
  died: boolean;
}

export function createWorld(
  fn: SystemFunction<never>,
  { answers, surroundings = USUAL, deadlineMs = DEADLINE_MS, older }: WorldOptions,
): World {
  let clock = USUAL.clock;
  const memory = createMemoryLedger({ now: () => clock });
  const documents = new Map<string, Entry>();
  const said: Said[] = [];
  const asked: Asked[] = [];
  const remarks: Remark[] = [];
  let current: Current | undefined;
  const lives = new Map<Build, FunctionDefinition>();
  const running = new Set<Promise<unknown>>();

  /** in: the delivery it belongs to, which may be over */
  const step = async <T>(name: string, work: () => Promise<T>, own = current): Promise<T> => {
    if (!own) return work();
    const at = own.steps.push(name) - 1;
    const kind = own.fault?.at === at ? own.fault.kind : undefined;
    own.died ||= kind === "dies-before";
    if (own.died) throw new Crash();
    if (kind === "fails") throw new Error(`${name}: is away`);
    const result = await work();
    own.died ||= kind === "dies-after";
    if (own.died) throw new Crash();
    if (kind === "answer-lost") throw new Error(`${name}: its answer was lost`);
    if (kind === "late") await beLate(own);
    return result;
  };
  const keep = (key: string, entry: Document) => documents.set(key, JSON.parse(JSON.stringify(entry)) as Entry);
  const ledgerOf = (own: Current): Ledger => ({
    ...memory,
    load: (key, options) => step("load", () => memory.load(key, options), own),
    loadAll: (keys, options) => step("load", () => memory.loadAll(keys, options), own),
    save: (key, entry, options) =>
      step(
        "save",
        async () => {
          const saved = await memory.save(key, entry, options);
          if (saved !== false) keep(key, entry);
          return saved;
        },
        own,
      ),
    // No step of its own: what is put is put again whenever there is time.
    put: async (rows, options) => {
      if (!own.died) await memory.put(rows, options);
    },
  });
  const portsOf = (own: Current): Ports => ({
    ledger: ledgerOf(own),
    publish: (events) => step("publish", async () => void said.push(...events), own),
    deadLetter: () => step("dead-letter", async () => {}, own),
    now: () => clock,
    pause: async () => {},
    isRelayed: true,
    deadlineMs,
    leaseMs: LEASE_MS,
  });

  const begin = (build: Build): FunctionDefinition => {
    const { uses, source } = (build === "older" && older) || fn;
    const effects = createEffects(uses, { answers, asked, remarks, step, event: () => current?.event });
    const made = typeof source === "function" ? source(effects.lent as never) : source;
    const watched = watch(settle(made, { source: `/prove`, ledgerPrefix: "" }), {
      surroundings,
      remarks,
      effects,
      async around(react) {
        const own = current;
        const run = react();
        running.add(run);
        try {
          const reaction = await run;
          if (own?.fault?.kind === "late" && own.fault.at === HANDLER) await beLate(own);
          return reaction;
        } finally {
          running.delete(run);
        }
      },
    });
    const begun = build === "newer" ? newerThan(watched) : watched;
    lives.set(build, begun);
    return begun;
  };

  return {
    remarks,
    asked,
    said,
    documents,
    async deliver(event, { fault, by = "own" } = {}) {
      const gate = Promise.withResolvers<void>();
      const own: Current = { event, fault, steps: [], gate: gate.promise, over: new AbortController(), died: false };
      current = own;
      const life = lives.get(by) ?? begin(by);
      const topic = life.on.get(event.type)?.event.topic;
      const from = topic === undefined ? { fromEdge: true } : { topic };
      const outcome = await dispatch(life, { event, ...from, signal: own.over.signal }, portsOf(own));
      const late = [...running];
      if (own.died) lives.delete(by);
      return {
        outcome: own.died ? "died" : outcome,
        steps: [...own.steps],
        async release() {
          gate.resolve();
          await Promise.allSettled(late);
          await new Promise(setImmediate);
        },
      };
    },
    restart() {
      lives.clear();
    },
    pass(ms) {
      clock += ms;
    },
  };
}

function beLate({ over, gate }: Current): Promise<void> {
  over.abort();
  return gate;
}

/** Its state has a shape that this one does not know. */
function newerThan(fn: FunctionDefinition): FunctionDefinition {
  const { version, read } = fn.state;
  return {
    ...fn,
    state: { ...fn.state, version: version + 1, read: (stored, from) => read(stored, Math.min(from, version)) },
  };
}
