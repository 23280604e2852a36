import { kindOfReason } from "../../../../core/dispatch/kind-of-reason.ts";
import type { LetterActed, Letters, LetterView } from "../../api-types.ts";

export interface Group {
  readonly key: string;
  readonly function?: string;
  readonly code: string;
  readonly reason: string;
  readonly topic?: string;
  /** Those that are not listed as well. */
  readonly count: number;
  /** The newest of them. */
  readonly letters: readonly LetterView[];
}

type Of = Pick<Group, "function" | "code" | "reason" | "topic">;
const keyOf = ({ function: name, code, reason, topic }: Of): string =>
  [name, code, topic, kindOfReason(reason)].join(" ");

/** Letters of one function, code and kind of reason together; what died of none that is counted has its own. */
export function toGroups({ groups, letters }: Letters): readonly Group[] {
  const listed = Map.groupBy(letters, keyOf);
  const counted = groups.map((group) => {
    const key = keyOf(group);
    const own = listed.get(key) ?? [];
    listed.delete(key);
    return { ...group, key, letters: own };
  });
  const others = Array.from(listed, ([key, own]) => {
    const { function: name, code, reason, topic } = own[0] as LetterView;
    const of = { code, reason, ...(name !== undefined && { function: name }), ...(topic !== undefined && { topic }) };
    return { ...of, key, count: own.length, letters: own };
  });
  return [...counted, ...others];
}

/** In a line: `3 replayed, 1 stays`. */
export function toOutcomes({ results }: LetterActed): string {
  const outcomes = Map.groupBy(results, ({ outcome }) => outcome);
  return Array.from(outcomes, ([outcome, { length }]) => `${length} ${outcome}`).join(", ");
}

export const lettersOf = (count: number): string => (count === 1 ? "1 letter" : `${count} letters`);
