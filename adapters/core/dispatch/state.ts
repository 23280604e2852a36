import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import { parseExactJson } from "../event/json.ts";
import type { Entry } from "../ledger/entry.ts";
import { StepError } from "./outcome.ts";
import { serialise } from "./unserialisable.ts";

/**
 * out     the state as the function knows it
 * throws  StepError `newer` for a state that a newer process has kept; as `fn.state.read`
 */
export function stateIn(fn: FunctionDefinition, { state, exact, shape = 1 }: Entry): unknown {
  const stored = exact === undefined ? state : parseExactJson(exact);
  if (stored === undefined) return undefined;
  if (shape > fn.state.version)
    throw new StepError("newer", `state: must be of version ${fn.state.version} at most, got ${shape}`);
  return fn.state.read(stored, shape);
}

/**
 * The entry with another state.
 *
 * in      undefined and null: none
 * throws  Dead `unserialisable` and `schema`
 */
export function withState(
  fn: FunctionDefinition,
  { state: _, exact: __, shape: ___, ...rest }: Entry,
  state: unknown,
): Entry {
  if (state === undefined || state === null) return rest;
  const { text, isExact } = serialise(state, "state");
  const { version, check } = fn.state;
  check?.(isExact ? parseExactJson(text) : JSON.parse(text));
  return { ...rest, ...(isExact ? { exact: text } : { state }), ...(version > 1 ? { shape: version } : {}) };
}
