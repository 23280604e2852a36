/** What whoever connects may take of a service, and for how long. */
export interface Limits {
  /** Until the head of a request is there, from the opening of its connection or its first byte. */
  readonly headMs: number;
  /** Until all of a request is there. */
  readonly requestMs: number;
  /** The same for a body that customers send. */
  readonly bodyMs: number;
  /** How often Node looks for requests that are late. */
  readonly checkMs: number;
  /** How long a connection from elsewhere is kept without a word. */
  readonly idleMs: number;
  /** How many connections may be open from elsewhere. */
  readonly mostConnections: number;
  /** How long a connection is held open for a client that has not sent all of what was refused. */
  readonly lingerMs: number;
  /** How long connections are kept for their last request, once a service is told to stop. */
  readonly lastCallMs: number;
}

/**
 * requestMs is for deliveries: a large one waits for its turn while another is dispatched. Only holders of the token get so far,
 * so that customers have their own, shorter time. idleMs is longer than the 60 s of the usual proxies: whoever closes first
 * resets what is on its way. What mostConnections can hold in heads and bodies that never end has room
 * beside the service in the 256 MiB that the manifests give it.
 */
export const LIMITS: Limits = {
  headMs: 5_000,
  requestMs: 30_000,
  bodyMs: 5_000,
  checkMs: 1_000,
  idleMs: 72_000,
  mostConnections: 512,
  lingerMs: 2_000,
  lastCallMs: 1_000,
};
