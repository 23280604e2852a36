import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import { between } from "../dispatch/between.ts";
import type { dispatch } from "../dispatch/dispatch.ts";
import { isLeased } from "../dispatch/is-leased.ts";
import { tryParked } from "../dispatch/parked.ts";
import { PASSED_OVER } from "../dispatch/passed-over.ts";
import type { Ports } from "../dispatch/ports.ts";
import { keptEvent } from "../event/kept-event.ts";
import { dueTime, keeping, lastOver } from "../ledger/due.ts";
import { type Entry, fromStored, type Outgoing, saidMark, withOutbox } from "../ledger/entry.ts";
import type { Held } from "../ledger/ledger.ts";
import { letGo } from "../ledger/let-go.ts";
import type { Marks } from "../ledger/marks.ts";
import { saidOf } from "../ledger/said-of.ts";
import { ITSELF, type Said } from "./publish.ts";

export interface RelayOptions {
  readonly signal?: AbortSignal | undefined;
  /** No further document is begun after this time, in ms. */
  readonly forMs?: number;
  /** Is told when a parked event is to be tried again, in ms since the epoch. */
  readonly onAgain?: (at: number) => void;
}

/** What it may have no copy of. */
export interface RelayParts {
  readonly dispatch: typeof dispatch;
  /** Of this process. */
  readonly marks: Marks;
}

/** What a relay found and did. */
export interface Relayed {
  /** Documents. */
  readonly looked: number;
  /** Events, timers among them. */
  readonly said: number;
  /** Documents that it could not finish: they are looked at again. */
  readonly failed: number;
  /** Of these, events that are parked. */
  readonly parked: number;
  /** For how long the oldest of what could not be said has been waiting, in ms. 0: nothing waits. */
  readonly oldestMs: number;
}

/** Documents at once, and asked for in one call. */
const AT_ONCE = 4;
const MOST = 100;
const FOR_MS = 15_000;
const TRIES = 3;
/** What could not be said is tried again after half of the time for which it has been waiting, so that it follows soon on what was away. */
const AGAIN_MS = { least: 10_000, most: 300_000 };

/**
 * Looks at a function's documents that are due: says what nobody else will, hands the function its timers, makes room. Several may
 * run at once: what two of them say is said twice, with the same bytes, and dying anywhere leaves it due.
 *
 * throws  when the ledger cannot tell what is due
 */
