import { Dead } from "../../../functions/kernel/outcome.ts";
import { stringifyJson } from "../event/json.ts";
import { describe } from "./outcome.ts";

const MOST_DEEP = 500;

/** A value as JSON. */
export interface Serialised {
  readonly text: string;
  /** It holds integers that no double holds. */
  readonly isExact: boolean;
}

/**
 * Value → JSON, bigints as integers.
 *
 * throws  Dead `unserialisable` that names the place: no retry helps
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
    throw new Dead("unserialisable", `${cycleIn(value, part) ?? part}: must be JSON, got ${describe(error)}`);
  }
  if (text === undefined) throw new Dead("unserialisable", `${part}: must be JSON, got a ${typeof value}`);
  return { text, isExact };
}

/** out: the path of a value that holds itself. Looks into each once, however often it is held, and not too deep to tell. */
function cycleIn(value: unknown, part: string): string | undefined {
  const [above, seen] = [new Set<unknown>(), new Set<unknown>()];
  const find = (one: unknown, path: string): string | undefined => {
    if (typeof one !== "object" || one === null) return undefined;
    if (above.has(one)) return path;
    if (seen.has(one) || above.size > MOST_DEEP) return undefined;
    seen.add(one);
    above.add(one);
    for (const [name, member] of Object.entries(one)) {
      const found = find(member, `${path}.${name}`);
      if (found) return found;
    }
    above.delete(one);
    return undefined;
  };
  return find(value, part);
}
