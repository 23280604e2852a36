import { hash } from "node:crypto";
import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { asBuffer } from "../event/as-buffer.ts";
import { digestOfEvent } from "../event/digest.ts";
import { eventKey } from "../event/ids.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";
import { dispatch, type Met, meet, refuse } from "./dispatch.ts";
import { createLanes, type Ended } from "./lanes.ts";
import { type Outcome, StepError, worst } from "./outcome.ts";
import { PARKED } from "./parking.ts";
import { CLOCK_SKEW_MS, type Delivery, type Ports } from "./ports.ts";
import type { Work } from "./prepare.ts";
import { AFTER_A_RETRY, type Job } from "./receive.ts";

/** From the coming of a bulk: what is not done then is kept for later. */
const HOLD_MS = 700;
/**
 * Or sooner: once half of its events are done, and no other for so many times as long as that took, and for so long. Where it has
 * but a few, what halves of bulks took before is as long.
 */
const STILL = { times: 2, leastMs: 50, few: 4 };
/** Then its sidecar is answered, which brings nothing else meanwhile: a second, with what is on its way. */
const ANSWER_MS = 950;
/** Handlers. */
const AT_ONCE = 64;
/** Events of bulks that were answered, at work or waiting for their turn. More are left to their broker. */
const MOST_UNFINISHED = 256;
/** What has waited for longer since it was kept is left to a relay. */
const START_MS = 5_000;
/** Of it, what a relay brings: soon another may look at it. */
const RELAYS_SHARE = 0.5;

/** All bulks of one function in a process. */
export interface Bulk {
  /**
   * Runs what the messages of a bulk hold: different documents side by side, those of one in the order in which this process has
   * got them, each its turn before any its second. Within a second, whatever they do, and sooner where a few take long: what fails,
   * or is not done then, is parked, and only what cannot be parked comes again. Work that goes on is joined by whoever brings its
   * event again. Never rejects.
   *
   * out  one outcome a message, in their order: the worst where a message holds several events
   */
  dispatchAll(held: readonly (readonly Job[])[]): Promise<readonly Outcome[]>;
  /** One event, by a relay: in its turn among the others, and never beside itself. */
  readonly dispatch: (fn: FunctionDefinition, delivery: Delivery, ports: Ports) => Promise<Outcome>;
  /** Begins nothing more. Resolves when what is at work has come to its end. */
  close(): Promise<void>;
}

interface BulkOptions {
  /** Left out: as above. */
  readonly holdMs?: number;
  readonly answerMs?: number;
  readonly stillMs?: number;
  readonly startMs?: number;
}

/** One event, until it has come to its end. */
interface Task {
  readonly delivery: Delivery;
  readonly met: Met;
  readonly ports: Ports;
  /** Brought by a relay: it is parked already. */
  readonly isRelays: boolean;
  /** Once it has begun, or waits. */
  done?: Promise<Outcome>;
  /** Begun no later, in ms of `performance.now()`: from then on, whoever looks at what is parked may do so. */
  startBy?: number;
}

/** One thing to do, and where it is an event that is handled, the same as others may have to do. */
interface Run {
  readonly done: Promise<Outcome>;
  readonly task?: Task;
  /** What it is told by when it comes again. */
  readonly name?: () => string | undefined;
  outcome?: Outcome;
}

const retry = (reason: string): Outcome => ({ kind: "retry", code: "contention", reason });
const LATER = retry("is not done yet");
const IS_AT_WORK: Outcome = { kind: "retry", code: "leased", reason: "is at work in this process" };

/** out: undefined for what is too large to be told from others */
const nameOf = (job: Job): string | undefined => {
  if ("event" in job) return `${eventKey(job.event)}${job.event.replayof ?? ""} ${digestOfEvent("", job.event)}`;
  const { body, overflow } = job.message;
  return overflow ? undefined : `${hash("sha256", asBuffer(body))} ${JSON.stringify(job.about)}`;
};

