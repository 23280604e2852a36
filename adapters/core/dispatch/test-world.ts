import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { CloudEvent, EventDraft } from "../../../functions/kernel/event.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import type { Said } from "../relay/publish.ts";
import { relayNow } from "../relay/relay-now.ts";
import type { ShopEffects } from "../test-shop.ts";
import { dispatch } from "./dispatch.ts";
import type { Outcome } from "./outcome.ts";
import type { Delivery, Ports } from "./ports.ts";

/** What the death of a process looks like from inside: nothing that it does afterwards reaches anybody. */
class Crash extends Error {}

interface Life {
  /** The step, counted from 1, before which the process dies. Each port has one before and one after it. Left out: none. */
  readonly dieAt?: number;
  /** Waits before each step, so that several lives can be interleaved. */
  readonly pause?: () => Promise<void>;
  readonly ports?: Partial<Ports>;
}

type Create = (effects: ShopEffects, ports: Ports) => FunctionDefinition;

/** For tests: the durable parts of a system, in which processes live, deliver one event each, and may die at any step. */
export function createWorld({ readsInOrder = true }: { readonly readsInOrder?: boolean } = {}) {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const { readsInOrder: _, ...inNoOrder } = createMemoryLedger({ now: () => clock });
  const ledger: Ledger = { ...inNoOrder, ...(readsInOrder ? { readsInOrder } : {}) };
  const said: Said[] = [];
  const letters: Said[] = [];
  const effects: Record<keyof ShopEffects, string[]> = { charge: [], withdraw: [], sendMail: [], book: [] };
  const steps: string[] = [];

  const ports: Ports = {
    ledger,
    publish: async (events) => void said.push(...events),
    deadLetter: async (letter) => void letters.push(letter),
    now: () => (clock += 7),
    pause: async () => {},
    isRelayed: true,
    deadlineMs: 10_000,
    leaseMs: 60_000,
  };

  async function live<T>(
    create: Create,
    work: (fn: FunctionDefinition, ports: Ports) => Promise<T>,
    { dieAt = 0, pause = async () => {}, ports: others = {} }: Life,
  ): Promise<T | "died"> {
    let count = 0;
    let died = false;
    const point = async () => {
      await pause();
      died ||= ++count === dieAt;
      if (died) throw new Crash();
    };
    const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      await point();
      steps.push(name);
      const result = await work();
      await point();
      return result;
    };
    const lent = { ...ports, ...others };
    const mortal: Ports = {
      ...lent,
      ledger: {
        ...lent.ledger,
        load: (key, options) => step("load", () => lent.ledger.load(key, options)),
        loadAll: (keys, options) => step("load", () => lent.ledger.loadAll(keys, options)),
        save: (key, entry, options) => step("save", () => lent.ledger.save(key, entry, options)),
        put: async (rows, options) => {
          if (!died) await lent.ledger.put(rows, options);
        },
        due: (of, options) => step("due", async () => lent.ledger.due?.(of, options) ?? []),
      } satisfies Ledger,
      publish: (events, options) => step("publish", () => lent.publish(events, options)),
      deadLetter: (letter, options) => step("dead-letter", async () => lent.deadLetter?.(letter, options)),
    };
    const mortalEffects: ShopEffects = {
      charge: ({ key }) =>
        step("charge", async () => {
          effects.charge.push(key);
          return { ok: true, receipt: `r-${key}` };
        }),
      withdraw: ({ key }) =>
        step("withdraw", async () => {
          effects.withdraw.push(key);
          return effects.charge.includes(key) ? { ok: true, receipt: `r-${key}` } : { ok: false, reason: "withdrawn" };
        }),
      sendMail: ({ key }) => step("mail", async () => void effects.sendMail.push(key)),
      book: ({ key }) =>
        step("book", async () => {
          effects.book.push(key);
          return { tracking: `t-${key}` };
        }),
    };
    const fn = create(mortalEffects, mortal);
    const result = await work(fn, mortal).catch((error) => {
      if (!died) throw error;
      return "died" as const;
    });
    return died ? "died" : result;
  }

  const deliver = (
    create: Create,
    event: CloudEvent,
    { dieAt, pause, ports: others, ...origin }: Life & Omit<Delivery, "event"> = {},
  ): Promise<Outcome | "died"> =>
    live(create, (fn, lent) => dispatch(fn, { ...origin, event }, lent), {
      ...(dieAt === undefined ? {} : { dieAt }),
      ...(pause === undefined ? {} : { pause }),
      ...(others === undefined ? {} : { ports: others }),
    });

  return {
    ports,
    ledger,
    said,
    letters,
    effects,
    steps,
    deliver,
    relay: (create: Create, life: Life = {}) => live(create, (fn, lent) => relayNow(fn, lent), life),
    pass(ms: number) {
      clock += ms;
    },
  };
}

export type World = ReturnType<typeof createWorld>;

/** For tests: a draft as an event, as if another service had said it. */
export const toEvent = (draft: EventDraft, attributes: Partial<CloudEvent> = {}): CloudEvent => ({
  specversion: "1.0",
  id: "e-1",
  source: "/shop/test",
  time: "2026-11-25T09:59:00Z",
  datacontenttype: "application/json",
  ...draft,
  ...attributes,
});

/** For tests: what was said, decoded, each repetition once. throws: when one source and id name different bytes */
export function distinct(said: readonly Said[]): readonly CloudEvent[] {
  const bodies = new Map<string, string>();
  for (const { body } of said) {
    const { source, id } = JSON.parse(body) as CloudEvent;
    const name = `${source} ${id}`;
    if ((bodies.get(name) ?? body) !== body) throw new Error(`two events are called ${name}`);
    bodies.set(name, body);
  }
  return [...bodies.values()].map((body) => JSON.parse(body) as CloudEvent);
}
