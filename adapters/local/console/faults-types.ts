import type { Check, Fault, Part } from "./api-types.ts";

/** What may be broken on purpose, and what came of it. */
export interface Faults {
  /** Does it, and watches what must follow. throws: FaultRefused where it cannot be done now */
  do(fault: Fault): Promise<Check>;
  /** Newest first. */
  checks(): readonly Check[];
  /** At present. */
  broken(): readonly Part[];
}

/** What was asked for cannot be done now: the message says why. */
export class FaultRefused extends Error {
  override readonly name = "FaultRefused";
}
