import type { Ports } from "../dispatch/ports.ts";
import { lastOver } from "./due.ts";
import { type Entry, type Outgoing, WIDTH } from "./entry.ts";
import { bytesOf } from "./ledger.ts";

/** Events in an inbox before all but the newest get rows. */
const RING = 16;
/** Saves of a subject for which those that have rows stay in its inbox. */
const LINGER = 16;
/** In an outbox: as many events, and as many characters of what they said. Of more, the oldest get rows. */
export const MOST_EVENTS = 12;
export const MOST_CHARACTERS = 64 * 1024;
interface UntidyOptions {
  /** Of the event that is handled: what it says stays. */
  readonly key: string;
  readonly ports: Ports;
}

/** Whether `tidy` has anything to do, which it seldom has. Costs no call of a store and no turn of the event loop. */
export const isUntidy = (entry: Entry, options: UntidyOptions): boolean =>
  isInboxFull(entry) || isOutboxFull(entry, options);

/** Whether its oldest are to get rows, or have had them for long enough. */
export function isInboxFull({ inbox, rows }: Entry): boolean {
  const count = inbox.length / WIDTH;
  return rows ? count >= rows.of + LINGER : count > RING;
}

function isOutboxFull(entry: Entry, { key, ports }: UntidyOptions): boolean {
  const outgoing = movable(entry);
  if (outgoing.length === 0 || (outgoing.length === 1 && outgoing[0]?.[0] === key)) return false;
  const over = lastOver(ports);
  return (
    outgoing.length > MOST_EVENTS ||
    outgoing.some(([one, { at }]) => one !== key && at <= over) ||
    outgoing.reduce((sum, [, one]) => sum + charactersOf(one), 0) > MOST_CHARACTERS ||
    bytesOf(entry) > ports.ledger.maxBytes
  );
}

/** What is still to be said by a relay stays where that sees it. */
export const movable = ({ outbox = {} }: Entry): [key: string, Outgoing][] =>
  Object.entries(outbox).filter(([, { due }]) => due === undefined);

export const charactersOf = ({ said }: Outgoing): number => said.reduce((sum, { body }) => sum + body.length, 0);
