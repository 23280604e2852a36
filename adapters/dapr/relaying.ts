import type { Logger } from "pino";
import type { Relayed } from "../core/relay.ts";

const FIRST_MS = 1_000;
const EVERY_MS = 20_000;
/** What could not be done may be done soon. */
const SOON_MS = 5_000;

interface RelayingOptions {
  /** throws: when the ledger cannot tell what is due */
  readonly relay: (signal: AbortSignal) => Promise<Relayed>;
  readonly observe?: ((relayed: Relayed) => void) | undefined;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly everyMs?: number;
}

/** Looks at what is due again and again: shortly after the start, then each time a while after it has done so. */
export function startRelaying({ relay, observe, logger, everyMs = EVERY_MS }: RelayingOptions): {
  /** Resolves when it has ended what it was doing. */
  stop(): Promise<void>;
} {
  const ends = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  let isAway = false;

  const look = async () => {
    let nextMs = everyMs;
    try {
      const relayed = await relay(ends.signal);
      isAway = false;
      observe?.(relayed);
      if (relayed.failed > 0) nextMs = Math.min(everyMs, SOON_MS);
      if (relayed.said + relayed.failed > 0) logger.info(relayed, "relayed");
    } catch (error) {
      // Once for each time that it is away.
      if (!isAway && !ends.signal.aborted) logger.warn({ err: error }, "cannot tell what is due");
      isAway = true;
    }
    if (!ends.signal.aborted) timer = setTimeout(begin, nextMs).unref();
  };
  const begin = () => {
    looking = look();
  };
  let timer = setTimeout(begin, Math.min(FIRST_MS, everyMs)).unref();

  return {
    async stop() {
      ends.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}
