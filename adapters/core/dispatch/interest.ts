import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Outcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";

/** Its type is in no catalogue, and it is to be acknowledged. */
export const UNKNOWN: Outcome = { kind: "ack", how: "unknown" };
/** Whoever else consumes it has handled it. */
const NOT_MINE: Outcome = { kind: "ack", how: "ignored", reason: "replayed for another function" };

interface Arrived {
  readonly event: {
    readonly type: string;
    readonly source?: string;
    readonly id?: string;
    readonly replayfor?: unknown;
  };
  readonly fromEdge?: boolean | undefined;
}

/**
 * What an event type means to a function, which knows what it says itself. Without `ports.types` nothing is unknown.
 *
 * out  what becomes of an event that it does not consume: `ignored` is none of its business, replayed for another, or a broker
 *      brought what only an edge may bring; of a type in no catalogue, a newer producer's or a slip, `unknown` decides. undefined for one that it consumes
 */
export function passOver(
  fn: FunctionDefinition,
  { event: { type, source = "", id = "", replayfor = fn.name }, fromEdge }: Arrived,
  { types, unknown, now }: Pick<Ports, "types" | "unknown" | "now">,
): Outcome | undefined {
  if (replayfor !== fn.name) return NOT_MINE;
  const clause = fn.on.get(type);
  if (clause && (clause.event.topic !== undefined || fromEdge)) return undefined;
  if (clause || !types || types.has(type) || fn.emits.has(type)) return { kind: "ack", how: "ignored" };
  return unknown?.judge({ source, id }, now()) ?? UNKNOWN;
}
