import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { encodeStructured } from "../event/encode.ts";
import { keeping } from "../ledger/due.ts";
import { compact, type Entry, fromStored, handledIn, inboxRow, type Parked, parkedKey } from "../ledger/entry.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";
import type { Held } from "../ledger/ledger.ts";
import type { Remains } from "./dead-letter.ts";
import { isLeased } from "./is-leased.ts";
import { type Outcome, StepError } from "./outcome.ts";
import type { Origin, Ports } from "./ports.ts";
import type { Work } from "./prepare.ts";
import { type Progress, tookMost } from "./progress.ts";

type Retry = Extract<Outcome, { readonly kind: "retry" }>;

/** Failures of one event before it is parked: the first may be anybody's. */
const FAILURES = 2;
const FIRST_MS = 1_000;
const TRIES = 5;
/** One after the other, none done between them: then it is no event that fails, but what all of them need. */
const MOST_IN_A_ROW = 100;
/** A sidecar that waits for the answer waits little longer than a dispatch may take. */
const MOST_MS = 1_500;

export interface TakeOptions {
  readonly fn: FunctionDefinition;
  readonly remains: Remains;
  readonly origin: Origin;
  readonly ports: Ports;
  /** Left out: it is no event that is handled here. */
  readonly work?: Work | undefined;
  readonly progress?: Progress;
}

/**
 * Takes events that keep failing out of their broker's hands, so that they hold up nobody: a relay tries them again. What comes later of
 * the same document waits behind them.
 */
export interface Parking {
  /** For how long an event may spend failing, in ms. */
  readonly ms: number;
  /** out: `parked` for what is saved and tried again from there, else the retry that it was */
  take(retry: Retry, options: TakeOptions): Promise<Outcome>;
  /** throws: StepError `behind` where an earlier event has its turn first */
  requireTurn(entry: Entry, key: string): void;
  /** Its handler came to its end. out: the entry, once an event of it has had its turn */
  afterTurn(entry: Entry, key: string): Entry;
  /**
   * An event that came to its end has had its turn.
   *
   * out     the document of the parked event whose turn it is now
   * throws  when that cannot be saved
   */
  leaveTurn(options: TurnOptions): Promise<string | undefined>;
  /** The first of those that have to wait is not parked, and nobody has brought it for long: it has lost its turn. */
  passTurn(options: TurnOptions): Promise<void>;
  /** The same, for what is parked already, whoever may park. */
  again(): Parking;
}

export interface TurnOptions extends Pick<TakeOptions, "fn" | "ports"> {
  readonly work: Pick<Work, "documentKey" | "key">;
  readonly signal: AbortSignal;
}

interface ParkingOptions extends Pick<Parking, "ms"> {
  /** false (PARKING=off): takes nothing, and nothing that its broker brings waits. Others may have parked something before. */
  readonly isOn?: boolean;
  /** Is told when a relay is to try an event, in ms since the epoch. */
  readonly onParked?: (due: number) => void;
}

export function createParking({ ms, isOn = true, onParked }: ParkingOptions): Parking {
  const failures = new Map<string, number>();
  let inARow = 0;
  const parking: Parking = {
    ms,
    async take(retry, { work, remains, progress, ...options }) {
      // What no broker has brought, nobody holds up.
      if (!isOn || !work || !("event" in remains) || options.origin.topic === undefined) return retry;
      const { code } = retry;
      const isBehind = code === "behind";
      // Of its handler, or of a handler that took the most of the time.
      const isSlow = code === "timeout" && progress && tookMost(progress, options.ports.deadlineMs);
      if (!isBehind && code !== "handler" && !isSlow) return retry;
      // Waiting is no failure of its own.
      const count = (failures.get(work.eventKey) ?? 0) + (isBehind ? 0 : 1);
      failures.set(work.eventKey, count);
      forgetOldest(failures);
      if (!isBehind && (count < FAILURES || inARow >= MOST_IN_A_ROW)) return retry;
      const isKept = await park({ ...options, work, event: remains.event }, count).catch(() => false);
      if (!isKept) return retry;
      failures.delete(work.eventKey);
      if (!isBehind) inARow++;
      onParked?.(options.ports.now() + FIRST_MS);
      return { kind: "ack", how: "parked" };
    },
    requireTurn: isOn ? requireTurn : () => {},
    afterTurn(entry, key) {
      inARow = 0;
      return without(entry, key);
    },
    leaveTurn,
    passTurn,
    again: () => ({ ...parking, take: async (retry) => retry, requireTurn }),
  };
  return parking;
}

