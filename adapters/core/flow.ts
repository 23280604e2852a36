import { deepEqual } from "node:assert/strict";
import { after, type Delay } from "../../functions/kernel/after.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import type { CloudEvent, EventDraft } from "../../functions/kernel/event.ts";
import type { System } from "../../functions/kernel/system.ts";
import { dispatch } from "./dispatch/dispatch.ts";
import type { Delivery, Ports } from "./dispatch/ports.ts";
import { stateIn } from "./dispatch/state.ts";
import { subjectDocumentKey } from "./event/ids.ts";
import { keptEvent } from "./event/kept-event.ts";
import { createFunctions } from "./host/system-parts.ts";
import { fromStored } from "./ledger/entry.ts";
import { createMemoryLedger } from "./ledger/memory-ledger.ts";
import { relayNow } from "./relay/relay-now.ts";

/** What happens next. Nothing does before it is asked what follows. */
interface Next {
  /** out: what is said, until nobody says more. throws: AssertionError for other types or another order; Error for what is not handled */
  then(...types: readonly EventType[]): Promise<readonly CloudEvent[]>;
}

export interface Flow {
  /** Events of others, and what edges ask for. */
  given(...drafts: readonly EventDraft[]): Next;
  /** Time passes: what is to be said later comes at its time. */
  after(delay: Delay): Next;
  /** in: a function's name; a subject, or what a key makes. out: undefined for none */
  state(name: string, key: string): Promise<unknown>;
}

/**
 * A whole system in memory, for tests: through the real dispatch, its clock standing still but for `after`, its ids derived, so
 * that a flow is the same at each run. Effects are left out where the functions use none.
 */
export function flow<Effects>(
  system: System<Effects>,
  { effects = {} as Effects }: { readonly effects?: Effects } = {},
): Flow {
  let clock = Date.parse("2026-01-01T00:00:00Z");
  let count = 0;
  const functions = createFunctions(system, effects);
  const waiting: Delivery[] = [];
  const dates = new Set<number>();
  let [said, faults]: [CloudEvent[], string[]] = [[], []];

  const ledger = createMemoryLedger({ now: () => clock });
  const ports: Ports = {
    ledger: {
      ...ledger,
      async save(key, entry, options) {
        if (options.due) dates.add(options.due.at);
        return ledger.save(key, entry, options);
      },
    },
    async publish(all) {
      const events = all.map(({ body }) => keptEvent(body, "what is said"));
      said.push(...events);
      waiting.push(...events.map((event) => ({ event })));
      if (said.length > 1_000) throw new Error("more than 1000 events: they may have no end");
    },
    deadLetter: async () => {},
    observe({ functionName, event, outcome }) {
      if (outcome.kind === "ack") return;
      faults.push(`${functionName}: ${event?.type}: ${outcome.kind}: ${outcome.code}: ${outcome.reason}`);
    },
    isRelayed: true,
    now: () => clock,
    deadlineMs: 10_000,
    leaseMs: 60_000,
  };

  async function deliver(): Promise<void> {
    for (let next = waiting.shift(); next && faults.length === 0; next = waiting.shift())
      for (const fn of functions) await dispatch(fn, next, ports);
  }

  async function pass(ms: number): Promise<void> {
    const until = clock + ms;
    for (let date = Math.min(...dates); date <= until; date = Math.min(...dates)) {
      dates.delete(date);
      clock = Math.max(clock, date);
      for (const fn of functions) await relayNow(fn, ports);
      await deliver();
    }
    clock = until;
  }

  const next = (run: () => Promise<void>): Next => ({
    // biome-ignore lint/suspicious/noThenProperty: a flow reads given, then; to await what has not been asked does not compile
    async then(...types) {
      [said, faults] = [[], []];
      await run();
      if (faults.length > 0) throw new Error(faults.join("\n"));
      deepEqual(typesOf(said), typesOf(types));
      return said;
    },
  });

  return {
    given: (...drafts) =>
      next(() => {
        for (const { type, subject, data } of drafts) {
          const clause = functions.map(({ on }) => on.get(type)).find((one) => one);
          if (!clause) throw new TypeError(`${type}: no function of ${system.name} consumes it`);
          const event = { specversion: "1.0", id: `given-${++count}`, source: "/flow", type, subject, data };
          const time = new Date(clock).toISOString();
          waiting.push({ event: { ...event, time }, fromEdge: clause.event.topic === undefined });
        }
        return deliver();
      }),
    after: (delay) => next(() => pass(after(delay, { type: "after", subject: "flow", data: {} }).afterMs ?? 0)),
    async state(name, key) {
      const fn = functions.find((one) => one.name === name);
      if (!fn) throw new TypeError(`${name}: is no function of ${system.name}`);
      const { entry } = await ledger.load(subjectDocumentKey(fn, key));
      return stateIn(fn, fromStored(entry));
    },
  };
}

const typesOf = (all: readonly { readonly type: string }[]): readonly string[] => all.map(({ type }) => type);
