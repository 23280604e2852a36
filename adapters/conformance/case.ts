import type { Fault } from "./faults.ts";
import type { Feature, Sending, Setup } from "./host.ts";

/** `retry`: it comes again. `dead`: it never comes again, and a dead letter with this code is stored. */
export type Expected = "ack" | "retry" | { readonly dead: string };

/** A message, or one that depends on how many bytes the host takes of an event. */
export type Sent = Sending | ((maxEventBytes: number) => Sending);

export type Step =
  | { readonly send: Sent; readonly expect: Expected }
  /** The same once more, because it was not done. */
  | { readonly again: Sending; readonly expect: Expected }
  /** The process dies on the way: what it answers, if it does, reaches nobody. */
  | { readonly lose: Sending }
  /** All at the same moment; each may be done or come again, but one at least is done. */
  | { readonly together: readonly Sending[] }
  /** The host is told to stop while these are at work, and answers them all. */
  | { readonly stopDuring: readonly Sending[] }
  | { readonly restart: readonly Fault[] }
  | { readonly advance: number };

/** One case: steps in their order, and what can be seen in the end. */
export interface Case extends Omit<Setup, "handler"> {
  readonly name: string;
  readonly handler?: Setup["handler"];
  readonly needs?: readonly Feature[];
  readonly steps: readonly Step[];
  /** How often the handler was called; as a pair, at least and at most. Left out: once, or never where nothing is done. */
  readonly handled?: number | readonly [number, number];
  /** What the handler saw last. */
  readonly data?: { readonly is: unknown };
  readonly id?: string;
  /** The topics of what was published, in order. Left out: not looked at where `ids` is, else none. */
  readonly published?: readonly string[];
  /** How many different events were published. Left out: as many as publications. */
  readonly ids?: number;
  /** The data of what was published last. */
  readonly said?: unknown;
  /** Trace id of what was published. */
  readonly traceId?: { readonly is: string | undefined };
  readonly tracestate?: { readonly is: string | undefined };
}

export interface Group {
  readonly title: string;
  readonly cases: readonly Case[];
}

/** A case of one delivery. */
export const once = (
  name: string,
  send: Sent,
  { expect = "ack", ...more }: Partial<Omit<Case, "steps" | "name">> & { readonly expect?: Expected } = {},
): Case => ({ name, steps: [{ send, expect }], ...more });
