import type { Check, Happening } from "./api-types.ts";
import type { Watch } from "./watch-parts.ts";

const LOOK_MS = 250;
/** The newest. */
const MOST = 100;

/** What must happen after faults, and whether it did. */
export interface Checks {
  watch(fault: string, watch: Watch): Check;
  see(row: Happening): void;
  /** Newest first. */
  all(): readonly Check[];
  close(): void;
}

interface Options {
  readonly now?: () => number;
  /** out: ends that. Left out: by a timer that keeps no process alive */
  readonly every?: (look: () => void) => () => void;
}

export function createChecks({ now = Date.now, every = byTimer }: Options = {}): Checks {
  let last = 0;
  let all: readonly Check[] = [];
  const watching = new Map<number, Watch>();
  let stop: (() => void) | undefined;

  const look = () => {
    for (const [id, watch] of watching) {
      const verdict = watch.look(now());
      if (!verdict) continue;
      all = all.map((check) => (check.id === id ? { ...check, ...verdict } : check));
      forget(id);
    }
  };
  const forget = (id: number) => {
    watching.get(id)?.close?.();
    watching.delete(id);
    if (watching.size > 0) return;
    stop?.();
    stop = undefined;
  };
  return {
    watch(fault, watch) {
      const check: Check = { id: ++last, at: now(), fault, must: watch.must, state: "watching" };
      for (const { id } of all.slice(MOST - 1)) forget(id);
      all = [check, ...all].slice(0, MOST);
      watching.set(check.id, watch);
      stop ??= every(look);
      return check;
    },
    see(row) {
      for (const watch of watching.values()) watch.see?.(row);
    },
    all: () => all,
    close() {
      for (const id of [...watching.keys()]) forget(id);
    },
  };
}

function byTimer(look: () => void): () => void {
  const timer = setInterval(look, LOOK_MS).unref();
  return () => clearInterval(timer);
}
