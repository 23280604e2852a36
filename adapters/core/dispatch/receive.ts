import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import { type Decoded, decode, decodeSlices, isLargeBatch, type Message } from "../event/decode.ts";
import { traceOf } from "../event/trace.ts";
import { dispatch, meet, type Refusal, refuse } from "./dispatch.ts";
import { type Outcome, worst } from "./outcome.ts";
import type { Delivery, Origin, Ports } from "./ports.ts";

/** One thing to do: an event, or a message to be refused. */
export type Job = Delivery | Refusal;

/** Where a message comes from, and what its events may have. */
export interface JobOptions extends Origin {
  /** Left out: as `decode`. */
  readonly maxBytes?: number | undefined;
}

/** What one message holds: one event, several of a batch, or a refusal. */
export const toJobs = (message: Message, options: JobOptions): readonly Job[] =>
  toJobsOf(decode(message, options), { origin: options, message });

function toJobsOf(
  decoded: readonly Decoded[],
  { origin, message }: { readonly origin: Origin; readonly message: Message },
): readonly Job[] {
  const { topic, signal } = origin;
  const isTold = origin.traceparent !== undefined;
  const traceparent = isTold ? origin.traceparent : headerOf(message, "traceparent");
  const tracestate = isTold ? origin.tracestate : headerOf(message, "tracestate");
  return decoded.map((one) => toJob(one, { origin: { topic, signal, traceparent, tracestate }, message }));
}

/** in  message: that it came in */
export function toJob(
  decoded: Decoded,
  { origin, message }: { readonly origin: Origin; readonly message: Omit<Message, "body"> },
): Job {
  if ("refused" in decoded) {
    const { refused, about, body } = decoded;
    const isNamed = about.specversion !== undefined;
    return { ...origin, refused, ...(isNamed ? { about } : {}), message: { ...message, body } };
  }
  const { event, envelope } = decoded;
  return envelope ? { ...origin, ...traceOf(event, origin, envelope), event } : { ...origin, event };
}

/**
 * Runs what several messages hold. Never rejects.
 *
 * out  one outcome a message, in their order: the worst where a message holds several events
 */
export async function dispatchAll(
  fn: FunctionDefinition,
  held: readonly (readonly Job[])[],
  options: BatchOptions,
): Promise<readonly Outcome[]> {
  const outcomes = (await dispatchBatch(fn, held.flat(), options)).values();
  return held.map((jobs) => worst([...outcomes.take(jobs.length)]));
}

/** What any host hands over as bytes with headers. Never rejects. */
export async function receive(
  fn: FunctionDefinition,
  message: Message & Pick<Origin, "topic" | "signal">,
  ports: Ports,
): Promise<Outcome> {
  const { topic, signal } = message;
  const origin = { topic, signal };
  const maxBytes = ports.maxEventBytes;
  if (!isLargeBatch(message, { maxBytes }))
    return worst(await dispatchBatch(fn, toJobs(message, { topic, signal, maxBytes }), { ports }));
  const all: Outcome[] = [];
  for (const slice of decodeSlices(message, { maxBytes })) {
    const outcomes = await dispatchBatch(fn, toJobsOf(slice, { origin, message }), { ports });
    all.push(worst(outcomes));
    // Nothing gets through: it all comes again, and each would wait for its deadline first.
    if (outcomes.every(({ kind }) => kind === "retry")) break;
  }
  return worst(all);
}

interface BatchOptions {
  readonly ports: Ports;
  /** How many subjects at once, or documents of a function with keys. */
  readonly concurrency?: number;
  /** After a retry, what comes later of the same is not tried but comes again as well: for queues that keep order. */
  readonly keepOrder?: boolean;
}

/**
 * Runs many events: those of one subject in their order, different subjects side by side; of a function with keys those of one
 * document. Never rejects.
 *
 * out  one outcome a job, in the order of the jobs
 */
export async function dispatchBatch(
  fn: FunctionDefinition,
  jobs: readonly Job[],
  { ports, concurrency = 16, keepOrder = false }: BatchOptions,
): Promise<readonly Outcome[]> {
  const run = (job: Job) => ("event" in job ? dispatch(fn, job, ports) : refuse(fn, job, ports));
  if (jobs.length === 1) return [await run(jobs[0] as Job)];

  const outcomes: Outcome[] = [];
  const hasKeys = fn.on.values().some(({ key }) => key);
  // Symbols are never equal: a job without one waits for nobody.
  const groupOf = (job: Job) =>
    ("event" in job &&
      (hasKeys ? meet(fn, job, { ...ports, unknown: undefined }).work?.documentKey : job.event.subject)) ||
    Symbol();
  const groups = Map.groupBy(jobs.keys(), (index) => groupOf(jobs[index] as Job));
  const queue = groups.values();
  const worker = async () => {
    for (const group of queue) {
      let stopped = false;
      for (const index of group) {
        const outcome: Outcome = stopped ? AFTER_A_RETRY : await run(jobs[index] as Job);
        outcomes[index] = outcome;
        stopped = keepOrder && outcome.kind === "retry";
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, groups.size) }, worker));
  return outcomes;
}

export const AFTER_A_RETRY: Outcome = { kind: "retry", code: "leased", reason: "an earlier one comes again" };

function headerOf({ headers }: Message, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
