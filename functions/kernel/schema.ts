import type { StandardSchemaV1 } from "@standard-schema/spec";
import { Dead } from "./outcome.ts";

interface CheckOptions<Value> {
  readonly schema: StandardSchemaV1<unknown, Value>;
  /** What is checked: `data`, `state`. */
  readonly part: string;
  /** Whose it is: an event type, a function. */
  readonly owner: string;
}

/**
 * What a schema makes of a value, defaults and transforms included.
 *
 * throws  Dead `schema` naming the path and the rule, never the value; TypeError for a schema that answers later
 */
export function check<Value>(value: unknown, { schema, part, owner }: CheckOptions<Value>): Value {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) throw new TypeError(`${owner}: schemas must be synchronous`);
  if (!result.issues) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((step) => (typeof step === "object" ? String(step.key) : String(step))).join(".");
  throw new Dead("schema", `${part}${path ? `.${path}` : ""} of ${owner}: ${issue?.message}`);
}

/**
 * What is wrong although the event is right comes again, whatever class of error says so: code is at fault, and the one that
 * mends it must find the event there.
 *
 * throws  Error for whatever the work throws
 */
export function blameCode<Value>(doing: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw new Error(`${doing}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
