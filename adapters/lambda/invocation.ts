/** What Lambda says about an invocation, as far as adapters listen. */
export interface Invocation {
  getRemainingTimeInMillis(): number;
  /** As AWS knows the function. */
  readonly functionName?: string;
}

/** Of the function's own time: enough to answer, so that nothing that is done is done again. */
const RESERVE_MS = 500;

/** Ends all work of an invocation before Lambda ends the process. */
export function endOf(invocation: Invocation): AbortSignal {
  const ms = Math.floor(invocation.getRemainingTimeInMillis() - RESERVE_MS);
  return ms > 0 ? AbortSignal.timeout(ms) : AbortSignal.abort();
}
