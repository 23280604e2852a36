import { kindOfReason } from "../../core/dispatch/kind-of-reason.ts";
import type { Letter } from "./letter.ts";

/** What a page of the index has room for. */
export const MOST_ENTRIES = 200;
/** Of a reason, which all letters of a group share. */
const REASON_CHARACTERS = 200;
export const UNKNOWN = "unknown";

/** What letters have in common that are shown as one line. The reason is theirs where it is the same, else their kind of reason. */
export interface Group {
  readonly function: string;
  readonly code: string;
  readonly reason: string;
  readonly topic: string;
}

/** One letter in the index. */
export interface Entry {
  readonly digest: string;
  readonly group: Group;
  /** When it died, in ms since the epoch. */
  readonly at: number;
}

type Row = readonly [digest: string, group: number, at: number];
type GroupRow = readonly [fn: string, code: string, reason: string, topic: string];

/** A page as it is stored. What a hundred thousand entries share stands once a page: all pages are read for the first screen. */
export interface Page {
  /** Of the first of a bucket: how many there are, or have been. */
  readonly pages?: number;
  readonly groups: readonly GroupRow[];
  readonly letters: readonly Row[];
}

export const EMPTY: Page = { groups: [], letters: [] };

/** Of all that are shown as one. */
export const keyOf = ({ reason, ...group }: Group): string => {
  const { function: fn, code, topic } = group;
  return JSON.stringify([fn, code, topic, kindOfReason(reason)]);
};

/** As it is with one more, of the same key. */
export const withReason = <One extends Group>(group: One, { reason }: Group): One =>
  group.reason === reason ? group : { ...group, reason: kindOfReason(reason) };

export function toEntry({ digest, time, ...letter }: Letter): Entry {
  const { function: fn = UNKNOWN, code, topic = UNKNOWN } = letter;
  const reason = letter.reason.slice(0, REASON_CHARACTERS).toWellFormed();
  return { digest, group: { function: fn, code, reason, topic }, at: Date.parse(time) };
}

export function entriesOf({ groups, letters }: Page): readonly Entry[] {
  const all = groups.map(toGroup);
  return letters.flatMap(([digest, index, at]) => {
    const group = all[index];
    return group ? [{ digest, group, at }] : [];
  });
}

const toGroup = ([fn, code, reason, topic]: GroupRow): Group => ({ function: fn, code, reason, topic });

export const hasEntry = ({ letters }: Page, digest: string): boolean => letters.some(([each]) => each === digest);

export function withEntry(page: Page, { digest, group, at }: Entry): Page {
  const key = keyOf(group);
  const known = page.groups.findIndex((row) => keyOf(toGroup(row)) === key);
  const {
    function: fn,
    code,
    topic,
    reason,
  } = withReason(group, known === -1 ? group : toGroup(page.groups[known] as GroupRow));
  const row: GroupRow = [fn, code, reason, topic];
  const groups = known === -1 ? [...page.groups, row] : page.groups.with(known, row);
  const letters: readonly Row[] = [...page.letters, [digest, known === -1 ? page.groups.length : known, at]];
  return { ...page, groups, letters };
}

/** Without the groups that nobody is of any more. */
export function withoutEntry(page: Page, digest: string): Page {
  const rest = entriesOf(page).filter((each) => each.digest !== digest);
  return rest.reduce(withEntry, { ...page, ...EMPTY });
}
