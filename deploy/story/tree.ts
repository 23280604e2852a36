import { type Asked, beginning } from "./find.ts";
import { createFollowing } from "./following.ts";
import { isFinal, type Told } from "./told.ts";

/** One function's word of one event, and how often it was the same in a row. */
export interface Row {
  readonly depth: number;
  readonly times: number;
  /** The last of them. */
  readonly told: Told;
}

/** Every line of one story, in time order. */
export function linesOf(lines: readonly Told[], asked: Asked): readonly Told[] {
  const following = createFollowing(beginning(asked));
  const mine = inTime(lines).flatMap((told) => following.hear(told).map((chapter) => chapter.told));
  return inTime(mine);
}

const inTime = (lines: readonly Told[]): readonly Told[] => lines.toSorted((one, other) => one.time - other.time);

/** The lines of a story as a tree: beneath each function's word of an event what became of what it said then, in time order. */
export function toRows(lines: readonly Told[]): readonly Row[] {
  const events = Map.groupBy(lines, ({ event = "" }) => event);
  const causeOf = (event: string) => events.get(event)?.find(({ causationid }) => causationid)?.causationid ?? "";
  const children = Map.groupBy(events.keys(), causeOf);
  const rows: Row[] = [];
  const placed = new Set<string>();

  const put = (event: string, depth: number) => {
    if (placed.has(event)) return;
    placed.add(event);
    const functions = [...Map.groupBy(events.get(event) ?? [], (told) => told.function).values()];
    const below = (children.get(event) ?? []).filter((child) => child !== event);
    for (const words of functions) {
      rows.push(...inRuns(words).map((run) => ({ ...run, depth })));
      for (const child of below) if (isSaidIn(words, events.get(child)?.[0])) put(child, depth + 1);
    }
    // Whose cause tells of nothing: its line is lost, or still to come.
    for (const child of below) put(child, depth + 1);
  };

  for (const event of events.keys()) if (!events.has(causeOf(event))) put(event, 0);
  for (const event of events.keys()) put(event, 0);
  return rows;
}

const isSaidIn = (words: readonly Told[], child: Told | undefined): boolean =>
  words.some(({ said }) => child?.type !== undefined && said?.includes(child.type));

function inRuns(words: readonly Told[]): readonly Omit<Row, "depth">[] {
  const runs: { times: number; told: Told }[] = [];
  for (const told of words) {
    const last = runs.at(-1);
    if (last && !isFinal(told) && isSame(last.told, told)) Object.assign(last, { times: last.times + 1, told });
    else runs.push({ times: 1, told });
  }
  return runs;
}

const isSame = (one: Told, other: Told): boolean =>
  one.outcome === other.outcome && one.how === other.how && one.code === other.code && one.reason === other.reason;

/** What changes nothing: it was handled before, or is a replay that is meant for another function. */
const PASSED: readonly unknown[] = ["duplicate", "ignored"];

/** What became of it at each function in the end: its last word. */
export function lastWords(lines: readonly Told[]): readonly Told[] {
  const last = new Map<string, Told>();
  for (const told of lines) {
    const key = JSON.stringify([told.event, told.function]);
    const before = last.get(key);
    if (!before || !PASSED.includes(told.how)) last.set(key, told);
  }
  return [...last.values()];
}
