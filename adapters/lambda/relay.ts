import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { type Relayed, type RelayParts, relay } from "../core/relay/relay.ts";
import { endOf, type Invocation } from "./invocation.ts";

/** Before the schedule has it begin again. */
const MOST_MS = 50_000;

/**
 * Says what a function has saved and not yet said, as a schedule wants it each minute. Logs one line where there was anything to do, and
 * in it how long the oldest has been waiting, as a metric, where something waits.
 *
 * throws  where the ledger cannot tell what is due, or there is no time for a single event: that counts as an error of the function
 */
export async function handleRelay(
  fn: FunctionDefinition,
  { invocation, ...parts }: RelayParts & { readonly invocation: Invocation },
  ports: Ports,
): Promise<void> {
  // What it begins last has to end as well.
  const forMs = Math.min(MOST_MS, Math.max(0, invocation.getRemainingTimeInMillis() - ports.deadlineMs));
  if (forMs === 0) throw new Error("DISPATCH_TIMEOUT_MS: must be shorter than the timeout of the function");
  const relayed = await relay(fn, ports, { ...parts, signal: endOf(invocation), forMs });
  const { said, failed, oldestMs } = relayed;
  if (said + failed + oldestMs === 0) return;
  const at = ports.now();
  const line = {
    level: failed > 0 ? "warn" : "info",
    time: new Date(at).toISOString(),
    function: fn.name,
    ...relayed,
    msg: "relay",
    ...(oldestMs > 0 ? toMetric(relayed, { at, functionName: invocation.functionName ?? fn.name }) : {}),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

interface Measured {
  /** ms since the epoch. */
  readonly at: number;
  readonly functionName: string;
}

/** Costs as long as it is sent, and nothing else. Source: Amazon CloudWatch user guide, "Specification: Embedded metric format" */
function toMetric({ oldestMs }: Relayed, { at, functionName }: Measured) {
  const metric = { Name: "UnsaidOldestSeconds", Unit: "Seconds" };
  return {
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [{ Namespace: "loosely", Dimensions: [["FunctionName"]], Metrics: [metric] }],
    },
    FunctionName: functionName,
    UnsaidOldestSeconds: oldestMs / 1_000,
  };
}
