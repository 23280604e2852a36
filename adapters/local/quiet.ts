import type { System } from "../../functions/kernel/system.ts";

export interface Quiet {
  /** in: a line of a service's log */
  hear(line: Readonly<Record<string, unknown>>): void;
  /** out: false when it is not so in time */
  within(ms: number): Promise<boolean>;
  /** What was said and is not handled by everybody who hears it: event type and function. */
  waiting(): readonly string[];
}

/** Waits until everything that was said, beginning with the first event that is handled, was handled by everybody who hears it. */
export function createQuiet({ functions, events }: System<never>): Quiet {
  const published = new Set(events.flatMap(({ type, topic }) => (topic === undefined ? [] : [type])));
  const hearers = (type: string) =>
    functions.filter(({ definition }) => definition.on.has(type)).map(({ name }) => name);
  /** A line may be read before the one that it follows from. */
  const open = new Map<string, number>();
  const { promise, resolve } = Promise.withResolvers<true>();
  const count = (what: string, by: 1 | -1) => {
    const next = (open.get(what) ?? 0) + by;
    if (next === 0) open.delete(what);
    else open.set(what, next);
  };
  return {
    hear({ msg, type, service, outcome, how, said = [] }) {
      if (msg !== "event" || outcome !== "ack" || how !== "handled" || typeof type !== "string") return;
      if (published.has(type)) count(`${type} at ${service}`, -1);
      for (const each of said as readonly string[])
        if (published.has(each)) for (const hearer of hearers(each)) count(`${each} at ${hearer}`, 1);
      if (open.size === 0) resolve(true);
    },
    within: (ms) => Promise.race([promise, new Promise<false>((late) => setTimeout(late, ms, false).unref())]),
    waiting: () => [...open.keys()],
  };
}
