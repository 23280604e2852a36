export type Effect = "loses" | "stalls" | "repeats" | "exposes";

/** A setting that harms events without a word. */
export interface Rule {
  readonly id: string;
  readonly effect: Effect;
  readonly why: string;
  readonly source: string;
  readonly fix: string;
}

/** A rule broken at one place. */
export interface Finding {
  readonly rule: Rule;
  readonly file: string;
  readonly line?: number;
  readonly what: string;
}
