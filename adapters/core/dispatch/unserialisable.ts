import { Dead } from "../../../functions/kernel/outcome.ts";
import { stringifyJson } from "../event/json.ts";
import { describe } from "./outcome.ts";

/** A value as JSON. */
export interface Serialised {
  readonly text: string;
  /** It holds integers that no double holds. */
  readonly isExact: boolean;
}

/**
 * Value → JSON, bigints as integers.
 *
 * throws  Dead `unserialisable`: no retry helps. Of a value that holds itself, V8 names the properties of the circle.
 */
export function serialise(value: unknown, part: string): Serialised {
  let text: string | undefined;
  let isExact = false;
  try {
    try {
      text = JSON.stringify(value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      text = stringifyJson(value);
      isExact = true;
    }
  } catch (error) {
    throw new Dead("unserialisable", `${part}: must be JSON, got ${describe(error)}`);
  }
  if (text === undefined) throw new Dead("unserialisable", `${part}: must be JSON, got a ${typeof value}`);
  return { text, isExact };
}
