import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { type Outcome, worst } from "../core/outcome.ts";
import type { Ports } from "../core/ports.ts";
import { dispatchBatch, toJobs } from "../core/receive.ts";
import type { Unwrapped } from "./carrier.ts";

/** What Lambda says about an invocation, as far as adapters listen. */
export interface Invocation {
  getRemainingTimeInMillis(): number;
}

/** Of the function's own time: enough to answer, so that nothing that is done is done again. */
const RESERVE_MS = 500;

/** Ends all work of an invocation before Lambda ends the process. */
export function endOf(invocation: Invocation): AbortSignal {
  const ms = Math.floor(invocation.getRemainingTimeInMillis() - RESERVE_MS);
  return ms > 0 ? AbortSignal.timeout(ms) : AbortSignal.abort();
}

interface RecordsOptions {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Left out: records may overtake those that have to come again. */
  readonly keepOrder?: boolean;
}

/**
 * Runs the records of one invocation: those of one subject in their order, others side by side. Never rejects.
 *
 * out  one outcome a record, in the order of the records: the worst where a record holds several events
 */
export async function runRecords(
  fn: FunctionDefinition,
  records: readonly Unwrapped[],
  { ports, signal, keepOrder = false }: RecordsOptions,
): Promise<readonly Outcome[]> {
  const held = records.map(({ message, topic }) => toJobs(message, { topic, signal }));
  const outcomes = (await dispatchBatch(fn, held.flat(), { ports, keepOrder })).values();
  return held.map((jobs) => worst([...outcomes.take(jobs.length)]));
}
