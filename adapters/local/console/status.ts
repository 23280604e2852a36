import { createLetterCount } from "../letter-count.ts";
import type { Status } from "./api-types.ts";
import { openBrokerFile } from "./broker-file.ts";
import { createDepths } from "./depths.ts";
import type { History, StatusSource } from "./history-types.ts";
import { createPending } from "./pending.ts";
import { createSums, type Subscribed } from "./sums.ts";

/** Of the time, what looking may take: what took long is looked at later. */
const SHARE = 0.1;

interface StatusOptions extends Readonly<Callbacks> {
  readonly history: Pick<History, "onAppended" | "before">;
  /** The broker's file, which need not be there yet. */
  readonly database: string;
  readonly subscriptions: readonly Subscribed[];
  readonly now?: () => number;
}

/** What somebody else knows. */
interface Callbacks {
  services(): Status["services"];
  broken(): Status["broken"];
  checks(): Status["checks"];
}

/** What is so now: from the broker's file, which is read beside the broker, and from what has happened since this call. */
export function createStatus({
  history,
  database,
  subscriptions,
  now = Date.now,
  services,
  broken,
  checks,
}: StatusOptions): StatusSource {
  const file = openBrokerFile(database);
  const letterCount = createLetterCount(database);
  const [depths, pending, sums] = [
    createDepths(subscriptions, history),
    createPending(),
    createSums(subscriptions, now),
  ];
  const stop = history.onAppended(sums.hear);
  let [letters, next] = [0, Number.NEGATIVE_INFINITY];

  const look = () => {
    const began = performance.now();
    if (began < next) return;
    const isThere = file.read((db, isNew) => {
      depths.look(db);
      return pending.look(db, isNew);
    });
    if (!isThere) for (const each of [depths, pending]) each.reset();
    letters = isThere ? letterCount.read() : 0;
    const end = performance.now();
    next = end + (end - began) / SHARE - (end - began);
  };
  return {
    read() {
      look();
      const at = now();
      return {
        services: services(),
        depths: depths.read(at),
        ...{ letters, pending: pending.count(at), broken: broken(), sums: sums.read(), checks: checks() },
      };
    },
    pending() {
      look();
      return pending.list(now());
    },
    close() {
      stop();
      file.close();
      letterCount.close();
    },
  };
}
