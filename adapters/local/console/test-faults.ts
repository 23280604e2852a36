import { onTestFinished } from "vitest";
import { system as whole } from "../../../functions/index.ts";
import type { Check, Happening, Status } from "./api-types.ts";
import { createFaults } from "./faults.ts";

type Row = Omit<Happening, "id" | "at"> & Partial<Pick<Happening, "at">>;

/** Whoever hears a topic is waited for: of functions that came later the tests say nothing. */
const KNOWN = ["order", "billing", "notification", "shipping"];
const system = { functions: whole.functions.filter(({ name }) => KNOWN.includes(name)) };

const STATUS: Status = {
  services: [],
  depths: [],
  letters: 0,
  pending: {},
  broken: [],
  sums: { events: 0, owed: 0, handled: 0, passed: 0, dead: 0, open: 0, effects: [] },
  checks: [],
};

interface Options {
  /** How much is due, at each look. */
  readonly due?: readonly number[];
  /** Rows of a time before. */
  readonly known?: readonly Happening[];
  /** Until then a process that is stopped has not ended. */
  readonly ending?: Promise<void>;
}

/** Faults of a made-up shop: what happens is what a test says, and time goes on when it says so. */
export function createTestFaults({ due, known = [], ending }: Options = {}) {
  let at = 1_000_000;
  let status: Partial<Status> = {};
  let look = () => {};
  const rows: Happening[] = [...known];
  const listeners = new Set<(rows: readonly Happening[]) => void>();
  const done: unknown[] = [];
  const stopped = new Set<string>();
  const left = [...(due ?? [])];
  const bodies = new Map(known.map(({ id }) => [id, { text: `body of ${id}` }]));

  const append = (row: Row, body?: string) => {
    const happening: Happening = { at, ...row, id: rows.length + 1, ...(body === undefined ? {} : { hasBody: true }) };
    if (body !== undefined) bodies.set(happening.id, { text: body });
    rows.push(happening);
    for (const listener of listeners) listener([happening]);
  };
  const faults = createFaults({
    control: {
      names: () => [...system.functions.map(({ name }) => name), "sidecars"],
      isStopped: (name) => stopped.has(name),
      kill: (name) => void done.push(`kill ${name}`),
      stop(name) {
        stopped.add(name);
        done.push(`stop ${name}`);
        return ending ?? Promise.resolve();
      },
      async start(name) {
        stopped.delete(name);
        done.push(`start ${name}`);
      },
      clock: async (name, byMs) => void done.push(`clock ${name} ${byMs}`),
      clockOf: () => ({}),
      tell: (what) => void done.push(what),
    },
    history: {
      append,
      onAppended(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      body: (id) => bodies.get(id),
      story: (asked) => ({ asked, happenings: rows.filter(({ event }) => event === asked), bodies: {} }),
      before: ({ entry, kind, limit }) =>
        rows
          .filter((row) => row.entry === entry && row.kind === kind)
          .reverse()
          .slice(0, limit),
    },
    status: () => ({ ...STATUS, ...status }),
    system,
    ...(due ? { dueBy: () => () => left.shift() ?? 0 } : {}),
    now: () => at,
    every: (given) => {
      look = given;
      return () => {};
    },
  });
  onTestFinished(() => faults.close());
  return {
    faults,
    /** What was done by the control, in order. */
    done,
    rows,
    happens: (...all: readonly Row[]) => {
      for (const row of all) append(row, row.kind === "published" ? "{}" : undefined);
    },
    is(now: Partial<Status>) {
      status = now;
    },
    /** Time goes on, by looks. out: the newest check then */
    after(ms: number): Pick<Check, "state" | "seen"> {
      for (const end = at + ms; at < end; ) {
        at = Math.min(at + 250, end);
        look();
      }
      const [{ state, seen } = { state: "watching" as const, seen: undefined }] = faults.checks();
      return seen === undefined ? { state } : { state, seen };
    },
  };
}

/** What happens to an event of the shop at one function. */
export const of = (event: string, { app = "billing", topic = "orders", entry = Number(event.slice(1)) } = {}) => {
  const what = { app, topic, entry, event };
  return {
    published: { kind: "published", topic, entry, event } as const,
    delivered: { kind: "delivered", ...what } as const,
    answered: (outcome = "success") => ({ kind: "answered", ...what, outcome }) as const,
    told: (how: string, outcome = "ack") => ({ kind: "told", app, event, outcome, how }) as const,
    charge: (key: string) => ({ kind: "effect", app, event, how: "charge", key }) as const,
  };
};
export const service = (app: string, outcome: string) => ({ kind: "service", app, outcome }) as const;
