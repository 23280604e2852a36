import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import type { About } from "./about.ts";
import { type Remains, toDeadLetter } from "./dead-letter.ts";
import { DeadlineError, withDeadline } from "./deadline.ts";
import type { Message } from "./decode.ts";
import { handle } from "./handle.ts";
import { passOver } from "./interest.ts";
import { describe, during, type Outcome, StepError, toLine } from "./outcome.ts";
import type { Delivery, Observation, Origin, Ports } from "./ports.ts";
import { traceOf } from "./trace.ts";

/** Runs one event through one function. Never rejects. */
export function dispatch(fn: FunctionDefinition, delivery: Delivery, ports: Ports): Promise<Outcome> {
  const { event } = delivery;
  const trace = traceOf(delivery, event);
  const origin = { topic: delivery.topic, signal: delivery.signal, ...trace };
  return settle((signal) => handle(fn, { ...delivery, ...trace, signal }, ports), {
    fn,
    ports,
    origin,
    about: event,
    remains: { event },
  });
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
}

/** One deadline over all of it, one place that tells errors apart. */
async function settle(work: (signal: AbortSignal) => Promise<Outcome>, matter: Case): Promise<Outcome> {
  const { fn, ports, origin, about } = matter;
  const started = performance.now();
  const outcome = await withDeadline((signal) => work(signal).catch((error) => bury(error, { ...matter, signal })), {
    ms: ports.deadlineMs,
    signal: origin.signal,
  }).catch(toRetry);
  try {
    ports.observe?.({
      ...origin,
      functionName: fn.name,
      event: about,
      outcome,
      durationMs: performance.now() - started,
    });
  } catch {
    // Whoever only watches must not change what happens.
  }
  return outcome;
}

/** Only Dead ends an event, and only once its dead letter is stored. */
async function bury(
  error: unknown,
  { fn, ports, origin, remains, signal }: Case & { readonly signal: AbortSignal },
): Promise<Outcome> {
  if (!(error instanceof Dead) || signal.aborted) throw error;
  const letter = toDeadLetter(remains, {
    dead: error,
    functionName: fn.name,
    topic: origin.topic,
    time: new Date(ports.now()).toISOString(),
    maxEventBytes: ports.maxEventBytes,
  });
  const store = ports.deadLetter ?? ((said, options) => ports.publish([said], options));
  await during("dead-letter", () => store(letter, { signal }));
  return { kind: "dead", code: error.code, reason: toLine(error.message) };
}

/** An error's own fields never choose an outcome: whatever is not Dead comes again. */
function toRetry(error: unknown): Outcome {
  if (error instanceof StepError) return { kind: "retry", code: error.step, reason: error.message };
  const code = error instanceof DeadlineError ? "timeout" : "handler";
  return { kind: "retry", code, reason: describe(error) };
}
