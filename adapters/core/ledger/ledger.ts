/** A JSON object as a store holds it. What is in it, `entry.ts` knows. */
export type Document = Readonly<Record<string, unknown>>;

const texts = new WeakMap<Document, string>();
/** To write a shorter one again costs less than to remember it. */
const LONG = 4_096;

/** A document as JSON. A long one is made once: what is measured is then what is written. */
export function textOf(document: Document): string {
  const known = texts.get(document);
  if (known !== undefined) return known;
  const text = JSON.stringify(document);
  if (text.length > LONG) texts.set(document, text);
  return text;
}

export const bytesOf = (document: Document): number => Buffer.byteLength(textOf(document));

/** Neither entry nor version: no such document. A version without an entry: an expired document that still lies there. */
export interface Held {
  readonly entry?: Document;
  /** Opaque. */
  readonly version?: string;
}

export interface CallOptions {
  /** Aborted before the call: it throws and nothing is saved. */
  readonly signal?: AbortSignal | undefined;
}

/** When somebody is to look at a document: something in it is still to be said, or has been kept for its time. */
export interface Due {
  /** Whose: a function's name. */
  readonly of: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Nothing is lost where nobody does: there is only room to be won. */
  readonly isIdle?: true;
}

export interface SaveOptions extends CallOptions {
  /** The version that was read; `undefined`: the document must not exist. */
  readonly expected: string | undefined;
  /** How long the document is kept, in ms. Left out: for ever. */
  readonly ttlMs?: number;
  /** Stored with the document, in place of what the save before said. Left out: nobody need look at it. */
  readonly due?: Due | undefined;
}

export interface DueOptions extends CallOptions {
  /** ms since the epoch. */
  readonly until: number;
  /** How many are told at most. */
  readonly most: number;
  /** Only to know them: nobody looks at them for being told. Then more and later ones may be told as well. */
  readonly isPeek?: boolean;
}

/** What was saved, as its version where the store tells it. */
export type Saved = string | true;

/** A small document that is written whatever is there: who writes it twice writes the same. */
export interface Row {
  readonly key: string;
  readonly entry: Document;
  /** How long it is kept, in ms. */
  readonly ttlMs: number;
}

/** What is written, a document or a row. */
export type Unsaved = Pick<Row, "key" | "entry"> & Pick<SaveOptions, "due"> & { readonly ttlMs?: number | undefined };

/** What one call of `loadAll` or `put` may name: DynamoDB writes no more at once. */
export const MOST_ROWS = 25;

/** A store of documents with compare-and-set. Values are JSON: all that goes in comes out, but for bigints. */
export interface Ledger {
  /** throws: when the store cannot tell. */
  load(key: string, options?: CallOptions): Promise<Held>;
  /**
   * Several in one call, not of one moment.
   *
   * in      keys that differ, at most MOST_ROWS
   * out     in their order
   * throws  when the store cannot tell of one
   */
  loadAll(keys: readonly string[], options?: CallOptions): Promise<readonly Held[]>;
  /** out: false when another was faster. throws: when the store cannot tell; it may have saved. */
  save(key: string, entry: Document, options: SaveOptions): Promise<Saved | false>;
  /**
   * Writes several in one call, on no condition and in no order.
   *
   * in      of keys that differ, at most MOST_ROWS
   * throws  when not all are known to be written
   */
  put(rows: readonly Row[], options?: CallOptions): Promise<void>;
  /**
   * The keys of a function's documents that are due by then. One that is told may have been saved since with another time, or be gone.
   *
   * in      of: the function's name
   * out     about the earliest first
   * throws  when the store cannot tell
   */
  due?(of: string, options: DueOptions): Promise<readonly string[]>;
  /**
   * What a look at a document that was told to be due has found: when to look again. Left out: the store knows.
   *
   * in  due: undefined where there is nothing to look at any more
   */
  looked?(key: string, due: Due | undefined): void;
  /** `loadAll` reads at one moment, or a key after the one before it: what left a first document for a row is met in one of the two. */
  readonly readsInOrder?: true;
  /** What a document may have as JSON, in bytes of UTF-8. */
  readonly maxBytes: number;
  close?(): Promise<void>;
}
