import type { Reaction } from "../../../functions/kernel/define.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import {
  compact,
  EMPTY,
  type Entry,
  handledIn,
  type Outgoing,
  shortened,
  withEvent,
  withOutbox,
} from "../ledger/entry.ts";
import { bytesOf, type Saved } from "../ledger/ledger.ts";
import { marksOf } from "../ledger/marks.ts";
import { requireRoom, requireSizes } from "../ledger/room.ts";
import { isUntidy } from "../ledger/untidy.ts";
import type { Said } from "../relay/publish.ts";
import { say, settled } from "../relay/saying.ts";
import { type Attempt, type Known, load, save } from "./attempt.ts";
import { isLeased } from "./is-leased.ts";
import type * as Later from "./later.ts";
import { during, type Outcome, StepError } from "./outcome.ts";
import { pause } from "./pause.ts";
import { CLOCK_SKEW_MS } from "./ports.ts";
import { handledMs } from "./progress.ts";
import { stamp } from "./stamp.ts";
import { stateIn, withState } from "./state.ts";

const TRIES = 16;
/** Between two tries, so that those who lost to each other do not meet again. */
const MOST_PAUSE_MS = 250;
/**
 * Load, handle, save everything in one compare-and-set, publish. A crash anywhere leaves either nothing, or a document
 * from which the next delivery finishes the job.
 *
 * throws  Dead; StepError; whatever the handler throws
 */
export async function handle(attempt: Attempt): Promise<Outcome> {
  const { ports, signal, isNew } = attempt;
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > (isNew ? 1 : 0)) await pause(Math.random() * Math.min(10 * 2 ** tries, MOST_PAUSE_MS), ports);
    signal.throwIfAborted();
    const outcome = await tryOnce(attempt, tries === 0);
    if (outcome) return outcome;
  }
  throw new StepError("contention", `${TRIES} times another delivery was faster`);
}

/** out: undefined when another delivery was faster. */
async function tryOnce(attempt: Attempt, isFirst: boolean): Promise<Outcome | undefined> {
  const { fn, work, isNew, signal } = attempt;
  // Mostly it was not met before: without a look at first.
  const leased = isFirst && fn.exclusive && fn.keeps === "nothing" ? await takeLease(UNSEEN, attempt) : undefined;
  const isUnmet = isFirst && isNew && !leased;
  const held = leased ?? (isUnmet ? UNSEEN : await meet(attempt));
  if ("kind" in held) return held;
  attempt.ports.parking?.requireTurn(held.entry, work.key);
  const mine = leased ?? (fn.exclusive ? await takeLease(held, attempt) : held);
  if (!mine) return undefined;

  const reacted = await react(mine, attempt).catch(async (error: unknown) => {
    // Of an event that was handled before, it matters to nobody.
    const met = isUnmet && !signal.aborted ? await meet(attempt) : mine;
    if ("kind" in met) return met;
    throw error;
  });
  if ("kind" in reacted) return reacted;
  const { next, types } = reacted;
  const { key } = work;
  const tidied = isUntidy(next, { key, ports: attempt.ports }) ? await tidyUp(next, attempt) : next;
  const version = await save(tidied, mine, attempt);
  if (!version) return undefined;
  attempt.onState?.(stateIn(fn, tidied));
  const own = tidied.outbox?.[key];
  if ((await say(own, attempt)) && own?.due !== undefined && attempt.ports.isFrozen && version !== true)
    await save(withOutbox(tidied, settled(tidied, attempt)), { version }, attempt).catch(() => undefined);
  return { kind: "ack", how: "handled", said: types };
}

/** out: the document, or how an event ends that it knows */
async function meet(attempt: Attempt): Promise<Known | Outcome> {
  const { work } = attempt;
  const { key } = work;
  const { known, row } = await load(attempt);
  const handled = handledIn(known.entry, key) ?? row;
  if (!handled) return known;
  if (handled.digest !== shortened(work.digest))
    throw new Dead("conflict", "id: must name one event of its source, got another");
  attempt.onState?.(stateIn(attempt.fn, known.entry));
  if (handled.talks) {
    const { sayAgain } = await during("ledger", loadLater);
    await sayAgain(known.entry.outbox?.[key], attempt, { say, during, marks: marksOf(attempt.ports) });
  }
  return { kind: "ack", how: "duplicate" };
}

