import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { eventKey } from "../event/ids.ts";
import { keptEvent } from "../event/kept-event.ts";
import { keeping } from "../ledger/due.ts";
import { compact, EMPTY, type Entry, fromStored, type Parked } from "../ledger/entry.ts";
import { letGo } from "../ledger/let-go.ts";
import { DAY_MS } from "../ledger/retention.ts";
import { between } from "./between.ts";
import { bury } from "./bury.ts";
import type { dispatch } from "./dispatch.ts";
import type { TurnOptions } from "./park.ts";
import type { FailedAgain } from "./parking.ts";
import { PASSED_OVER } from "./passed-over.ts";
import { countedMs, ITS_OWN, judge, type Patience } from "./patience.ts";
import { CLOCK_SKEW_MS, type Ports } from "./ports.ts";

const AGAIN_MS = { least: 1_000, most: 30_000 };
/** A broker that had what comes first has brought it again by then, or has lost it. */
const PASSED_MS = 600_000;
/** A build that handles its type has come back by then, or never will. */
const UNHEARD_MS = DAY_MS;

interface ParkedOptions {
  readonly documentKey: string;
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly dispatch: typeof dispatch;
  /** As it was read. */
  readonly entry: Entry;
  readonly version: string | undefined;
}

/** What became of it. */
interface Tried {
  readonly isDone: boolean;
  /** When it is tried again, in ms since the epoch. */
  readonly again?: number;
  /** The document of the parked event whose turn it is now. */
  readonly next?: string | undefined;
}

/** Tries a parked event again. Its attempts are kept with it, so that they count whoever makes them. */
export async function tryParked({
  documentKey,
  fn,
  ports,
  dispatch: run,
  entry,
  version,
}: ParkedOptions): Promise<Tried> {
  const parked = entry.parked as Parked;
  const { ledger, now, deadlineMs } = ports;
  const { body, topic, traceparent, tracestate } = parked;
  const event = keptEvent(body, "what is parked");
  const keep = async (changes: Partial<Parked> & Pick<Parked, "due">): Promise<Tried> => {
    const { entry: stored, version: expected } = await ledger.load(documentKey);
    const { parked: last, ...rest } = stored ? fromStored(stored) : EMPTY;
    // It came to its end elsewhere.
    if (!last) return { isDone: true };
    const attempts = Math.max(last.attempts, changes.attempts ?? 0);
    const next: Entry = { ...rest, parked: { ...last, ...changes, attempts, of: failed?.of ?? last.of } };
    await ledger.save(documentKey, next, { expected, ...keeping(next, fn, ports) });
    return { isDone: false, again: changes.due };
  };

  const begun: Entry = { ...entry, parked: { ...parked, due: now() + deadlineMs + CLOCK_SKEW_MS } };
  // Another relay is at it.
  if (!(await ledger.save(documentKey, begun, { expected: version, ...keeping(begun, fn, ports) })))
    return { isDone: false };
  const origin = { topic, traceparent, tracestate };
  let failed: FailedAgain | undefined;
  const onFailed = (one: FailedAgain) => {
    failed = one;
  };
  const outcome = await run(
    fn,
    { ...origin, event, isNew: false },
    {
      ...ports,
      parking: ports.parking?.again({ hasTurn: parked.of !== undefined, onFailed }),
      patience: patienceOf(parked, ports),
    },
  );
  const waited = Math.max(now() - parked.since, 0);
  // Of another build, which is to have it: no broker has a copy.
  const isUnheard = !parked.isUnknown && outcome.kind === "ack" && PASSED_OVER.has(outcome.how);
  if (isUnheard && waited < UNHEARD_MS) return keep({ due: now() + between(waited / 2, AGAIN_MS) });
  if (isUnheard)
    await bury(new Dead("unheard", "type: was handled here when it was parked, and has not been for a day"), {
      ...{ fn, ports, origin, remains: { event }, work: undefined, isUnsaid: false },
      signal: AbortSignal.timeout(deadlineMs),
    });
  const turn = (of: string): TurnOptions => ({
    ...{ fn, ports, signal: AbortSignal.timeout(deadlineMs) },
    work: { documentKey: of, key: compact(eventKey(event)) },
  });
  if (outcome.kind !== "retry") {
    // Also what was dead before it was handled, and what a build has handled that does not know of turns. So that order costs no pauses.
    const next = parked.of === undefined ? undefined : await ports.parking?.leaveTurn(turn(parked.of));
    const { version: last } = await ledger.load(documentKey);
    await letGo(ledger, documentKey, last);
    return { isDone: true, next };
  }
  if (outcome.code === "behind") {
    if (waited > PASSED_MS && parked.of !== undefined) await ports.parking?.passTurn(turn(parked.of));
    return keep({ at: now(), due: now() + between(waited / 2, AGAIN_MS) });
  }
  const isOwn = failed?.isOwn === true;
  return keep({
    attempts: parked.attempts + (isOwn ? 1 : 0),
    spentMs: isOwn ? spentBy(parked, { at: now(), ports }) : parked.spentMs,
    ...(isOwn ? { last: `${outcome.code}: ${outcome.reason}` } : {}),
    ...{ at: now(), due: now() + between(AGAIN_MS.least * 2 ** parked.attempts, AGAIN_MS) },
  });
}

/** The first failure begins it. */
const spentBy = (
  { attempts, spentMs, at: before }: Parked,
  { at, ports }: { readonly at: number; readonly ports: Ports },
): number => (attempts === 0 ? 0 : spentMs + countedMs(at - before, ports.parking?.ms ?? 0));

/**
 * What was parked has spent its time there: no process has to remember it. What a store or a broker refuses of it while others get
 * through, this process knows.
 */
const patienceOf = (parked: Parked, ports: Ports): Patience => ({
  // A handler that never comes to its end leaves no time to say that it was one attempt too many.
  overdue: () => judge({ ...parked, last: parked.last ?? "unknown" }, ports.parking?.ms ?? 0),
  failed(key, failure) {
    const { step, reason, at } = failure;
    if (!ITS_OWN.has(step)) return ports.patience?.failed(key, failure);
    const attempts = parked.attempts + 1;
    const trouble = { attempts, spentMs: spentBy(parked, { at, ports }), last: `${step}: ${reason}` };
    return judge(trouble, ports.parking?.ms ?? 0);
  },
  done: (...how) => ports.patience?.done(...how),
});
