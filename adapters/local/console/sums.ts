import { DEAD_LETTERS } from "../../core/dispatch/dead-letter.ts";
import { createRecent } from "../../core/ledger/recent.ts";
import type { Happening, Sums } from "./api-types.ts";

/** A function, and a topic that it hears. */
export interface Subscribed {
  readonly app: string;
  readonly topic: string;
}

/** Deliveries that are open. Of more, the oldest are forgotten. */
const MOST_FOLLOWED = 400_000;
/** Of those that ended, and of keys of effects: what is repeated is so soon, or counts once more. */
const HALF_LATELY = 2_500;
/** What a function has to say of what it has acknowledged is in its log by then, or was lost as it died. */
const LOG_MS = 5_000;

/** An event at a function. */
interface Delivery {
  /** As often as the function is to have it. */
  owed: number;
  /** As the function has told. */
  readonly told: Record<End, number>;
  /** As the sidecar has seen. */
  acknowledged: number;
  isParked: boolean;
}

type End = "handled" | "passed" | "dead";
type Ends = Readonly<Record<End, number>>;

/** Adds up what happens. */
export interface SumsKeeper {
  hear(rows: readonly Happening[]): void;
  read(): Sums;
}

/**
 * Counts from now on. A delivery that is repeated ends once: what is told of it beyond what is owed counts nothing.
 *
 * in  now: ms since the epoch
 */
export function createSums(subscriptions: readonly Subscribed[], now: () => number = Date.now): SumsKeeper {
  const hearers = new Map(
    [...Map.groupBy(subscriptions, ({ topic }) => topic)].map(([topic, all]) => [topic, appsOf(all)]),
  );
  const deliveries = new Map<string, Delivery>();
  /** Acknowledged, and not told of yet: since when. */
  const silent = new Map<string, number>();
  const effects = new Map<string, { tried: number; keys: number }>();
  const ended = createRecent<Delivery>(HALF_LATELY);
  const keys = createRecent<true>(HALF_LATELY);
  const sums = { events: 0, owed: 0, handled: 0, passed: 0, dead: 0 };

  const change = (key: string, work: (delivery: Delivery) => void) => {
    const known = deliveries.get(key) ?? ended.get(key);
    const delivery = known ?? { owed: 0, told: { handled: 0, passed: 0, dead: 0 }, acknowledged: 0, isParked: false };
    const before = endsOf(delivery);
    work(delivery);
    count(before, endsOf(delivery));
    if (isSilent(delivery)) {
      if (!silent.has(key)) silent.set(key, now());
    } else silent.delete(key);
    if (isOpen(delivery)) {
      ended.delete(key);
      deliveries.set(key, delivery);
      if (deliveries.size > MOST_FOLLOWED) forget(deliveries);
    } else {
      deliveries.delete(key);
      ended.set(key, delivery);
    }
  };
  const count = (before: Ends, after: Ends) => {
    for (const end of ENDS) sums[end] += after[end] - before[end];
  };
  const publish = ({ topic = "", entry, event }: Happening) => {
    if (topic === DEAD_LETTERS) return;
    sums.events++;
    for (const app of hearers.get(topic) ?? []) {
      sums.owed++;
      change(keyOf(app, event ?? entry), (delivery) => void delivery.owed++);
    }
  };
  const tell = ({ app, event, outcome, how }: Happening) => {
    const end = outcome === "dead" ? "dead" : outcome === "ack" ? ENDED[how ?? ""] : undefined;
    if (event === undefined || outcome === "retry") return;
    change(keyOf(app, event), (delivery) => {
      delivery.isParked = end === undefined;
      if (end) delivery.told[end]++;
    });
  };
  const answer = ({ app, event, entry, outcome = "" }: Happening) => {
    const isAcknowledged = outcome === "success";
    // The app tells of neither by an id: what is no event has none, and what has expired it never got.
    const isDead = GIVEN_UP.has(outcome) || (isAcknowledged && event === undefined);
    if (!isAcknowledged && !isDead) return;
    change(keyOf(app, event ?? entry), (delivery) => {
      if (isDead) delivery.told.dead++;
      else delivery.acknowledged++;
    });
  };
  const tryEffect = ({ how = "", key = "" }: Happening) => {
    const known = effects.get(how) ?? { tried: 0, keys: 0 };
    effects.set(how, known);
    known.tried++;
    if (!keys.get(`${how} ${key}`)) known.keys++;
    keys.set(`${how} ${key}`, true);
  };
  const settleSilent = () => {
    for (const [key, since] of silent) {
      if (since > now() - LOG_MS) return;
      change(key, (delivery) => {
        delivery.told.handled += delivery.owed - endedOf(endsOf(delivery));
      });
      silent.delete(key);
    }
  };
  const HEARD: Partial<Record<Happening["kind"], (row: Happening) => void>> = {
    published: publish,
    told: tell,
    answered: answer,
    effect: tryEffect,
  };

  return {
    hear(rows) {
      for (const row of rows) HEARD[row.kind]?.(row);
    },
    read() {
      settleSilent();
      return {
        ...sums,
        open: sums.owed - endedOf(sums),
        effects: [...effects]
          .map(([kind, counts]) => ({ kind, ...counts }))
          .sort((a, b) => a.kind.localeCompare(b.kind)),
      };
    },
  };
}

const ENDS = ["handled", "passed", "dead"] as const;
/** By how it was acknowledged. What is parked has not ended. */
const ENDED: Readonly<Record<string, End>> = {
  handled: "handled",
  ignored: "passed",
  unknown: "passed",
  duplicate: "passed",
};
/** Of outcomes: the sidecar has ended it by itself. */
const GIVEN_UP: ReadonlySet<string> = new Set(["drop", "expired", "illegible"]);

const appsOf = (all: readonly Subscribed[]): readonly string[] => [...new Set(all.map(({ app }) => app))];
const keyOf = (app = "", event: string | number = ""): string =>
  `${app} ${typeof event === "number" ? `#${event}` : event}`;

/** How it ended, as often as it was owed. */
function endsOf({ owed, told }: Delivery): Ends {
  const dead = Math.min(told.dead, owed);
  const handled = Math.min(told.handled, owed - dead);
  return { dead, handled, passed: Math.min(told.passed, owed - dead - handled) };
}

const endedOf = ({ handled, passed, dead }: Ends): number => handled + passed + dead;
const isOpen = (delivery: Delivery): boolean => endedOf(endsOf(delivery)) < delivery.owed;
const isSilent = (delivery: Delivery): boolean =>
  isOpen(delivery) && !delivery.isParked && delivery.acknowledged >= delivery.owed;

function forget(deliveries: Map<string, Delivery>): void {
  for (const key of deliveries.keys()) {
    if (deliveries.size <= MOST_FOLLOWED / 2) return;
    deliveries.delete(key);
  }
}