export async function relay(
  fn: FunctionDefinition,
  ports: Ports,
  { signal, forMs = FOR_MS, onAgain, ...parts }: RelayOptions & RelayParts,
): Promise<Relayed> {
  const { ledger, now } = ports;
  const end = performance.now() + forMs;
  const seen = new Set<string>();
  let sum: Relayed = { looked: 0, said: 0, failed: 0, parked: 0, oldestMs: 0 };
  const isOver = () => performance.now() >= end || signal?.aborted === true;
  while (!isOver()) {
    // What has failed is passed over rather than keep the others from their turn.
    const told = (await ledger.due?.(fn.documents, { until: now(), most: MOST + seen.size, signal })) ?? [];
    const keys = told.filter((key) => !seen.has(key)).values();
    const before = seen.size;
    const look = async (documentKey: string, isTurn = false): Promise<string | undefined> => {
      seen.add(documentKey);
      const { said, isDone, oldestMs, isParked, again, next } = await lookAt({
        ...{ documentKey, fn, ports, parts, isTurn },
      }).catch(() => FAILED);
      if (again !== undefined) onAgain?.(again);
      sum = {
        looked: sum.looked + 1,
        said: sum.said + said,
        failed: sum.failed + (isDone ? 0 : 1),
        parked: sum.parked + (isParked && !isDone ? 1 : 0),
        oldestMs: Math.max(sum.oldestMs, oldestMs),
      };
      return next;
    };
    const work = async () => {
      for (const documentKey of keys) {
        if (isOver()) return;
        let next = await look(documentKey);
        while (next !== undefined && !isOver()) next = await look(next, true);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (seen.size === before) break;
  }
  return sum;
}

interface Looked {
  readonly said: number;
  readonly isDone: boolean;
  readonly oldestMs: number;
  readonly isParked?: boolean;
  readonly again?: number | undefined;
  /** Its turn has come by this. */
  readonly next?: string | undefined;
}

const NOTHING: Looked = { said: 0, isDone: true, oldestMs: 0 };
const FAILED: Looked = { said: 0, isDone: false, oldestMs: 0 };

interface Look {
  readonly documentKey: string;
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly parts: RelayParts;
  /** Its turn has come, whenever it is due. */
  readonly isTurn: boolean;
}

type Due = readonly [key: string, Outgoing];

async function lookAt(look: Look): Promise<Looked> {
  const { documentKey, fn, ports, parts, isTurn } = look;
  const { ledger, now } = ports;
  const held = await ledger.load(documentKey);
  if (!held.entry) {
    if (ledger.looked) ledger.looked(documentKey, undefined);
    // An expired one that a store still tells of, before all that is due after it.
    else await letGo(ledger, documentKey, held.version);
    return NOTHING;
  }
  const entry = fromStored(held.entry);
  if (entry.parked && (isTurn || entry.parked.due <= now())) {
    const { dispatch } = parts;
    const tried = await tryParked({ documentKey, fn, ports, dispatch, entry, version: held.version });
    return { said: 0, oldestMs: 0, isParked: true, ...tried };
  }
  // Another relay was faster.
  if (isTurn) return NOTHING;
  // Its version is theirs.
  if (isLeased(entry, ports)) return FAILED;
  const due = Object.entries(entry.outbox ?? {})
    .filter(([, one]) => dueTime(one, ports) <= now())
    .sort(([, one], [, other]) => one.at - other.at);
  if (due.length === 0 && ledger.looked) {
    ledger.looked(documentKey, keeping(entry, fn, ports).due);
    return NOTHING;
  }
  const said = await saidIn(due, look);
  const done = new Set(said);
  let oldestMs = 0;
  for (const [key, one] of due) {
    if (done.has(key)) continue;
    try {
      await say(key, one, look);
      done.add(key);
    } catch {
      oldestMs = Math.max(oldestMs, now() - one.at);
    }
  }
  const isKept = await settle(look, { held, due, done });
  return { said: done.size - said.size, isDone: isKept && done.size === due.length, oldestMs };
}

/** out: those that are known to be said: dying leaves what was said due. What is to be said later has no mark until then. */
async function saidIn(due: readonly Due[], { documentKey, ports, parts }: Look): Promise<ReadonlySet<string>> {
  const byMark = new Map(
    due.filter(([, one]) => dueTime(one, ports) > one.at).map(([key]) => [saidMark(documentKey, key), key]),
  );
  const isSaid = (at: number) => ports.doubts?.isLost(at) !== true;
  const said = await saidOf([...byMark.keys()], { ledger: ports.ledger, known: parts.marks, isSaid });
  return new Set([...said].map((mark) => byMark.get(mark) as string));
}

const isTimer = ({ said }: Outgoing): boolean => said[0]?.topic === ITSELF;

async function say(key: string, { said }: Outgoing, look: Look): Promise<void> {
  const { documentKey, ports, parts } = look;
  const { publish, doubts, deadlineMs } = ports;
  const [first] = said;
  if (first?.topic === ITSELF) return tellItself(first, look);
  const mark = saidMark(documentKey, key);
  try {
    await publish(said, { signal: AbortSignal.timeout(deadlineMs) });
  } catch (error) {
    doubts?.failed(mark, { publish, marks: parts.marks });
    throw error;
  }
  doubts?.remember(mark, said);
}

/** throws: where it is to come again. One that is dead has its letter. */
async function tellItself({ body, traceparent, tracestate }: Said, { fn, ports, parts }: Look): Promise<void> {
  const event = keptEvent(body, "a timer");
  const outcome = await parts.dispatch(fn, { event, fromEdge: true, traceparent, tracestate }, ports);
  if (outcome.kind === "retry") throw new Error(outcome.reason);
  // Of another build, which is to have it: no broker has a copy.
  if (outcome.kind === "ack" && PASSED_OVER.has(outcome.how)) throw new Error(`a timer: ${outcome.how} by this build`);
}

interface Settling {
  readonly held: Held;
  readonly due: readonly Due[];
  readonly done: ReadonlySet<string>;
}

/**
 * Takes out what was said and has been kept for its time, and gives the rest another time.
 *
 * out  false where others were faster: it is still due
 */
async function settle({ documentKey, fn, ports }: Look, { held, due, done }: Settling): Promise<boolean> {
  const { ledger } = ports;
  const hasTimer = due.some(([, one]) => isTimer(one));
  for (let tries = 0; tries < TRIES; tries++) {
    const { entry: stored, version } = tries === 0 && !hasTimer ? held : await ledger.load(documentKey);
    if (!stored) return true;
    const entry = fromStored(stored);
    if (isLeased(entry, ports)) return false;
    const outbox = new Map(Object.entries(entry.outbox ?? {}));
    for (const [key] of due) {
      const one = outbox.get(key);
      if (one) replace(outbox, { key, one: after(one, { isSaid: done.has(key), ports }) });
    }
    const next: Entry = withOutbox(entry, Object.fromEntries(outbox));
    if (await ledger.save(documentKey, next, { expected: version, ...keeping(next, fn, ports) })) return true;
  }
  return false;
}

function replace(
  outbox: Map<string, Outgoing>,
  { key, one }: { readonly key: string; readonly one: Outgoing | undefined },
): void {
  if (one) outbox.set(key, one);
  else outbox.delete(key);
}

/** out: undefined for what has been kept for its time, and for a timer, which no broker can lose */
function after(
  one: Outgoing,
  { isSaid, ports }: { readonly isSaid: boolean; readonly ports: Ports },
): Outgoing | undefined {
  const { due: _, ...rest } = one;
  if (isSaid) return one.at <= lastOver(ports) || isTimer(one) ? undefined : rest;
  const now = ports.now();
  const waited = Math.max(now - one.at, 0);
  return { ...rest, due: now + between(waited / 2, AGAIN_MS) };
}
