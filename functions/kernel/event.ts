/**
 * A CloudEvents 1.0 event in memory. Extensions are further attributes: string, boolean or integer.
 * `data` is parsed JSON (integers beyond 2^53 as bigint), a string (text) or a Uint8Array (bytes).
 *
 * source  CloudEvents 1.0.2, section 3.1
 */
export interface CloudEvent<Data = unknown> {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: Data;
  readonly [extension: string]: unknown;
}

/** An event as handlers get it: its data checked against its schema, its time, where it had none, that of its arrival. */
export type Checked<Data> = CloudEvent<Data> & { readonly data: Data; readonly time: string };

/** What a handler says: an event without id, source and time, which only a host may give. */
export interface EventDraft<Data = unknown> {
  readonly type: string;
  readonly subject: string;
  readonly data: Data;
  /** How long after its cause it is to be said, in ms. Left out: at once. */
  readonly afterMs?: number;
}
