import type { Said } from "./publish.ts";

/** What a function knows of one subject, or of one event: state, inbox and outbox in one document. */
export interface Entry {
  readonly state?: unknown;
  /** By event key. */
  readonly seen: Readonly<Record<string, Seen>>;
  readonly lease?: Lease;
}

/** An event that was handled. */
export interface Seen {
  /** When, in ms since the epoch. */
  readonly at: number;
  /** Of what the event said, so that another event under the same id is told apart. */
  readonly digest: string;
  readonly said: readonly Said[];
}

/** Somebody works on the document. */
interface Lease {
  readonly event: string;
  /** ms since the epoch. */
  readonly until: number;
}

/** Neither entry nor version: no such document. A version without an entry: an expired document that still lies there. */
export interface Held {
  readonly entry?: Entry;
  /** Opaque. */
  readonly version?: string;
}

export interface CallOptions {
  /** Aborted before the call: it throws and nothing is saved. */
  readonly signal?: AbortSignal;
}

export interface SaveOptions extends CallOptions {
  /** The version that was read; `undefined`: the document must not exist. */
  readonly expected: string | undefined;
  /** How long the document is kept, in ms. Left out: for ever. */
  readonly ttlMs?: number;
}

/** A store of documents with compare-and-set. */
export interface Ledger {
  /** throws: when the store cannot tell. */
  load(key: string, options?: CallOptions): Promise<Held>;
  /** out: false when another was faster. throws: when the store cannot tell; it may have saved. */
  save(key: string, entry: Entry, options: SaveOptions): Promise<boolean>;
  close?(): Promise<void>;
}
