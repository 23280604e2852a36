import { forgetOldest } from "../ledger/forget-oldest.ts";
import type { Marks } from "../ledger/marks.ts";
import type { Publish, Said } from "./publish.ts";

/** Of bodies in doubt, in characters. */
const MOST_IN_DOUBT = 512 * 1024;
/** For what is in doubt when the process ends. */
const LAST_MS = 3_000;
const SAY_AGAIN_AFTER_MS = { least: 1_000, most: 30_000 };

/**
 * For brokers that may lose what they have confirmed, as a daprd before a RabbitMQ that goes away: when publishing fails, what was
 * said shortly before is said again, as soon as it can be. What is remembered ends with the process.
 */
export interface Doubts {
  /** Whether an event that comes again is none that misses what follows from it. in: when that was said, in ms since the epoch */
  isSettled(at: number): boolean;
  /** Whether what was said then is to be said again, whoever asks. in: ms since the epoch */
  isLost(at: number): boolean;
  /** in: what was published just now */
  remember(mark: string, said: readonly Said[]): void;
  /**
   * Publishing failed. Once for each event that cannot be said: one that nobody takes must not set off all others at each of its
   * deliveries.
   */
  failed(mark: string, ports: DoubtPorts): void;
  /** Says what is in doubt, for the last time. Never rejects. */
  flush(): Promise<void>;
}

interface DoubtPorts {
  readonly publish: Publish;
  readonly marks: Marks;
}

interface DoubtsOptions {
  /** How long what was confirmed may still be lost, in ms. */
  readonly ms: number;
  /** For how long an event that comes again is none that misses what follows from it, in ms. */
  readonly settledMs: number;
  /** Since when, in ms since the epoch, until this begins, a broker has lost what was said. Left out: it has not. */
  readonly lostSince?: number | undefined;
  readonly now: () => number;
}

interface Doubtful {
  readonly said: readonly Said[];
  readonly at: number;
  /** In characters. */
  readonly size: number;
}

export function createDoubts({ ms, settledMs, lostSince = Number.POSITIVE_INFINITY, now }: DoubtsOptions): Doubts {
  const begun = now();
  /** By mark, as all here, the oldest first. */
  const lately = new Map<string, Doubtful>();
  const unsaid = new Map<string, Doubtful>();
  const refused = new Set<string>();
  let inDoubt = 0;
  let isSaying = false;
  let last: DoubtPorts | undefined;

  const forget = () => {
    const until = now() - ms;
    for (const [mark, { at, size }] of lately) {
      if (at > until && inDoubt <= MOST_IN_DOUBT) return;
      lately.delete(mark);
      inDoubt -= size;
    }
  };
  /** Each of them once: one that is refused does not keep the others from being said. */
  const sayUnsaid = async ({ publish, marks }: DoubtPorts) => {
    for (const [mark, { said, at }] of [...unsaid]) {
      try {
        await publish(said);
      } catch {
        continue;
      }
      unsaid.delete(mark);
      marks.add(mark, at);
    }
  };
  const sayAgain = async (ports: DoubtPorts) => {
    isSaying = true;
    for (let wait = SAY_AGAIN_AFTER_MS.least; unsaid.size > 0; wait = Math.min(2 * wait, SAY_AGAIN_AFTER_MS.most)) {
      await new Promise((resolve) => setTimeout(resolve, wait).unref());
      await sayUnsaid(ports);
    }
    isSaying = false;
  };

  const isLost = (at: number) => at >= lostSince && at < begun;
  return {
    isSettled: (at) => at > now() - settledMs && !isLost(at),
    isLost,
    remember(mark, said) {
      refused.delete(mark);
      inDoubt -= lately.get(mark)?.size ?? 0;
      lately.delete(mark);
      const size = said.reduce((sum, { body }) => sum + body.length, 0);
      lately.set(mark, { said, at: now(), size });
      inDoubt += size;
      forget();
    },
    failed(mark, ports) {
      if (refused.has(mark)) return;
      refused.add(mark);
      forgetOldest(refused);
      last = ports;
      forget();
      for (const [one, doubtful] of lately) {
        unsaid.set(one, doubtful);
        ports.marks.remove(one);
      }
      lately.clear();
      inDoubt = 0;
      if (unsaid.size > 0 && !isSaying) void sayAgain(ports);
    },
    async flush() {
      if (unsaid.size === 0 || !last) return;
      const end = new Promise((resolve) => setTimeout(resolve, LAST_MS).unref());
      await Promise.race([sayUnsaid(last), end]);
    },
  };
}