/** Once it is loaded: to ask for a module again costs as much as to read a row. */
let later: typeof Later | undefined;
const loadLater = async () => (later ??= await import("./later.ts"));

/** Of an exclusive function the effect is done by now: what only makes room must not stand between it and its save. */
async function tidyUp(entry: Entry, { fn, work, ports, signal }: Attempt): Promise<Entry> {
  const { documentKey, key } = work;
  try {
    return await during("ledger", async () => {
      const { tidy } = await loadLater();
      signal.throwIfAborted();
      return tidy(entry, { key, ports, signal, documentKey, marks: marksOf(ports) });
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!fn.exclusive || bytesOf(entry) > ports.ledger.maxBytes) throw error;
    return entry;
  }
}

/** What a store has of an event that it does not know. */
const UNSEEN: Known = { entry: EMPTY, version: undefined };

/** out: the document as leased, or undefined when another was faster. throws: StepError `leased`. */
async function takeLease(known: Known, attempt: Attempt): Promise<Known | undefined> {
  const { ports } = attempt;
  if (isLeased(known.entry, ports)) throw new StepError("leased", "another delivery is at work");
  // A store may only tell by what is there whose it is: two deliveries in the same millisecond must differ.
  const lease = { event: attempt.work.eventKey, until: ports.now() + ports.leaseMs + Math.random() };
  const entry = { ...known.entry, lease };
  const saved = await save(entry, known, attempt);
  return saved ? asSaved(entry, saved, attempt) : undefined;
}

/** Where a store does not tell the version that it gave, it is read. out: undefined when another was faster since */
async function asSaved(entry: Entry, saved: Saved, attempt: Attempt): Promise<Known | undefined> {
  if (saved !== true) return { entry, version: saved };
  const { known } = await load(attempt);
  return known.entry.lease?.until === entry.lease?.until ? known : undefined;
}

interface Reacted {
  /** The document as it is to be saved. */
  readonly next: Entry;
  /** Of what is said. */
  readonly types: readonly string[];
}

/**
 * All that is computed, before anything is written. A handler that throws, or says what cannot be said, gives its lease back.
 * One that dies or is too late lets it run out: it may still be at work.
 */
async function react(known: Known, attempt: Attempt): Promise<Reacted> {
  const { fn, work, signal, progress } = attempt;
  progress.since = performance.now();
  try {
    try {
      const reaction = (await work.clause.react(work.event, stateIn(fn, known.entry))) ?? {};
      signal.throwIfAborted();
      return after(known.entry, reaction, attempt);
    } finally {
      // Whatever is asked of the store from here on, also of one that has thrown, is not the function's time.
      progress.handledMs = handledMs(progress);
      progress.since = undefined;
    }
  } catch (error) {
    if (fn.exclusive && !signal.aborted) {
      const { lease: _, ...rest } = known.entry;
      await save(rest, known, attempt).catch(() => undefined);
    }
    throw error;
  }
}

function after(entry: Entry, { state, emit = [] }: Reaction<unknown>, attempt: Attempt): Reacted {
  const { fn, work, ports, trace, fromEdge } = attempt;
  const { topics, isRelayed } = ports;
  const at = ports.now();
  const own: Said[] = [];
  const later: Record<string, Outgoing> = {};
  for (const { id, due, said } of stamp(emit, { fn, cause: work.event, at, topics, trace })) {
    requireSizes(said, ports);
    if (due === undefined) own.push(...said);
    else if (isRelayed) later[compact(id)] = { at: due, said, due };
    else throw new TypeError(`${fn.name}: says an event later: no relay runs here`);
  }
  const due = fromEdge && isRelayed ? { due: at + ports.deadlineMs + CLOCK_SKEW_MS } : {};
  const known = state === undefined || fn.keeps === "nothing" ? entry : withState(fn, entry, state);
  const { key } = work;
  const mine = { key, digest: shortened(work.digest), own: { at, said: own, ...due }, later };
  const handled = withEvent(known.outbox ? withOutbox(known, settled(known, attempt)) : known, mine);
  const next = ports.parking?.afterTurn(handled, key) ?? handled;
  requireRoom(next, key, ports);
  return { next, types: emit.flatMap(({ type, afterMs }) => (afterMs === undefined ? type : [])) };
}
