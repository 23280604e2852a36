import type { ComponentChildren } from "preact";

/** good: done. warn: comes again. bad: dead, broken. dim: nothing to do. */
export type Tone = "good" | "warn" | "bad" | "dim" | "plain";

export const Badge = ({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>{children}</span>
);
