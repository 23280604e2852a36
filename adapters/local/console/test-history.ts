import type { Happening } from "./api-types.ts";
import type { History } from "./history-types.ts";

/** What has happened, kept in memory, for tests of what reads it. */
export function createTestHistory(): History & { happen(count?: number, reason?: string): readonly Happening[] } {
  const rows: Happening[] = [];
  const listeners = new Set<(rows: readonly Happening[]) => void>();
  const add = (all: readonly Omit<Happening, "id">[]) => {
    const added = all.map((happening, index) => ({ ...happening, id: rows.length + index + 1 }));
    rows.push(...added);
    for (const listener of listeners) listener(added);
    return added;
  };
  return {
    append: (happening) => void add([happening]),
    /** At once, as what is kept together is told together. */
    happen: (count = 1, reason = "") =>
      add(Array.from({ length: count }, (_, at) => ({ at, kind: "published", reason }))),
    onAppended(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    since: (after, limit) => rows.slice(after, after + limit),
    before: ({ before = rows.length + 1, limit, kind }) =>
      rows
        .slice(0, before - 1)
        .filter((row) => kind === undefined || row.kind === kind)
        .toReversed()
        .slice(0, limit),
    story: (asked) => (asked === "known" ? { asked, happenings: rows.slice(0, 1), bodies: {} } : undefined),
    body: (id) => (id === 1 ? { text: "{}" } : undefined),
    get last() {
      return rows.length;
    },
    close: () => listeners.clear(),
  };
}
