import type { Handler } from "../../../functions/kernel/define.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import type { Said } from "../relay/publish.ts";
import { relayNow } from "../relay/relay-now.ts";
import { createBulk } from "./bulk.ts";
import type { Outcome } from "./outcome.ts";
import { createParking } from "./parking.ts";
import { createPatience } from "./patience.ts";
import type { Observation, Ports } from "./ports.ts";
import { First, functionOf, Heard } from "./test-function.ts";
import { toEvent } from "./test-world.ts";
import { createUnknownTypes } from "./unknown-types.ts";

type Handle = Handler<{ readonly heard: readonly string[] }, { readonly about: string }>;
const MS = 90_000;

/** For tests: a promise that somebody else resolves. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export interface Entry {
  readonly id: string;
  readonly about?: string;
  readonly type?: string;
  readonly data?: unknown;
}

interface StartOptions {
  readonly keeps?: "state" | "nothing";
  readonly exclusive?: boolean;
  readonly isOn?: boolean;
  readonly atOnce?: number;
  readonly startMs?: number;
  /** Left out: as short as a test may be. */
  readonly holdMs?: number;
  readonly stillMs?: number;
}

/** For tests: a function whose handlers wait, fail and are counted, with what it keeps, and processes that take bulks for it. */
export function startBulks({
  keeps = "state",
  exclusive = false,
  isOn = true,
  holdMs = 30,
  atOnce,
  ...times
}: StartOptions = {}) {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const now = () => (clock += 1);
  const ledger = createMemoryLedger({ now: () => clock });
  const said: Said[] = [];
  const letters: Said[] = [];
  const observed: Observation[] = [];
  const began: string[] = [];
  const ended: string[] = [];
  const failing = new Set<string>();
  const waits = new Map<string, Promise<void>>();
  const handle: Handle = async ({ id, data }, state) => {
    began.push(id);
    await waits.get(id);
    if (failing.has(id)) throw new Error("not yet");
    ended.push(id);
    return { ...(keeps === "state" ? { state: { heard: [...(state?.heard ?? []), id] } } : {}), emit: [First(data)] };
  };
  const fn = functionOf(handle as never, { keeps, exclusive });
  const toJobs = ({ id, about = "s", ...others }: Entry) => [
    { topic: "in", event: toEvent(Heard({ about }), { id, ...others }) },
  ];
  const start = (more: Partial<Ports> = {}) => {
    const ports: Ports = {
      // Of its own: what waits within a process is found by it.
      ...{ ledger: { ...ledger }, now, deadlineMs: 10_000, leaseMs: 15_000, isRelayed: true },
      publish: async (some) => void said.push(...some),
      deadLetter: async (letter) => void letters.push(letter),
      parking: createParking({ ms: MS, isOn }),
      patience: createPatience({ ms: MS }),
      types: new Set([Heard.type, First.type]),
      unknown: createUnknownTypes({ ms: 60_000 }),
      observe: (observation) => void observed.push(observation),
      ...(atOnce === undefined ? {} : { atOnce: () => atOnce }),
      ...more,
    };
    const bulk = createBulk(fn, ports, { holdMs, answerMs: holdMs + 50, ...times });
    return {
      bulk,
      deliver: (...entries: readonly (string | Entry)[]): Promise<readonly Outcome[]> =>
        bulk.dispatchAll(entries.map((entry) => toJobs(typeof entry === "string" ? { id: entry } : entry))),
      relay: () => relayNow(fn, ports, { dispatch: bulk.dispatch }),
    };
  };
  return {
    ...{ ledger, said, letters, observed, began, ended, failing, waits, start },
    pass(ms: number) {
      clock += ms;
    },
    /** What followed from them, by the events that caused it. */
    causes: () => said.map(({ body }) => JSON.parse(body).causationid as string),
  };
}
