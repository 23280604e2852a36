import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import type { Book } from "./book.ts";
import type { Feed } from "./feed.ts";
import type { Histories } from "./histories.ts";

/** A function that is proved, and what for. */
export interface Matter {
  readonly fn: SystemFunction<never>;
  readonly feed: Feed;
  readonly book: Book;
  readonly histories: Histories;
}

/** Of more types than that, pairs are too many: each is paired with so many that follow it. */
const MOST_PARTNERS = 8;

/** One event, and two of one subject, one after the other; those too where a source says the same twice. */
export function shortHistories({ events, repeated }: Feed): readonly (readonly CloudEvent[])[] {
  const partners = (at: number) => [...events.slice(at + 1), ...events.slice(0, at)].slice(0, MOST_PARTNERS);
  return [
    ...events.map((event) => [event]),
    ...events.flatMap((event, at) => [...partners(at), repeated[at] ?? event].map((other) => [event, other])),
  ];
}
