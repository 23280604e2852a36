import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import type { About } from "../event/about.ts";
import type { Message } from "../event/decode.ts";
import { eventKey } from "../event/ids.ts";
import { traceOf } from "../event/trace.ts";
import { alone, WAIT_SHARE } from "./alone.ts";
import type { Remains } from "./dead-letter.ts";
import { DeadlineError, withDeadline } from "./deadline.ts";
import { handle } from "./handle.ts";
import { passOver } from "./interest.ts";
import { describe, during, type Outcome, StepError } from "./outcome.ts";
import type { Delivery, Observation, Origin, Ports } from "./ports.ts";
import { prepare, type Work } from "./prepare.ts";
import { type Progress, tookMost } from "./progress.ts";

/**
 * Runs one event through one function: one at a time on a document in a process, and who waits for its turn has not begun. Never
 * rejects.
 *
 * in  what `meet` has said of it, where it was asked before
 */
export function dispatch(
  fn: FunctionDefinition,
  delivery: Delivery,
  ports: Ports,
  { work, end }: Met = meet(fn, delivery, ports),
): Promise<Outcome> {
  const { event, fromEdge, isNew = fn.idempotent && event.replayof === undefined, onState } = delivery;
  const trace = traceOf(delivery, event);
  const origin = { topic: delivery.topic, signal: delivery.signal, ...trace };
  const progress: Progress = { place: "ledger", handledMs: 0, since: undefined };
  // A replay has its time anew: who gave the event up, and when, counts no more.
  const key = () => (work?.eventKey ?? eventKey(event)) + (event.replayof ?? "");
  const matter = { fn, ports, origin, about: event, remains: { event }, progress, work, key };
  if (end) return settle(typeof end === "function" ? async () => end() : end, matter);
  const { ledger, deadlineMs } = ports;
  return alone(
    (isTurn) =>
      settle(async (signal) => {
        if (!isTurn) throw new StepError("contention", "others of its subject took too long");
        return handle({ fn, work, ports, signal, trace, fromEdge, isNew, onState, progress });
      }, matter),
    { ledger, documentKey: work.documentKey, waitMs: deadlineMs * WAIT_SHARE, signal: delivery.signal },
  );
}

/** How it ends: as no work can change it, or by what is thrown. */
export type Met =
  | { readonly work: Work; readonly end?: undefined }
  | { readonly work?: Work; readonly end: Outcome | (() => never) };

/** out: the work, or how it ends before it begins */
export function meet(fn: FunctionDefinition, delivery: Delivery, ports: Ports): Met {
  try {
    const passed = passOver(fn, delivery, ports);
    if (passed) return { end: passed };
    ports.admit?.(delivery.event);
    const work = prepare(fn, delivery.event, ports);
    return { work, end: work.fault } as Met;
  } catch (error) {
    return {
      end() {
        throw error;
      },
    };
  }
}

/** A message that is no event. */
export interface Refusal extends Origin {
  readonly refused: Dead;
  /** What it says of itself all the same, where it says that it is an event. */
  readonly about?: About | undefined;
  readonly message: Message;
}

/**
 * Ends a message that is no event, once its dead letter is stored. One of a type that is not consumed here is as little to
 * the function as a proper one: its letter would come from every consumer of the topic. Never rejects.
 */
export function refuse(fn: FunctionDefinition, refusal: Refusal, ports: Ports): Promise<Outcome> {
  const { refused, about, message, ...origin } = refusal;
  const { type } = about ?? {};
  const work = async (): Promise<Outcome> => {
    // Whatever its type may turn out to be, it can never be handled: it waits for nobody.
    const passed =
      type === undefined ? undefined : passOver(fn, { event: { ...about, type } }, { ...ports, unknown: undefined });
    if (passed) return passed;
    throw refused;
  };
  return settle(work, { fn, ports, origin, about, remains: { message } });
}

interface Case {
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly origin: Origin;
  readonly about: Observation["event"];
  readonly remains: Remains;
  readonly progress?: Progress;
  readonly work?: Work | undefined;
  /** The event's, to count its attempts by. A message that is no event has none. */
  readonly key?: () => string;
}

/** One deadline over all of it, one place that tells errors apart. in: work, or what is known without any */
async function settle(work: Outcome | ((signal: AbortSignal) => Promise<Outcome>), matter: Case): Promise<Outcome> {
  const { fn, ports, origin, about } = matter;
  const started = performance.now();
  let outcome =
    typeof work !== "function"
      ? work
      : await withDeadline((signal) => patiently(work, { ...matter, signal }), {
          ms: ports.deadlineMs,
          signal: origin.signal,
        }).catch((error: unknown) => {
          const retry = toRetry(error);
          // Its time is over: should it be one too many, the next delivery says so.
          if (retry.code === "timeout" && !origin.signal?.aborted) fail(retry, matter);
          return retry;
        });
  if (outcome.kind === "retry" && ports.parking) outcome = await ports.parking.take(outcome, matter);
  if (outcome.kind !== "retry" && matter.key) ports.patience?.done(matter.key(), outcome);
  try {
    ports.observe?.({
      ...origin,
      functionName: fn.name,
      event: about,
      durationMs: performance.now() - started,
      outcome: { ...outcome, stack: matter.progress?.stack },
    });
  } catch {
    // Whoever only watches must not change what happens.
  }
  return outcome;
}

type Running = Case & { readonly signal: AbortSignal };

/** What has kept failing for its time is buried instead of coming again. */
async function patiently(work: (signal: AbortSignal) => Promise<Outcome>, matter: Running): Promise<Outcome> {
  const { ports, signal, progress, remains } = matter;
  try {
    const over = matter.key && ports.patience?.overdue(matter.key(), ports.now());
    if (over) throw over;
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof Dead) return bury(error, matter);
    let retry = toRetry(error);
    if (progress && retry.code === "handler") {
      const fault = (await import("./later.ts")).tellFault(error, remains);
      progress.stack = fault.stack;
      retry = { ...retry, reason: fault.reason };
    }
    const dead = fail(retry, matter);
    return dead ? bury(dead, matter) : retry;
  }
}

/** out: Dead for an attempt that was one too many */
function fail({ code, reason }: Retry, { ports, key, progress }: Case): Dead | undefined {
  // Where it is not to blame, a store or a broker that is slow is all that is known of them.
  const isOthers = code === "timeout" && progress && !tookMost(progress, ports.deadlineMs);
  const step = isOthers ? progress.place : code;
  return key && ports.patience?.failed(key(), { step, reason, at: ports.now() });
}

/** Only Dead ends an event, and only once its dead letter is stored. */
const bury = (dead: Dead, { fn, ports, origin, remains, signal, work, progress }: Running): Promise<Outcome> =>
  during("dead-letter", async () => {
    const later = await import("./later.ts");
    return later.bury(dead, { fn, ports, origin, remains, work, isUnsaid: progress?.place === "publish", signal });
  });

type Retry = Extract<Outcome, { readonly kind: "retry" }>;

/** An error's own fields never choose an outcome: whatever is not Dead comes again. */
function toRetry(error: unknown): Retry {
  if (error instanceof StepError) return { kind: "retry", code: error.step, reason: error.message };
  const code = error instanceof DeadlineError ? "timeout" : "handler";
  return { kind: "retry", code, reason: describe(error) };
}
