import type { Happening } from "../api-types.ts";

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

const isTrouble = ({ kind, outcome, how }: Happening): boolean =>
  kind === "fault" ||
  how === "conflict" ||
  (outcome !== undefined &&
    ["retry", "dead", "died", "down", "stopped", "illegible", "expired", "drop"].includes(outcome));

/** Steps on the way: they are shown where somebody wants to see every one. What nobody told of is told by its answer. */
const isStep = ({ kind, outcome }: Happening): boolean =>
  kind === "delivered" ||
  kind === "saved" ||
  kind === "effect" ||
  (kind === "answered" && (outcome === "success" || outcome === "retry"));

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
  let shown: Happening[] = [];
  let last = 0;
  return {
    /** in: ascending; those that are gone from its beginning go from what is shown. out: the same list, grown */
    of(rows: readonly Happening[]): readonly Happening[] {
      const first = rows[0]?.id ?? 0;
      if (shown[0] && shown[0].id < first) shown = shown.slice(after(shown, first - 1));
      for (const row of rows.slice(after(rows, last))) if (test(row)) shown.push(row);
      last = rows.at(-1)?.id ?? last;
      return shown;
    },
  };
}

/** out: how many of them have no greater id */
export function after(rows: readonly Happening[], id: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.id ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
