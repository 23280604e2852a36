import type { Happening } from "../api-types.ts";
import type { Row } from "./store.ts";

/** What of all that happens is shown. */
export interface Filter {
  /** Left out: what happened, without its steps. */
  readonly show?: string;
  readonly app?: string;
  readonly topic?: string;
  /** Some text, in whatever of it people look for. */
  readonly find?: string;
}

type Kind = Happening["kind"];

const BAD = ["retry", "dead", "died", "down", "stopped", "gone", "missing", "illegible", "expired", "drop"];

const isTrouble = (row: Happening): boolean =>
  row.kind === "fault" ||
  row.how === "conflict" ||
  (row.outcome !== undefined && BAD.includes(row.outcome) && !isStep(row));

/** By app and event, what its app has told of when it was to come again. */
const told = new Set<string>();
const MOST_TOLD = 20_000;
const toldOf = ({ app, event }: Happening): string => `${app} ${event}`;

/** To be called with rows before they are tested: that something comes again is shown once, as it was told, or else as it was answered. */
export function noteTold(rows: readonly Happening[]): void {
  if (told.size > MOST_TOLD) told.clear();
  for (const row of rows) if (row.kind === "told" && row.outcome === "retry") told.add(toldOf(row));
}

/** On the way: shown where somebody wants to see every one. */
const isStep = (row: Happening): boolean =>
  row.kind === "delivered" ||
  row.kind === "saved" ||
  row.kind === "effect" ||
  (row.kind === "answered" && (row.outcome === "success" || (row.outcome === "retry" && told.has(toldOf(row)))));

const onlyKind = (kind: Kind) => (row: Happening) => row.kind === kind;

/** By what the address calls it: what a list calls it, and whether a row is of it. */
export const SHOWS: Readonly<Record<string, { readonly title: string; readonly has: (row: Happening) => boolean }>> = {
  "": { title: "What happened", has: (row) => !isStep(row) },
  steps: { title: "Every step", has: () => true },
  trouble: { title: "Trouble", has: isTrouble },
  published: { title: "What was said", has: onlyKind("published") },
  told: { title: "What became of it", has: onlyKind("told") },
  effect: { title: "Effects", has: onlyKind("effect") },
  saved: { title: "Documents", has: onlyKind("saved") },
  service: { title: "Services", has: ({ kind }) => kind === "service" || kind === "fault" },
};

const SEARCHED = ["type", "subject", "event", "correlation", "app", "topic", "code", "reason", "how", "key"] as const;

/** out: whether a row is to be shown */
export function toTest({ show = "", app, topic, find }: Filter): (row: Happening) => boolean {
  const has = (SHOWS[show] ?? SHOWS[""])?.has ?? (() => true);
  const text = find?.trim() ? new RegExp(find.trim().replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "i") : undefined;
  return (row) =>
    has(row) &&
    (app === undefined || row.app === app) &&
    (topic === undefined || row.topic === topic) &&
    (text === undefined || SEARCHED.some((name) => row[name] !== undefined && text.test(row[name])));
}

/** What the server is to filter by, for older ones. out: of a URL's query, an & before it */
export function toQuery({ show = "", app, topic, find }: Filter): string {
  const kind = ["published", "told", "effect", "saved"].includes(show) ? { kind: show } : {};
  const query = new URLSearchParams({
    ...(app && { app }),
    ...(topic && { topic }),
    ...(find?.trim() && { find: find.trim() }),
    ...kind,
  });
  return [...query].length > 0 ? `&${query}` : "";
}

/** A list that holds of a growing one what passes a test, without looking at anything twice. */
export function createShown(test: (row: Happening) => boolean) {
  let shown: Row[] = [];
  let last = 0;
  return {
    /** in: those that are gone from its beginning go from what is shown. out: the same list, grown */
    of(rows: readonly Row[]): readonly Row[] {
      const first = rows[0]?.order ?? 0;
      if (shown[0] && shown[0].order < first) shown = shown.slice(after(shown, first - 1));
      for (const row of rows.slice(after(rows, last))) if (test(row)) shown.push(row);
      last = rows.at(-1)?.order ?? last;
      return shown;
    },
  };
}

/** out: how many of them stand there or before */
export function after(rows: readonly Row[], order: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.order ?? 0) <= order) low = middle + 1;
    else high = middle;
  }
  return low;
}
