import { type Finding, type FindingName, levelOf, MEANINGS } from "./findings.ts";

/** All findings of a function, each once, with the shortest history that showed it. */
export interface Book {
  add(name: FindingName, what: Pick<Finding, "detail" | "history">): void;
  has(name: FindingName): boolean;
  findings(): readonly Finding[];
}

export function createBook(): Book {
  const found = new Map<FindingName, Finding>();
  return {
    add(name, { detail, history }) {
      const known = found.get(name);
      // Those that have none are told one by one.
      if (known && history.length === 0 && !known.detail.includes(detail))
        found.set(name, { ...known, detail: `${known.detail}; ${detail}` });
      if (known && known.history.length <= history.length) return;
      found.set(name, { name, level: levelOf(name), line: MEANINGS[name], detail, history });
    },
    has: (name) => found.has(name),
    findings: () =>
      [...found.values()].toSorted((one, other) => Number(one.level === "note") - Number(other.level === "note")),
  };
}
