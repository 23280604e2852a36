import type { Told } from "./told.ts";

/** What the screen shows of an id. */
const LEAST_CHARACTERS = 8;

export type By = "event" | "correlation" | "subject";

/** Which lines an id is about. */
export interface Asked {
  readonly by: By;
  /** Whole. */
  readonly id: string;
}

const idsOf = ({ event, correlationid, subject }: Told): readonly (readonly [By, string | undefined])[] => [
  ["event", event],
  ["correlation", correlationid],
  ["subject", subject],
];

/**
 * Whose id it is: of an event, of all that belongs together, or of what it is about; also by its first eight characters.
 *
 * out  several, where its first characters are those of several
 */
export function whose(lines: readonly Told[], id: string): readonly Asked[] {
  const exact = idsOf({} as Told).find(([by]) =>
    lines.some((told) => idsOf(told).some(([other, text]) => other === by && text === id)),
  );
  if (exact) return [{ by: exact[0], id }];
  if (id.length < LEAST_CHARACTERS) return [];
  const found = new Map<string, By>();
  for (const told of lines)
    for (const [by, text] of idsOf(told)) if (text?.startsWith(id) && !found.has(text)) found.set(text, by);
  return Array.from(found, ([whole, by]) => ({ by, id: whole }));
}

/** Whether a line begins such a story. What follows from it belongs to it by its cause. */
export const beginning =
  ({ by, id }: Asked) =>
  ({ event, correlationid, subject }: Told): boolean =>
    by === "event" ? event === id : correlationid === id || subject === id;
