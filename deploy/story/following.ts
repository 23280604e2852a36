import type { Told } from "./told.ts";

/** How many lines are held whose cause is not known yet. */
const MOST_HELD = 1_000;

export interface Following {
  /** out: what belongs to the story, as far as it is known now: a line may be written before that of its cause */
  hear(told: Told): readonly Chapter[];
}

/** A line, and how far it is from where the story begins. */
export interface Chapter {
  readonly told: Told;
  readonly depth: number;
}

/**
 * Picks one story out of all lines, as they come.
 *
 * in  isBegin: whether a line begins it, whatever its cause
 */
export function createFollowing(isBegin: (told: Told) => boolean): Following {
  const depths = new Map<string, number>();
  let held: Told[] = [];

  const depthOf = (told: Told): number | undefined => {
    const { event = "", causationid = "" } = told;
    const known = depths.get(event);
    if (known !== undefined) return known;
    const cause = depths.get(causationid);
    return cause === undefined ? (isBegin(told) ? 0 : undefined) : cause + 1;
  };

  const take = (told: Told): readonly Chapter[] => {
    const depth = depthOf(told);
    if (depth === undefined) {
      held.push(told);
      if (held.length > MOST_HELD) held.shift();
      return [];
    }
    const { event } = told;
    const isNew = event !== undefined && !depths.has(event);
    if (isNew) depths.set(event, depth);
    return [{ told, depth }, ...(isNew ? retake() : [])];
  };

  /** What was held may follow from what is known now. */
  const retake = (): readonly Chapter[] => {
    const before = held;
    held = [];
    return before.flatMap(take);
  };

  return { hear: take };
}
