import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Outcome } from "../core/dispatch/outcome.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import type { Message } from "../core/event/decode.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { type Fault, withFaults } from "./faults.ts";
import { createHandlers, type HandlerName } from "./handlers.ts";
import type { TraceEntry } from "./trace.ts";

/** What not every host can do. A host that cannot says why. */
export type Feature =
  | "any-body" // delivers what is no event at all
  | "any-bytes" // delivers what is no text
  | "unchanged" // delivers an event as it was sent, byte for byte
  | "content-type" // hands over the sender's content type
  | "label" // hands over that it says it is an event
  | "binary-mode" // carries attributes beside the data
  | "http-headers" // these are headers of HTTP, which are percent-encoded
  | "record-headers" // hands over the headers of a record of Kafka
  | "bulk" // hands over many events of a sidecar at once
  | "batch-mode"
  | "any-size" // delivers what is larger than an event may be
  | "any-length" // delivers what is larger than a sidecar takes, 4 MiB
  | "any-depth" // delivers JSON nested many thousand levels deep
  | "any-number" // delivers JSON whose numbers no double holds
  | "any-text" // delivers half a character as such
  | "transport-trace" // carries a trace context beside the event
  | "event-trace" // leaves the trace context in the event alone
  | "token" // wants to be shown a secret
  | "overlap" // delivers the same event twice at once
  | "graceful-stop"; // is told to stop while it works

/** How a host is to be set up for a case; JSON's own types only, but for a function that hosts of this process run. */
export interface Setup {
  readonly handler: HandlerName;
  /** In the handler's stead. */
  readonly fn?: FunctionDefinition;
  readonly faults?: readonly Fault[];
  /** As TOPICS. */
  readonly topics?: readonly string[];
  readonly token?: string;
  readonly deadlineMs?: number;
}

/** A message as a sender or a broker hands it over. Header names in lower case. */
export interface Sending extends Message {
  /** The secret that its sender shows. */
  readonly token?: string;
}

/** The host's answer as its broker takes it: never again, or once more. */
export type Verdict = "done" | "again";

/** A host that runs one function. */
export interface Running {
  deliver(message: Sending): Promise<Verdict>;
  /** The delivery that follows upon `again`. Left out: as the first. */
  redeliver?(message: Sending): Promise<Verdict>;
  /** The process is gone; a new one begins, with the stores as they are and faults of its own. */
  restart(faults: readonly Fault[]): Promise<void>;
  /** Lets its clock jump. */
  advance(ms: number): void;
  /** Everything since the start, over all restarts. */
  trace(): readonly TraceEntry[];
  /** Ends it as its platform does; resolves when it has ended. */
  stop(): Promise<void>;
}

/** The driver of one host. */
export interface Host {
  readonly name: string;
  /** What it cannot do, and why. */
  readonly lacks: Readonly<Partial<Record<Feature, string>>>;
  /** Of an event. Left out: as many as the core takes. */
  readonly maxEventBytes?: number | undefined;
  start(setup: Setup): Promise<Running>;
}

/** A host around one function, until it ends. */
type Served = Pick<Running, "deliver" | "redeliver" | "stop">;

/** What outlives the process of a host. */
export interface Site {
  /** Stores and a broker of its own in the place of those in memory. */
  readonly ports?: Partial<Ports>;
  /** Starts a host around a function that is to use these ports. */
  serve(
    fn: FunctionDefinition,
    options: { readonly ports: Ports; readonly token: string | undefined },
  ): Promise<Served>;
  close?(): Promise<void>;
}

type InProcessOptions = Pick<Host, "name"> &
  Partial<Pick<Host, "lacks" | "maxEventBytes">> &
  (
    | Pick<Site, "serve">
    /** Once a case: for a host with a broker or stores of its own. */
    | { readonly open: () => Promise<Site> }
  );

export const LEASE_MS = 60_000;
/** Of a case that waits for none: longer than a busy machine stands still. */
export const DEADLINE_MS = 15_000;

/** The driver of a host that runs in this process: it gets functions and ports, and gives back how to deliver. */
export function createHost(options: InProcessOptions): Host {
  const { name, lacks = {}, maxEventBytes } = options;
  return {
    name,
    lacks,
    maxEventBytes,
    async start({ handler, fn: given, faults = [], topics, token, deadlineMs = DEADLINE_MS }) {
      const entries: TraceEntry[] = [];
      const trace = (entry: TraceEntry) => void entries.push(entry);
      const fn = given ?? createHandlers(trace)[handler];
      let jumped = 0;
      const now = () => Date.now() + jumped;
      const site: Site = "open" in options ? await options.open() : options;
      const ports = {
        ledger: createMemoryLedger({ now }),
        publish: async () => {},
        topics,
        now,
        deadlineMs,
        leaseMs: LEASE_MS,
        ...site.ports,
      };
      const begin = (faults: readonly Fault[]) =>
        site.serve(fn, { ports: withFaults(ports, { faults, trace }), token });
      let served = await begin(faults);
      let stopped: Promise<void> | undefined;
      const end = async () => {
        await served.stop();
        await site.close?.();
      };
      return {
        deliver: (message) => served.deliver(message),
        redeliver: (message) => (served.redeliver ?? served.deliver)(message),
        async restart(faults) {
          await served.stop();
          served = await begin(faults);
        },
        advance(ms) {
          jumped += ms;
        },
        trace: () => entries,
        stop: () => (stopped ??= end()),
      };
    },
  };
}

/** What a broker does about an outcome. */
export const toVerdict = ({ kind }: Pick<Outcome, "kind">): Verdict => (kind === "retry" ? "again" : "done");
