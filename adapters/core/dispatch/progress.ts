/** Where an attempt is, for whoever finds that its time is over. */
export interface Progress {
  /** What is waited for, where it is not the function. */
  place: "ledger" | "publish";
  /** For how long the function was at work, in ms. */
  handledMs: number;
  /** It is at work, since then, in ms of `performance.now()`. */
  since: number | undefined;
  /** What the function's code threw, and where, if it is at fault. */
  stack?: string;
}

/** For how long the function has been at work by now, in ms. */
export const handledMs = ({ handledMs: before, since }: Progress): number =>
  before + (since === undefined ? 0 : performance.now() - since);

/** Whether the function took the most of the time that it had, so that it is to blame for it. */
export const tookMost = (progress: Progress, deadlineMs: number): boolean => handledMs(progress) >= deadlineMs / 2;
