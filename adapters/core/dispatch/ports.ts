import type { CloudEvent } from "../../../functions/kernel/event.ts";
import type { CallOptions, Ledger } from "../ledger/ledger.ts";
import type { Retention } from "../ledger/retention.ts";
import type { Doubts } from "../relay/doubts.ts";
import type { Publish, Said } from "../relay/publish.ts";
import type { Told } from "./outcome.ts";
import type { Parking } from "./parking.ts";
import type { Patience } from "./patience.ts";
import type { UnknownTypes } from "./unknown-types.ts";

/** By how much clocks may differ, in ms. */
export const CLOCK_SKEW_MS = 5_000;

/** What a host lends to its functions. */
export interface Ports {
  readonly ledger: Ledger;
  readonly publish: Publish;
  /** Left out: published like everything else. */
  readonly deadLetter?: (letter: Said, options: CallOptions) => Promise<void>;
  /** Where everything that is said goes (TOPICS). Left out: each event to its own topic. Dead letters never. */
  readonly topics?: readonly string[] | undefined;
  /** Throws Dead for an event that its host takes no more, of a type that is consumed. Left out: it takes all. */
  readonly admit?: ((event: CloudEvent) => void) | undefined;
  /** Every type in the catalogue. Left out: whatever a function does not consume is ignored. */
  readonly types?: ReadonlySet<string> | undefined;
  /** For types that are not among them. Left out: acknowledged. */
  readonly unknown?: UnknownTypes | undefined;
  /** What a dead letter of this host has room for, its passport apart. Left out: the host's own. */
  readonly maxEventBytes?: number | undefined;
  /** Of the deployment, for the seals of dead letters. Left out: they bear none. */
  readonly letterSecret?: string | undefined;
  /** Gives up what keeps failing. Left out: nothing is given up. */
  readonly patience?: Patience | undefined;
  /** Takes what keeps failing out of the broker's hands. Left out: it comes again until it is given up. */
  readonly parking?: Parking | undefined;
  /** How many handlers of bulks may run at once. Left out, and undefined: 64. */
  readonly atOnce?: (() => number | undefined) | undefined;
  /** A relay says what is due later, and what an edge could not say. Left out: nobody does. */
  readonly isRelayed?: boolean | undefined;
  /** The process stands still once it has answered: nothing is left for later that somebody would have to make good. */
  readonly isFrozen?: boolean | undefined;
  /** For brokers that may lose what they have confirmed. Left out: what is confirmed is there. */
  readonly doubts?: Doubts | undefined;
  /** Left out: events 30 days, what was said one. */
  readonly retention?: Retention | undefined;
  /** Left out: waits for real. */
  readonly pause?: ((ms: number) => Promise<void>) | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
  /** For one event, everything included. Shorter than the host's own timeout. */
  readonly deadlineMs: number;
  /** Longer than the deadline, by more than clocks may differ. */
  readonly leaseMs: number;
  readonly observe?: (observation: Observation) => void;
}

/** Where a delivery comes from. */
export interface Origin {
  readonly topic?: string | undefined;
  /** W3C trace context of the transport; wins over the event's own. */
  readonly traceparent?: string | undefined;
  /** Of the same. */
  readonly tracestate?: string | undefined;
  /** Ends the dispatch before its deadline. */
  readonly signal?: AbortSignal | undefined;
}

/** One event on its way in. */
export interface Delivery extends Origin {
  readonly event: CloudEvent;
  /** Built by our own edge: the only way in for event types without a topic. Whoever asks again wants it said again. */
  readonly fromEdge?: boolean;
  /** Its subject is hardly known yet, so that it is handled without a look at first. Where it is, it is handled again. */
  readonly isNew?: boolean;
  /** Is told the state of its subject, as it is once the event is handled, so that an edge need not ask for it. */
  readonly onState?: (state: unknown) => void;
}

/** What happened to one event, for logs and metrics. Holds no data. */
export interface Observation extends Origin {
  readonly functionName: string;
  /** What it says of itself. `undefined`: what came did not even say that it was an event. */
  readonly event:
    | (Partial<Pick<CloudEvent, "id" | "source" | "type" | "subject">> & {
        readonly correlationid?: unknown;
        readonly causationid?: unknown;
      })
    | undefined;
  readonly outcome: Told;
  readonly durationMs: number;
}
