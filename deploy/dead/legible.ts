const MINUTE = 60_000;

/** A letter's text is anybody's: nothing of it may move a terminal's cursor, or turn its direction. */
export const legible = (text: string): string =>
  text.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => (c === "\n" || c === "\t" ? c : "\ufffd"));

/** One line of it. */
export const oneLine = (text: string): string => legible(text.replace(/\s+/g, " "));

/** How long ago, in the largest unit that says something. */
export function ago(time: string | undefined, now: number): string {
  const ms = now - Date.parse(time ?? "");
  if (Number.isNaN(ms)) return "";
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1_000))} s ago`;
  if (ms < 60 * MINUTE) return `${Math.round(ms / MINUTE)} min ago`;
  if (ms < 48 * 60 * MINUTE) return `${Math.round(ms / 60 / MINUTE)} h ago`;
  return `${Math.round(ms / 24 / 60 / MINUTE)} d ago`;
}

export const grouped = (count: number): string => count.toLocaleString("en-US");

/** So that a name that is misspelt is not taken for good news. */
export const noLetters = (filter: object): string =>
  Object.keys(filter).length === 0 ? letters(0) : `${letters(0)} among those that were asked for`;

export const letters = (count: number): string =>
  count === 0 ? "no dead letters" : count === 1 ? "1 dead letter" : `${grouped(count)} dead letters`;
