import type { Check, Happening, Status } from "./api-types.ts";
import { hasEnded, type OpenDeliveries, type Owed } from "./open-deliveries.ts";

/** How a check ends, and what was seen. */
export type Verdict = Required<Pick<Check, "seen">> & { readonly state: "held" | "broken" };

/** Watches what must happen after one fault. */
export interface Watch {
  readonly must: string;
  see?(row: Happening): void;
  /** out: undefined where that cannot be said yet */
  look(now: number): Verdict | undefined;
  close?(): void;
}

/** What watches look at. */
export interface Watching {
  readonly deliveries: OpenDeliveries;
  readonly status: () => Status;
  readonly now: () => number;
}

/** How long something has to stay as it is until that is said to hold. */
export const STAYS_MS = 10_000;
/** Between what is told to a process and what it does, and between clocks of rows. */
export const SLACK_MS = 500;
export const UP_MS = 30_000;
/** Whatever a process that was killed had in hand is free again by then, and what is parked has been tried. */
export const END_MS = 90_000;

export const held = (...seen: readonly string[]): Verdict => ({ state: "held", seen: seen.join("; ") });
export const broken = (...seen: readonly string[]): Verdict => ({ state: "broken", seen: seen.join("; ") });
export const events = (count: number): string => (count === 1 ? "1 event" : `${count} events`);
const deliveries = (count: number): string => (count === 1 ? "1 delivery" : `${count} deliveries`);
export const often = (count: number): string => ["never", "once", "twice"][count] ?? `${count} times`;
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Whether effects were tried under a second key since it was made. */
export function createTwice({ deliveries }: Watching): () => Verdict | undefined {
  const before = deliveries.twice().length;
  return () => {
    const [first] = deliveries.twice().slice(before);
    return first && broken(`${first.kind} of event ${first.event} was tried under ${first.keys.join(" and ")}`);
  };
}

/** Deliveries that must end: those that are open when it is made, and those that come until it is closed. */
export function createScope({ deliveries, now }: Watching, isOf: (owed: Owed) => boolean) {
  const scope = deliveries.open().filter(isOf);
  const close = deliveries.onOwed((owed) => {
    if (isOf(owed)) scope.push(owed);
  });
  return {
    close,
    count: () => scope.length,
    open: () => scope.filter((owed) => !hasEnded(owed, now())),
    /** What was broken from the beginning is none of them. */
    givenUp: () => scope.find(({ end, hasFailed }) => end === "dead" && hasFailed),
    dead: () => scope.filter(({ end }) => end === "dead").length,
  };
}
export type Scope = ReturnType<typeof createScope>;

/** out: how all of a scope has ended, or that it has not in time */
export function endOf(scope: Scope, { since, now, first = [] }: EndOptions): Verdict | undefined {
  const open = scope.open();
  const [one] = open;
  if (!one) {
    const dead = scope.dead();
    const letters = dead === 0 ? [] : [`${dead} of them as a dead letter`];
    return held(
      ...first,
      `${deliveries(scope.count())} waited, all have ended`,
      ...letters,
      "no effect under a second key",
    );
  }
  if (now - since < END_MS) return undefined;
  return broken(
    ...first,
    `${open.length} of ${deliveries(scope.count())} have not ended, ${one.id} at ${one.app} among them`,
  );
}
interface EndOptions {
  readonly since: number;
  readonly now: number;
  readonly first?: readonly string[];
}