export function createBulk(
  fn: FunctionDefinition,
  lent: Ports,
  { holdMs = HOLD_MS, answerMs = ANSWER_MS, stillMs = STILL.leastMs, startMs = START_MS }: BulkOptions = {},
): Bulk {
  const { parking, deadlineMs, now } = lent;
  /** Emptied before it is forgotten: what a map has deleted lives on in the tables that it has outgrown (V8; a fifth of an event's time). */
  const tasks = new Map<string, { task?: Task | undefined }>();
  /** Whether they are parked, as soon as that is known. */
  const heldOf = new WeakMap<CloudEvent, Promise<boolean>>();
  const ends = new Set<Promise<void>>();
  /** What took longer than its bulk, and waits for nobody: it has its end when it comes again, however slowly letters are stored. */
  const late = new Map<string, Promise<Outcome>>();
  const lanes = createLanes({ atOnce: () => lent.atOnce?.() ?? AT_ONCE });
  const ports = parking ? { ...lent, parking: parking.inBulk((event) => heldOf.get(event)) } : lent;
  /** Nothing is parked that only has to wait until there is room. */
  const { parking: _, ...withoutParking } = ports;
  let usualMs: number | undefined;
  const hasKeys = fn.on.values().some(({ key }) => key);

  const laneOf = ({ documentKey, event }: Work) => (hasKeys ? documentKey : event.subject);
  const end = (work: Work, reason: string): Met => ({
    work,
    end() {
      throw new StepError("contention", reason);
    },
  });

  const begin = async (task: Task, isAfterRetry: boolean): Promise<Ended> => {
    const { delivery, met, ports: own, isRelays } = task;
    const isBehind = isAfterRetry && !isRelays;
    if (isBehind && !(await heldOf.get(delivery.event))) return { outcome: AFTER_A_RETRY, comesAgain: true };
    const isLate = performance.now() > (task.startBy ?? Number.POSITIVE_INFINITY);
    // So that it has its turn where it is kept.
    const meant = met.work && (isBehind || isLate) ? end(met.work, "an earlier one of its subject is not done") : met;
    const outcome = await dispatch(fn, delivery, own, meant);
    const isHeld = (await heldOf.get(delivery.event)) === true;
    if (isHeld && outcome.kind !== "retry" && outcome !== PARKED && !isRelays) letGo(task);
    return { outcome, comesAgain: outcome.kind === "retry" && !isRelays };
  };
  /** Whoever has brought it: it comes again only where it is not kept. */
  const ended = async (task: Task): Promise<Outcome> => {
    const outcome = (await task.done) ?? LATER;
    return outcome.kind === "retry" && (await heldOf.get(task.delivery.event)) ? PARKED : outcome;
  };
  const letGo = ({ delivery: { event } }: Task) => {
    const ended = (parking?.letGo(event, { fn, ports }) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => void ends.delete(ended));
    ends.add(ended);
  };

  const start = (key: string, delivery: Delivery, how: Pick<Task, "ports" | "met" | "isRelays" | "startBy">): Task => {
    const { work, end } = how.met;
    const task: Task = { delivery, ...how };
    const slot: { task?: Task | undefined } = { task };
    tasks.set(key, slot);
    const lane = work && !end ? laneOf(work) : undefined;
    task.done = lanes
      .run(lane, (isAfterRetry) => begin(task, isAfterRetry))
      .finally(() => {
        tasks.delete(key);
        slot.task = undefined;
      });
    return task;
  };
  const keyOf = ({ eventKey, digest }: Work, { event }: Delivery) => `${eventKey}${event.replayof ?? ""} ${digest}`;

  const byItself = (job: Job, begin: () => Promise<Outcome>): Run => {
    const name = () => nameOf(job);
    const known = late.size > 0 ? late.get(name() ?? "") : undefined;
    return { done: known ?? begin(), name };
  };
  const keepLate = (name: string, done: Promise<Outcome>) => {
    late.set(name, done);
    forgetOldest(late);
    void done.then(({ kind }) => kind === "retry" && late.delete(name));
  };

  const toRun = (job: Job): Run => {
    if ("refused" in job) return byItself(job, () => refuse(fn, job, ports));
    const met = meet(fn, job, ports);
    const { work } = met;
    // It waits for nobody.
    if (!work) return byItself(job, () => dispatch(fn, job, ports, met));
    const key = keyOf(work, job);
    const known = tasks.get(key)?.task;
    if (known) return { done: ended(known), task: known };
    if (tasks.size >= MOST_UNFINISHED)
      return { done: dispatch(fn, job, withoutParking, end(work, "too many are at work")) };
    const task = start(key, job, { ports, met, isRelays: false });
    return { done: ended(task), task };
  };

  /** out: whether it is parked. Never rejects. */
  const hold = (task: Task): Promise<boolean> => {
    const { delivery, met } = task;
    const { event, ...origin } = delivery;
    task.startBy ??= performance.now() + startMs;
    const due = now() + startMs + deadlineMs + CLOCK_SKEW_MS;
    const known = heldOf.get(event);
    if (known) return known;
    const isHeld = parking
      ? parking.hold({ ...{ fn, event, origin, ports, due }, work: met.work }).catch(() => false)
      : Promise.resolve(false);
    heldOf.set(event, isHeld);
    // What could not be kept may be kept the next time.
    void isHeld.then((isKept) => isKept || heldOf.delete(event));
    return isHeld;
  };

  /** How one is answered whose end nobody knows. */
  const answer = async ({ done, task, name, outcome: known }: Run, over: Promise<Outcome>): Promise<Outcome> => {
    const held = async () => (task && (await hold(task)) ? PARKED : over);
    const outcome = known ?? (await Promise.race([done, held(), over]));
    const isLate = outcome === LATER;
    const named = name && (isLate || late.size > 0) ? name() : undefined;
    if (named !== undefined && isLate) keepLate(named, done);
    else if (named !== undefined) late.delete(named);
    return outcome;
  };

  return {
    async dispatchAll(held) {
      const begun = performance.now();
      const runs = held.map((jobs) => jobs.map(toRun));
      const flat = runs.flat();
      const timers: NodeJS.Timeout[] = [];
      const wait = <T>(ms: number, value: T) =>
        new Promise<T>((resolve) => {
          timers.push(setTimeout(resolve, ms, value).unref());
        });
      const half = Promise.withResolvers<void>();
      let done = 0;
      let last = begun;
      const all = Promise.all(
        flat.map(async (run) => {
          run.outcome = await run.done;
          last = performance.now();
          const took = last - begun;
          if (++done === Math.ceil(flat.length / 2)) {
            half.resolve();
            if (took < holdMs) usualMs = ((usualMs ?? took) * 3 + took) / 4;
          }
        }),
      );
      const standstill = async () => {
        const knownMs = flat.length <= STILL.few ? usualMs : undefined;
        if (knownMs === undefined) await half.promise;
        const ms = Math.max((knownMs ?? last - begun) * STILL.times, stillMs);
        // What is all done meanwhile is held by no timer.
        for (let left = ms; left > 0 && done < flat.length; left = last + ms - performance.now())
          await wait(left, undefined);
      };
      // Where nothing is parked, its broker waits.
      await (parking?.isOn ? Promise.race([all, standstill(), wait(holdMs, undefined)]) : all);
      const isDone = flat.every(({ outcome }) => outcome);
      const over = isDone ? Promise.resolve(LATER) : wait(Math.max(begun + answerMs - performance.now(), 0), LATER);
      const outcomes = await Promise.all(
        runs.map(async (some) => worst(await Promise.all(some.map((run) => answer(run, over))))),
      );
      for (const timer of timers) clearTimeout(timer);
      return outcomes;
    },
    async dispatch(_fn, delivery, own) {
      const met = meet(fn, delivery, own);
      if (!met.work) return dispatch(fn, delivery, own, met);
      const key = keyOf(met.work, delivery);
      if (tasks.has(key)) return IS_AT_WORK;
      const startBy = performance.now() + startMs * RELAYS_SHARE;
      return (await start(key, delivery, { ports: own, met, isRelays: true, startBy }).done) ?? LATER;
    },
    async close() {
      await lanes.close();
      await Promise.all(ends);
    },
  };
}
