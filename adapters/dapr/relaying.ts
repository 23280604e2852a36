import type { Logger } from "pino";
import type { Relayed } from "../core/relay/relay.ts";

const FIRST_MS = 1_000;
export const RELAY_EVERY_MS = 20_000;
/** What could not be done may be done soon. */
const SOON_MS = 5_000;
/** Between two looks, however much is parked. */
const LEAST_MS = 1_000;
/** Times that are remembered: of more, each look takes care. */
const MOST_TIMES = 10_000;

interface RelayingOptions {
  /** throws: when the ledger cannot tell what is due */
  readonly relay: (signal: AbortSignal) => Promise<Relayed>;
  /** in  parked: all that are known to wait */
  readonly observe?: ((relayed: Relayed) => void) | undefined;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly everyMs?: number;
}

interface Relaying {
  /** A parked event is due then, in ms since the epoch. */
  wakeAt(at: number): void;
  /** Resolves when it has ended what it was doing. */
  stop(): Promise<void>;
}

/** Looks at what is due again and again: shortly after the start, then each time a while after it has done so. */
export function startRelaying({ relay, observe, logger, everyMs = RELAY_EVERY_MS }: RelayingOptions): Relaying {
  const ends = new AbortController();
  let times: number[] = [];
  let looking: Promise<void> = Promise.resolve();
  let isLooking = false;
  let isAway = false;
  let timer: NodeJS.Timeout | undefined;
  let next = 0;

  const look = async () => {
    let nextMs = everyMs;
    try {
      const relayed = await relay(ends.signal);
      isAway = false;
      observe?.({ ...relayed, parked: times.length });
      if (relayed.failed > relayed.parked) nextMs = Math.min(everyMs, SOON_MS);
      if (relayed.said + relayed.failed > relayed.parked) logger.info(relayed, "relayed");
    } catch (error) {
      // Once for each time that it is away.
      if (!isAway && !ends.signal.aborted) logger.warn({ err: error }, "cannot tell what is due");
      isAway = true;
    }
    isLooking = false;
    wait(nextMs);
  };
  const begin = () => {
    times = times.filter((at) => at > Date.now());
    isLooking = true;
    looking = look();
  };
  const wait = (ms: number) => {
    const first = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
    const waitMs = Math.min(ms, Math.max(first - Date.now(), LEAST_MS));
    next = Date.now() + waitMs;
    clearTimeout(timer);
    if (!ends.signal.aborted) timer = setTimeout(begin, waitMs).unref();
  };
  wait(Math.min(FIRST_MS, everyMs));

  return {
    wakeAt(at) {
      if (times.length < MOST_TIMES) times.push(at);
      if (!isLooking && at < next) wait(next - Date.now());
    },
    async stop() {
      ends.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}