function requireTurn({ behind = [] }: Entry, key: string): void {
  if (behind.length > 0 && behind[0] !== key)
    throw new StepError("behind", "an earlier event of its subject is parked");
}

function without(entry: Entry, key: string): Entry {
  if (!entry.behind?.includes(key)) return entry;
  const { behind, ...rest } = entry;
  const left = behind.filter((one) => one !== key);
  return left.length > 0 ? { ...rest, behind: left } : rest;
}

interface ParkOptions extends Pick<TakeOptions, "fn" | "origin" | "ports"> {
  readonly work: Work;
  readonly event: CloudEvent;
}

/** out: false where others were faster, and where it was handled meanwhile: its next delivery will tell */
async function park({ fn, event, work, origin, ports }: ParkOptions, attempts: number): Promise<boolean> {
  const { ledger, now } = ports;
  const { topic, traceparent, tracestate } = origin;
  const signal = AbortSignal.timeout(MOST_MS);
  // Before it is parked: dying between the two leaves it to its broker, which has it still.
  if (fn.keeps === "state" && !(await waitBehind({ fn, work, ports, signal }))) return false;
  const at = now();
  const of = fn.keeps === "state" ? work.documentKey : undefined;
  const parked: Parked = {
    ...{ body: encodeStructured(event), of, topic, traceparent, tracestate },
    ...{ attempts, spentMs: 0, since: at, at, due: at + FIRST_MS },
  };
  const entry: Entry = { v: 1, inbox: "", parked };
  const documentKey = parkedKey(fn.documents, work.key);
  const save = (expected: string | undefined) =>
    ledger.save(documentKey, entry, { expected, signal, ...keeping(entry, fn, ports) });
  if (await save(undefined)) return true;
  const held = await ledger.load(documentKey, { signal });
  // By another delivery of it, or by this one, whose answer was lost. Else it came to its end before, and is replayed.
  return isParked(held) || Boolean(await save(held.version));
}

/** What one that came to its end has left lies there for a moment more. */
const isParked = ({ entry }: Held): boolean => entry?.parked !== undefined;

/** out: false where it was handled meanwhile */
async function waitBehind(options: TurnOptions): Promise<boolean> {
  const { work, ports, signal } = options;
  const { documentKey, key } = work;
  let isHandled = false;
  const hasRow = async () => (await ports.ledger.load(inboxRow(documentKey, key), { signal })).entry !== undefined;
  await change(options, async (entry) => {
    isHandled = handledIn(entry, key) !== undefined || (entry.spilled === true && (await hasRow()));
    return isHandled || entry.behind?.includes(key) ? entry : { ...entry, behind: [...(entry.behind ?? []), key] };
  });
  return !isHandled;
}

async function leaveTurn(options: TurnOptions): Promise<string | undefined> {
  const { fn, work } = options;
  if (fn.keeps !== "state") return undefined;
  const { behind: [first] = [] } = await change(options, (entry) => without(entry, work.key));
  return first === undefined ? undefined : parkedKey(fn.documents, first);
}

async function passTurn(options: TurnOptions): Promise<void> {
  const { fn, work, ports, signal } = options;
  const { entry } = await ports.ledger.load(work.documentKey, { signal });
  const [first = work.key] = fromStored(entry).behind ?? [];
  if (first === work.key) return;
  const held = await ports.ledger.load(parkedKey(fn.documents, first), { signal });
  if (!isParked(held)) await change(options, (now) => without(now, first));
}

/** out: the entry as it is then. throws: when the ledger fails, another is at work, and when others are always faster */
async function change(
  { fn, work, ports, signal }: TurnOptions,
  to: (entry: Entry) => Entry | Promise<Entry>,
): Promise<Entry> {
  const { ledger } = ports;
  for (let tries = 0; tries < TRIES; tries++) {
    const { entry: stored, version } = await ledger.load(work.documentKey, { signal });
    const entry = fromStored(stored);
    const next = await to(entry);
    if (next === entry) return entry;
    // Its version is theirs: what their handler has done would be done again.
    if (entry.lease && isLeased(entry, ports) && compact(entry.lease.event) !== work.key)
      throw new StepError("leased", "another delivery is at work");
    if (await ledger.save(work.documentKey, next, { expected: version, signal, ...keeping(next, fn, ports) }))
      return next;
  }
  throw new StepError("contention", "others were faster");
}
