import type { System } from "../../functions/kernel/system.ts";
import { isFinal, type Told } from "../story/told.ts";

/** What is still to come of one story. */
export interface Waiting {
  /** in: a line of the story */
  hear(told: Told): void;
  isOver(): boolean;
  /** Event type and function. */
  readonly missing: readonly string[];
}

interface Begin {
  readonly id: string;
  readonly type: string;
  /** Who hears it. */
  readonly hearers: readonly string[];
}

/**
 * Waits until everybody who hears an event has said what became of it, and of all that followed from it. What is said to
 * nobody, or to a function itself at its time, is not waited for.
 */
export function createWaiting({ functions, events }: System<never>, { id, type, hearers }: Begin): Waiting {
  const published = new Set(events.flatMap((event) => (event.topic === undefined ? [] : [event.type])));
  const consumersOf = (said: string) =>
    published.has(said) ? functions.filter(({ definition }) => definition.on.has(said)).map(({ name }) => name) : [];
  /** A line may be read before that of its cause: then it is owed less than nothing. */
  const owed = new Map<string, number>();
  const ended = new Set<string>();
  const count = (cause: string, what: string, by: 1 | -1) => {
    const key = JSON.stringify([cause, what]);
    const next = (owed.get(key) ?? 0) + by;
    if (next === 0) owed.delete(key);
    else owed.set(key, next);
  };
  for (const hearer of hearers) count("", `${type} at ${hearer}`, 1);

  return {
    hear(told) {
      const { event = "", type: came = "", function: name, said = [], causationid = "" } = told;
      const key = JSON.stringify([event, name]);
      if (!isFinal(told) || ended.has(key)) return;
      ended.add(key);
      const isOwed = event === id ? hearers.includes(name) : consumersOf(came).includes(name);
      if (isOwed) count(event === id ? "" : causationid, `${came} at ${name}`, -1);
      for (const one of said) for (const consumer of consumersOf(one)) count(event, `${one} at ${consumer}`, 1);
    },
    isOver: () => owed.size === 0,
    get missing() {
      return Array.from(owed, ([key, times]) => (times > 0 ? [JSON.parse(key)[1] as string] : [])).flat();
    },
  };
}
