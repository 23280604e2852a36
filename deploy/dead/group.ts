import { kindOfReason } from "../../adapters/core/dispatch/kind-of-reason.ts";
import type { Group, Letter } from "./letter.ts";

interface Counted extends Omit<Letter, "eventId" | "type" | "isSealed" | "bytes" | "isWhole" | "time"> {
  readonly count: number;
  readonly first?: string;
  readonly last?: string;
}

interface Groups {
  add(of: Counted): void;
  /** The largest first. */
  all(): readonly Group[];
}

/** Brings together what died at the same function, on the same topic, of the same code and kind of reason. */
export function createGroups(): Groups {
  const groups = new Map<string, { kind: string; exact: boolean; group: Group }>();
  return {
    add({ function: name, code, reason, topic, digest, count, first, last }) {
      const kind = kindOfReason(reason);
      const key = JSON.stringify([name, code, topic, kind]);
      const known = groups.get(key);
      const exact = known ? known.exact && known.group.reason === reason : true;
      const group: Group = {
        ...(name === undefined ? {} : { function: name }),
        ...(topic === undefined ? {} : { topic }),
        code,
        reason: exact ? reason : kind,
        count: count + (known?.group.count ?? 0),
        ...edge("first", first, known?.group.first),
        ...edge("last", last, known?.group.last),
        digest: known?.group.digest ?? digest,
      };
      groups.set(key, { kind, exact, group });
    },
    all: () => [...groups.values()].map(({ group }) => group).toSorted((a, b) => b.count - a.count),
  };
}

function edge(name: "first" | "last", one: string | undefined, other: string | undefined) {
  const times = [one, other].filter((time) => time !== undefined).toSorted((a, b) => Date.parse(a) - Date.parse(b));
  const time = name === "first" ? times[0] : times.at(-1);
  return time === undefined ? {} : { [name]: time };
}
