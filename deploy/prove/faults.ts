/**
 * What goes wrong at one step of a delivery.
 *
 * dies-before, dies-after   the process: nothing that it does afterwards reaches anybody
 * fails                     the step: it throws, and has done nothing
 * answer-lost               the step: it throws, and is done all the same
 * late                      the step is done, and answers when the time of its delivery is over and another has taken its place
 */
export type FaultKind = "dies-before" | "dies-after" | "fails" | "answer-lost" | "late";

export interface Fault {
  readonly kind: FaultKind;
  /** The step, counted from 0. HANDLER: what the handler itself answers. */
  readonly at: number;
  /** In how many deliveries of its event. Left out: one. */
  readonly times?: number;
}

/** As many deliveries as somebody may have thought enough. */
export const OUTAGE = 4;

export const HANDLER = -1;

/** Of a step; `late` is for effects and handlers. */
export const SUDDEN: readonly FaultKind[] = ["dies-before", "dies-after", "fails", "answer-lost"];

/** As people read it. */
export function toText({ kind }: Fault, step: string): string {
  if (kind === "dies-before") return `its process dies before ${step}`;
  if (kind === "dies-after") return `its process dies after ${step}`;
  if (kind === "fails") return `${step} fails`;
  if (kind === "answer-lost") return `${step} is done, but its answer is lost`;
  return `${step} answers after the deadline`;
}
