import type { Logger } from "pino";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import type { Doubts } from "../core/relay/doubts.ts";
import { resayOnce } from "../core/relay/resay.ts";

interface ResayingOptions {
  readonly ports: Pick<Ports, "ledger" | "publish" | "now" | "deadlineMs" | "retention">;
  readonly isLost: Doubts["isLost"];
  /** In ms since the epoch. Left out: nothing was lost. */
  readonly since: number | undefined;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/**
 * Says again what a broker has lost: call it until it has (RESAY_SINCE).
 *
 * throws  when the ledger cannot tell what there is
 */
export function createResaying(
  fn: FunctionDefinition,
  { ports, isLost, since, logger }: ResayingOptions,
): (signal: AbortSignal) => Promise<void> {
  let isDone = since === undefined;
  return async (signal) => {
    if (isDone || since === undefined) return;
    const resaid = await resayOnce(fn, ports, { name: String(since), isLost, signal });
    isDone = resaid === undefined || (resaid.failed === 0 && !signal.aborted);
    const found = { since: new Date(since).toISOString(), ...resaid };
    if (!isDone) logger.warn(found, "not all is said again: what is left comes with the next look");
    else logger.info(found, resaid ? "said again" : "was said again before");
  };
}
