export interface PubSub {
  readonly name: string;
  readonly type: string;
  readonly version: string;
  /** Deliveries at once, for each app. */
  readonly concurrency: number;
  /** How long a delivery may take, and when one that failed for good is tried again, in milliseconds. */
  readonly processingTimeout: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly scopes: readonly string[];
}

export type StateComponent = Pick<PubSub, "name" | "type" | "version" | "scopes">;

export interface Subscription {
  /** Its file, kind and name. */
  readonly where: string;
  readonly pubsub: string;
  readonly topic: string;
  readonly path: string;
  readonly deadLetterTopic: string | undefined;
  /** It gets the bytes that were published, whatever they are. */
  readonly isRaw: boolean;
  /** Events in a request, at most. undefined: one by one. */
  readonly bulk: number | undefined;
  /** App ids; none means all. */
  readonly scopes: readonly string[];
}

export interface RetryPolicy {
  readonly policy: "constant" | "exponential";
  /** Milliseconds. */
  readonly duration: number;
  readonly maxInterval: number;
  /** -1: without end. */
  readonly maxRetries: number;
}

/** How deliveries from one component are tried. */
export interface InboundPolicy {
  /** Its file, kind and name. */
  readonly where: string;
  readonly component: string;
  readonly scopes: readonly string[];
  readonly timeout: number | undefined;
  readonly retry: RetryPolicy | undefined;
}

export interface Resources {
  readonly pubsubs: readonly PubSub[];
  readonly stores: readonly StateComponent[];
  readonly subscriptions: readonly Subscription[];
  readonly inbound: readonly InboundPolicy[];
  /** What was read and has no effect here. */
  readonly ignored: readonly string[];
}
