import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Outcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";

/**
 * consumed  the function has a clause for it, and it came where it may come from
 * ignored   known, but not this function's business; or a broker brought what only the edge may bring
 * unknown   in no catalogue: a newer producer, or a slip
 */
export type Interest = "consumed" | "ignored" | "unknown";

interface Arrived {
  readonly type: string;
  readonly fromEdge?: boolean | undefined;
}

/** What an event type means to a function, which knows what it says itself. Without `ports.types` nothing is unknown. */
export function interestIn(
  fn: FunctionDefinition,
  { type, fromEdge = false }: Arrived,
  { types }: Pick<Ports, "types">,
): Interest {
  const clause = fn.on.get(type);
  if (clause && (clause.event.topic !== undefined || fromEdge)) return "consumed";
  return clause || !types || types.has(type) || fn.emits.has(type) ? "ignored" : "unknown";
}

interface Named {
  readonly event: { readonly type: string; readonly source?: string; readonly id?: string };
  readonly fromEdge?: boolean | undefined;
}

/** out: what becomes of an event that the function does not consume; undefined for one that it does */
export function passOver(
  fn: FunctionDefinition,
  { event: { type, source = "", id = "" }, fromEdge }: Named,
  { types, unknown, now }: Pick<Ports, "types" | "unknown" | "now">,
): Outcome | undefined {
  const interest = interestIn(fn, { type, fromEdge }, { types });
  if (interest === "consumed") return undefined;
  if (interest === "ignored") return { kind: "ack", how: "ignored" };
  return unknown?.judge({ source, id }, now()) ?? { kind: "ack", how: "unknown" };
}
