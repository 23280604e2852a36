import { type Entry, type Outgoing, WIDTH } from "./entry.ts";
import { bytesOf } from "./ledger.ts";
import type { Ports } from "./ports.ts";
import { DAY_MS } from "./prepare.ts";

/** Events in an inbox before the oldest get rows. */
export const RING = 32;
/** In an outbox: as many events, and as many characters of what they said. Of more, the older half gets rows. */
export const MOST_EVENTS = 16;
export const MOST_CHARACTERS = 64 * 1024;
/** How long the bodies of what was said stay in the ledger. */
const KEEP_SAID_MS = DAY_MS;

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
  return rows ? count >= rows.of + RING / 2 : count > RING;
}

function isOutboxFull(entry: Entry, { key, ports }: UntidyOptions): boolean {
  const { outbox = {} } = entry;
  const keys = Object.keys(outbox);
  if (keys.length === 0 || (keys.length === 1 && keys[0] === key)) return false;
  const over = lastOver(ports);
  const outgoing = Object.values(outbox);
  return (
    keys.length > MOST_EVENTS ||
    keys.some((one) => one !== key && (outbox[one]?.at ?? 0) <= over) ||
    outgoing.reduce((sum, one) => sum + charactersOf(one), 0) > MOST_CHARACTERS ||
    bytesOf(entry) > ports.ledger.maxBytes
  );
}

export const charactersOf = ({ said }: Outgoing): number => said.reduce((sum, { body }) => sum + body.length, 0);

/** What was said then or before has been kept for its time. */
export const lastOver = ({ now }: Ports): number => now() - KEEP_SAID_MS;
