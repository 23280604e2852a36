import type { DatabaseSync } from "node:sqlite";
import { createRecent } from "../../core/ledger/recent.ts";
import type { Status } from "./api-types.ts";
import type { History } from "./history-types.ts";
import type { Subscribed } from "./sums.ts";

const HALF_KNOWN = 1_000;

interface Group extends Subscribed {
  readonly waiting: number;
  /** Its oldest entry. */
  readonly oldest: number | null;
}

/** How many events wait for each function, and since when. */
export interface Depths {
  look(db: DatabaseSync): void;
  /** in: now: ms since the epoch */
  read(now: number): Status["depths"];
  reset(): void;
}

/** The broker knows what waits; since when, only who has seen it published. */
export function createDepths(subscriptions: readonly Subscribed[], history: Pick<History, "before">): Depths {
  const published = createRecent<number>(HALF_KNOWN);
  let groups: readonly Group[] = [];

  const publishedAt = (entry: number): number | undefined => {
    const at = published.get(entry.toString()) ?? history.before({ entry, kind: "published", limit: 1 })[0]?.at;
    if (at !== undefined) published.set(entry.toString(), at);
    return at;
  };
  const ageOf = ({ oldest }: Group, now: number): { oldestMs?: number } => {
    const at = oldest === null ? undefined : publishedAt(oldest);
    return at === undefined ? {} : { oldestMs: Math.max(0, now - at) };
  };
  return {
    look(db) {
      groups = db
        .prepare(`
          SELECT app, topic, count(entry) AS waiting, min(entry) AS oldest
          FROM consumer_group LEFT JOIN delivery ON group_id = id GROUP BY id`)
        .all() as unknown as readonly Group[];
    },
    read(now) {
      const isOurs = ({ app, topic }: Subscribed) =>
        subscriptions.some((known) => known.app === app && known.topic === topic);
      const none = subscriptions.filter(
        ({ app, topic }) => !groups.some((known) => known.app === app && known.topic === topic),
      );
      return [
        ...none.map(({ app, topic }) => ({ app, topic, waiting: 0 })),
        // What waits for an app that is gone is worth a look.
        ...groups
          .filter((group) => isOurs(group) || group.waiting > 0)
          .map((group) => ({ app: group.app, topic: group.topic, waiting: group.waiting, ...ageOf(group, now) })),
      ].sort((one, other) => one.topic.localeCompare(other.topic) || one.app.localeCompare(other.app));
    },
    reset() {
      groups = [];
    },
  };
}
