import type { CallOptions } from "../ledger/ledger.ts";

/** An event on its way out, encoded once, so that whoever says it again says the same bytes. */
export interface Said {
  readonly topic: string;
  /** Orders deliveries where the broker can: the event's subject. */
  readonly key: string;
  /** A structured CloudEvent in JSON, without trace context. */
  readonly body: string;
  /** W3C trace context of the delivery that made it. */
  readonly traceparent?: string | undefined;
  /** Of the same. Left out by most, and in what was said before there was any. */
  readonly tracestate?: string | undefined;
}

/** in: an event's text. out: the same with the trace context of what is said, for whoever carries no headers */
export const withTrace = (text: string, { traceparent, tracestate }: Said): string =>
  traceparent === undefined ? text : `${JSON.stringify({ traceparent, tracestate }).slice(0, -1)},${text.slice(1)}`;

/** In place of a topic, for what a function says to itself later. */
export const ITSELF = "";

/** Resolves when the broker has taken all of them, in order. Safe to call again with the same events. */
export type Publish = (said: readonly Said[], options?: CallOptions) => Promise<void>;
