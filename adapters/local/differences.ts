/** Where the local sidecar is not like daprd. */
export interface Difference {
  readonly name: string;
  /** What daprd 1.18.3 on Redis does. */
  readonly daprd: string;
  /** What daprd 1.14.0 on Redis does, where that is something else again. */
  readonly daprd114?: string;
  readonly local: string;
  readonly why: string;
  /** Recorded cases of daprd 1.18.3 that come out differently here, by name or as a pattern of names. */
  readonly cases?: readonly (string | RegExp)[];
}

/** All of them. What is not listed is as daprd 1.18.3 does it. */
export const differences: readonly Difference[] = [
  {
    name: "exhausted without dead letter topic",
    daprd: "acknowledges the event: it is lost",
    daprd114: "leaves it pending and delivers it again after processingTimeout",
    local: "leaves it pending and delivers it again after processingTimeout",
    why: "an event is never lost",
    cases: [
      /^C\.200-(RETRY|RETRY-textplain|Status-key-RETRY|success-lowercase|unknown-status)$/,
      /^C\.(3\d\d|4(?!04)\d\d|5\d\d)(-retry-after|-SUCCESS-body)?$/,
      /^C\.(500|RETRY)-then-200$/,
      "C.reset",
    ],
  },
  {
    name: "404 without dead letter topic",
    daprd: "acknowledges the event: it is lost",
    local: "leaves it pending, as any failure",
    why: "a route that is missing is a mistake to be seen, not a reason to lose events",
    cases: ["C.404", "C.404-RETRY-body"],
  },
  {
    name: "404 with dead letter topic",
    daprd: "takes it to the dead letter topic",
    daprd114: "acknowledges the event: it is lost",
    local: "takes it to the dead letter topic",
    why: "an event is never lost",
  },
  {
    name: "app cannot be reached",
    daprd: "spends attempts on an app that does not listen; without retries that last long enough the event is lost",
    daprd114: "leaves the event pending and delivers it again after processingTimeout",
    local: "waits and spends none; delivers as soon as the app answers its health probe",
    why: "restarting an app is what a developer does all day",
  },
  {
    name: "app health",
    daprd: "probes only when told to, every 5 s by default; failures add up and are never forgotten",
    daprd114: "the same, but a good probe resets the count",
    local:
      "always probes, each second, and ten times a second while it fails; three failures on end make the app unhealthy",
    why: "a local restart must not take longer than it has to",
  },
  {
    name: "backoff when the app returns",
    daprd: "waits out the backoff of an attempt that failed before the app went away",
    local: "tries again at once when the app is back",
    why: "the same",
  },
  {
    name: "no inbound timeout",
    daprd: "never aborts a delivery; after processingTimeout a second copy is delivered beside the first",
    local: "aborts it after processingTimeout and counts a failed attempt",
    why: "handlers that hang would stop the component; overlapping copies are tested on the real one",
  },
  {
    name: "sidecar crash",
    daprd: "what was in flight comes again after processingTimeout",
    local: "what was in flight comes again at once",
    why: "no other process can have it",
  },
  {
    name: "expired events in the dead letter topic",
    daprd: "keeps the expiration, so that a subscriber of the dead letter topic never gets them",
    local: "delivers them to such a subscriber",
    why: "who reads dead letters wants to see them",
  },
  {
    name: "streams",
    daprd: "keeps every event for ever unless the component limits it",
    local:
      "deletes an event when every group is done with it; of a topic that nobody has ever subscribed to it keeps the newest 10,000",
    why: "the file must not grow without end",
  },
  {
    name: "re-serialisation",
    daprd: "sorts the keys at every depth, takes white space and repeated keys out, and replaces lone surrogates",
    local: "does so with the attributes only; data stays as it was written",
    why: "the JSON means the same; numbers are exact in both",
  },
  {
    name: "what a sidecar itself fails on",
    daprd: "some bodies get no answer",
    daprd114: "so, and some events end it, again after each restart",
    local: "answers, and goes on",
    why: "what is wrong with an event should be seen",
  },
  {
    name: "no trace context",
    daprd: 'traceid and traceparent are ""',
    daprd114: "traceid and traceparent are all zeros",
    local: 'traceid and traceparent are ""',
    why: "a development tool should show what the current version does",
  },
  {
    name: "tracing",
    daprd: "makes spans as its Configuration says, so that each hop has a span id of its own",
    local: "makes none: the trace context that came is carried on unchanged, as by a daprd without Configuration",
    why: "no exporter to send them to",
  },
  {
    name: "traceparent in the answer to a publish",
    daprd: "sends one",
    local: "sends none",
    why: "nobody reads it",
  },
  {
    name: "dead letters of the keeper",
    daprd: "delivers them to the keeper, by a subscription with rawPayload",
    local: "passes over that subscription: letters are read where they lie",
    why: "one process less",
  },
  {
    name: "metadata that no header can carry",
    daprd: "takes it, and fails at every delivery",
    local: "400 ERR_PUBSUB_REQUEST_METADATA",
    why: "an event that cannot be delivered must not be accepted",
  },
  {
    name: "bulk publish",
    daprd: "publishes side by side, so that some may fail and their order is anybody's",
    daprd114: 'the same; 404 "pubsub bulk is not found" at the stable path',
    local: "publishes all or none, in their order, at both paths",
    why: "one transaction",
  },
  {
    name: "bulk subscriptions: what is in a request",
    daprd: "waits maxAwaitDurationMs for more; on Redis no more than `concurrency` at once",
    local: "takes what is due at once, up to maxMessagesCount or 16 MiB; what comes meanwhile goes with the next",
    why: "an order by itself must not wait",
  },
  {
    name: "bulk subscriptions: requests at once",
    daprd: "one a topic, or as app-max-concurrency says; waiting for that counts toward the inbound timeout",
    local: "one an app; waiting for it does not count",
    why: "as it is deployed, with app-max-concurrency 1",
  },
  {
    name: "bulk subscriptions: what was done",
    daprd: "is acknowledged when the last of its request is, or has been given up",
    local: "is acknowledged at once, though another entry has to be repeated",
    why: "what is done must not come again when a sidecar is killed",
  },
  {
    name: "bulk subscriptions: 404",
    daprd: "acknowledges all of the request, dead letter topic or not: they are lost",
    local: "as 404 to a single delivery: takes each to the dead letter topic, or leaves it pending",
    why: "an event is never lost",
  },
  {
    name: "bulk subscriptions without rawPayload",
    daprd: "parses events and writes them anew: integers beyond 2^53 are rounded",
    local: "refused at start",
    why: "an amount must not change on its way",
  },
  {
    name: "CEL rules, circuit breakers, matching, other building blocks",
    daprd: "supported",
    local: "refused at start, with file, kind, name and field; their APIs answer 501",
    why: "small; nothing here needs them",
  },
  {
    name: "programmatic subscriptions",
    daprd: "added to the declared ones, which they replace on the same topic",
    local: "the app gets no events, and an error says so",
    why: "what subscribes to what is declared in one place",
  },
  {
    name: "resources that would be passed over",
    daprd:
      "ignores in silence: unknown fields, wrong API versions, unknown scopes, a second subscription of an app to one topic, a second Resiliency in a file",
    local: "refuses to start, and lists all of them",
    why: "each of them is a subscription that is not there",
  },
  {
    name: "first-write without etag on a key that exists",
    daprd: "500 when the key was written with first-write, 204 and overwritten when it was not",
    local: "409, as state.sqlite and state.in-memory",
    why: "the only one that a client can act on",
  },
  {
    name: "plain write over a key written with first-write",
    daprd: "500",
    local: "204, as state.sqlite and state.in-memory",
    why: "the same",
  },
  {
    name: "etag on an absent key, malformed etag",
    daprd: "204 and created; 400",
    local: "409 for both, as state.sqlite and state.in-memory",
    why: "the same",
  },
  {
    name: "state transactions, query",
    daprd: "supported; a transaction whose etag is wrong stays half written",
    local: "501",
    why: "nothing can be built on them",
  },
  {
    name: "shutdown",
    daprd: "exits at once unless told to wait; 1.14.0 loses the acknowledgement of what is in flight",
    local: "takes nothing new, waits up to 5 s for answers while its APIs stay open, then exits with 0",
    why: "what is not answered by then comes again at the next start",
  },
];
