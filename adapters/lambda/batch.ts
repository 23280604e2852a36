import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { describe, type Outcome } from "../core/dispatch/outcome.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { dispatchAll, type Job, type JobOptions, toJobs } from "../core/dispatch/receive.ts";
import { type Carried, carriedIn, unwrap } from "./carrier.ts";

interface RecordsOptions<R> {
  /** What a record carries, whatever the record is. */
  readonly toCarried: (record: R) => Carried;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Left out: records may overtake those that have to come again. */
  readonly keepOrder?: boolean;
}

/**
 * Runs the records of one invocation: those of one subject, or document by keys, in their order, others side by side. Never rejects.
 *
 * out  one outcome a record, in the order of the records: the worst where a record holds several events
 */
export async function runRecords<R>(
  fn: FunctionDefinition,
  records: readonly R[],
  { toCarried, ports, signal, keepOrder = false }: RecordsOptions<R>,
): Promise<readonly Outcome[]> {
  const maxBytes = ports.maxEventBytes;
  const held = records.map((record) => toRecordJobs(record, { toCarried, signal, maxBytes }));
  return dispatchAll(fn, held, { ports, keepOrder });
}

/** What cannot be opened is refused by itself: thrown, it would take the rest of its batch along, at every delivery. */
function toRecordJobs<R>(
  record: R,
  { toCarried, ...options }: Pick<RecordsOptions<R>, "toCarried" | "signal"> & Pick<JobOptions, "maxBytes">,
): readonly Job[] {
  let carried: Carried = { body: undefined, topic: undefined };
  try {
    carried = toCarried(record);
    const { message, topic } = unwrap(carried);
    return toJobs(message, { topic, ...options });
  } catch (error) {
    const refused =
      error instanceof Dead ? error : new Dead("envelope", `record: must be legible, got ${describe(error)}`);
    const { body, topic } = carried;
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const bytes = Buffer.from(isRaw ? body : toText(record));
    const message = { headers: {}, body: bytes, carried: () => carriedIn(carried) };
    return [{ topic, signal: options.signal, refused, message }];
  }
}

/** All of a record that carries nothing. */
function toText(record: unknown): string {
  try {
    return JSON.stringify(record) ?? "";
  } catch {
    return "";
  }
}
