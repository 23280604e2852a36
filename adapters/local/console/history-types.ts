import type { Body, Happening, PendingEvents, Status, Story } from "./api-types.ts";

/** What has happened, kept. */
export interface History {
  append(happening: Omit<Happening, "id">, body?: string): void;
  /** Flushes, and tells listeners of what was appended, in order, with ids. */
  onAppended(listener: (rows: readonly Happening[]) => void): () => void;
  since(after: number, limit: number): readonly Happening[];
  before(query: Before): readonly Happening[];
  story(id: string): Story | undefined;
  body(id: number): Body | undefined;
  /** The id of the newest; 0: there is none. */
  readonly last: number;
  close(): void;
}

/** The newest first, of those below `before`. */
export interface Before {
  readonly before?: number;
  readonly limit: number;
  readonly app?: string;
  readonly topic?: string;
  readonly kind?: string;
  /** Of the broker. */
  readonly entry?: number;
  readonly find?: string;
}

/** What is so now. */
export interface StatusSource {
  read(): Status;
  /** The events behind the counts of what is pending, the earliest first. Left out: nobody here can tell them. */
  pending?(): PendingEvents;
  close(): void;
}
