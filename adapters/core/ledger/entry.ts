import { StepError } from "../dispatch/outcome.ts";
import type { Said } from "../relay/publish.ts";
import type { Document } from "./ledger.ts";

/**
 * What a function knows of one subject, or of one event, in one document. The names and the key are never used for anything
 * else: a document of a build before versions has `seen` and no `v`, and that build fails on one that has no `seen`.
 */
export interface Entry extends Document {
  readonly v: 1;
  readonly state?: unknown;
  /** The state as JSON instead, where it holds integers that no double holds: sidecars and stores read documents as doubles. */
  readonly exact?: string;
  /** Of the state's shape. Left out: 1. */
  readonly shape?: number;
  /** The events handled last, oldest first, 45 characters each: key and digest in base64url, and whether they said something. */
  readonly inbox: string;
  /** How many of these, from the oldest, have a row, and how many there were when they got them. */
  readonly rows?: { readonly count: number; readonly of: number };
  /** Older events were handled, and have rows. */
  readonly spilled?: true;
  /** By event key. */
  readonly outbox?: Readonly<Record<string, Outgoing>>;
  readonly lease?: Lease;
  /** Keys of events that are parked, in their order: none but the first has its turn, and what comes later waits behind them. */
  readonly behind?: readonly string[];
  /** Instead of all that: an event that was taken out of its broker's hands. */
  readonly parked?: Parked;
}

/** An event that kept failing, with all that it needs to be tried again. */
export interface Parked {
  /** A structured CloudEvent in JSON. */
  readonly body: string;
  /** The document in which it has its turn. Left out: of a function that keeps no state. */
  readonly of?: string | undefined;
  /** Its type was in no catalogue: it may come to be handled, and need not. */
  readonly isUnknown?: true;
  readonly topic?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** That failed. */
  readonly attempts: number;
  /** Between attempts that failed, in ms. */
  readonly spentMs: number;
  /** What the last of them failed on, since it was parked. */
  readonly last?: string;
  /** When it was parked, and when it was tried last, in ms since the epoch. */
  readonly since: number;
  readonly at: number;
  /** When it is to be tried next, in ms since the epoch. */
  readonly due: number;
}

/** What an event said, or one that is to be said later. */
export interface Outgoing {
  /** When it was first to be said, in ms since the epoch. */
  readonly at: number;
  readonly said: readonly Said[];
  /**
   * Nobody delivers the event again that says it: from then on a relay does, in ms since the epoch. Left out: a delivery will, or it
   * is said.
   */
  readonly due?: number;
}

/** Somebody works on the document. */
interface Lease {
  /** Event key. */
  readonly event: string;
  /** ms since the epoch. */
  readonly until: number;
}

export const EMPTY: Entry = { v: 1, inbox: "" };

/** Of a key, and of a digest: 16 bytes in base64url. */
export const HALF = 22;
export const WIDTH = 2 * HALF + 1;
const TALKS = "+";
const SILENT = "-";

/** in: a UUID. out: 22 characters of base64url */
export const compact = (uuid: string): string => Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");

/** The rows beside a document, by event key. */
export const inboxRow = (documentKey: string, key: string): string => `${documentKey}-in-${key}`;
export const outboxRow = (documentKey: string, key: string): string => `${documentKey}-out-${key}`;
/** The document of an event that is parked. */
export const parkedKey = (name: string, key: string): string => `${name}-parked-${key}`;
export const saidMark = (documentKey: string, key: string): string => `${documentKey}-said-${key}`;

/**
 * out     undefined for a document of the builds before versions, which hardly any store still has
 * throws  StepError `newer` for a document of a newer build: it waits for one that knows it
 */
export function versioned(document: Document | undefined): Entry | undefined {
  if (document === undefined) return EMPTY;
  const { v, seen } = document;
  if (v === 1) return document as unknown as Entry;
  if (v === undefined && seen !== undefined) return undefined;
  throw new StepError("newer", `document: must be of version 1, got ${v}`);
}

/** Of any version. throws: as `versioned` */
export const fromStored = (document: Document | undefined): Entry =>
  versioned(document) ?? fromUnversioned(document as unknown as Unversioned);

/** Of the builds before versions. */
interface Unversioned {
  readonly state?: unknown;
  readonly seen: Readonly<Record<string, Outgoing & { readonly digest: string }>>;
  readonly lease?: Lease;
}

function fromUnversioned({ state, seen, lease }: Unversioned): Entry {
  const events = Object.entries(seen).sort(([, one], [, other]) => one.at - other.at);
  const inbox = events.map(([key, { digest, said }]) => toInbox(compact(key), { digest: shortened(digest), said }));
  const talking = events.filter(([, { said }]) => said.length > 0);
  const outbox = Object.fromEntries(talking.map(([key, { at, said }]) => [compact(key), { at, said }]));
  return {
    v: 1,
    inbox: inbox.join(""),
    ...(state === undefined ? {} : { state }),
    ...(talking.length > 0 ? { outbox } : {}),
    ...(lease ? { lease } : {}),
  };
}

/** What is kept of an event that was handled. */
export interface Handled {
  /** Shortened. */
  readonly digest: string;
  /** Whether it said something. */
  readonly talks: boolean;
}

/** in: where in the inbox it begins */
export const handledAt = (inbox: string, at: number): Handled => ({
  digest: inbox.slice(at + HALF, at + 2 * HALF),
  talks: inbox[at + WIDTH - 1] === TALKS,
});

/** out: what the inbox knows of an event */
export function handledIn({ inbox }: Entry, key: string): Handled | undefined {
  for (let at = inbox.indexOf(key); at >= 0; at = inbox.indexOf(key, at + 1))
    if (at % WIDTH === 0) return handledAt(inbox, at);
  return undefined;
}

/** As much of a digest as is kept. */
export const shortened = (digest: string): string => digest.slice(0, HALF);

/** What one event adds. */
interface Addition {
  readonly key: string;
  /** Shortened. */
  readonly digest: string;
  /** At once. */
  readonly own: Outgoing;
  /** By keys of their own. */
  readonly later: Readonly<Record<string, Outgoing>>;
}

/** The entry once an event is handled, its lease given back. */
export function withEvent({ lease: _, inbox, ...rest }: Entry, { key, digest, own, later }: Addition): Entry {
  const outbox = { ...rest.outbox, ...(own.said.length > 0 ? { [key]: own } : {}), ...later };
  return withOutbox({ ...rest, inbox: inbox + toInbox(key, { digest, said: own.said }) }, outbox);
}

/** The entry with another outbox. */
export function withOutbox({ outbox: _, ...rest }: Entry, outbox: NonNullable<Entry["outbox"]>): Entry {
  return Object.keys(outbox).length > 0 ? { ...rest, outbox } : rest;
}

const toInbox = (key: string, { digest, said }: Pick<Addition, "digest"> & Pick<Outgoing, "said">): string =>
  key + digest + (said.length > 0 ? TALKS : SILENT);
