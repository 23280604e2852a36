/**
 * Where an attempt failed. `handler` stands for every error that is not known to be another's; `unknown`: nowhere, its type
 * may soon be known; `newer`: what is stored is of a newer build; `behind`: an earlier one of its document is parked.
 */
export type Step =
  | "handler"
  | "ledger"
  | "publish"
  | "dead-letter"
  | "timeout"
  | "leased"
  | "contention"
  | "unknown"
  | "newer"
  | "behind";

/**
 * The one answer that every host says in its own words.
 *
 * ack    done: handled now, handled before, not consumed here, of a type in no catalogue, or parked, to be tried again without its
 *        broker; `said`: the types of what followed; `reason`: why it is ignored that is consumed here
 * retry  not done: deliver again
 * dead   never to be done, and the dead letter is stored: do not deliver again
 */
export type Outcome =
  | {
      readonly kind: "ack";
      readonly how: "handled" | "duplicate" | "ignored" | "unknown" | "parked";
      readonly said?: readonly string[];
      readonly reason?: string;
    }
  | { readonly kind: "retry"; readonly code: Step; readonly reason: string }
  | { readonly kind: "dead"; readonly code: string; readonly reason: string };

/** For logs. Where the function's code is at fault, with what it threw, and where in its sources. */
export type Told = Outcome & { readonly stack?: string | undefined };

/** An error that names the step it came from. Its cause is another, or says in words what it is. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly step: Step;

  constructor(step: Step, cause: unknown) {
    super(describe(cause), { cause });
    this.step = step;
  }
}

/** throws: StepError for whatever the work throws. */
export async function during<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StepError(step, error);
  }
}

const MOST_CHARACTERS = 300;
const MOST_SEARCHED = 2_000;
// Looked for only where one may begin: from each character on, it would take the square of the length.
const EMAIL = /(?<![^\s@<>"'(=])[^\s@<>"'(=]+(?:@|%40)[^\s<>"')&]*/gi;
// What JSON leaves as it is, and what a terminal obeys or hides, is a space.
const UNSEEN = /[\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069]/g;

/** Text in one short line, fit for logs: addresses masked, since libraries like to repeat them. */
export const toLine = (text: string, most = MOST_CHARACTERS): string =>
  text.slice(0, MOST_SEARCHED).replace(EMAIL, "<address>").replace(/\s+/g, " ").replace(UNSEEN, " ").slice(0, most);

/** Any thrown value in one such line. */
export function describe(error: unknown): string {
  try {
    return toLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  } catch {
    return "an error that cannot be printed";
  }
}

/** The outcome of several events that share one answer: all come again when one has to. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  return (
    outcomes.find(({ kind }) => kind === "retry") ??
    outcomes.find(({ kind }) => kind === "dead") ??
    outcomes[0] ?? { kind: "ack", how: "ignored" }
  );
}
