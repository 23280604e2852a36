import type { Child } from "../child.ts";
import type { Breaking } from "./sidecar-commands.ts";

const CLOCK = import.meta.resolve("./clock.mjs");
/** The process of all sidecars. */
export const SIDECARS = "sidecars";

/** What the launcher lets others do to its processes, by their names. */
export interface Control {
  names(): readonly string[];
  isStopped(name: string): boolean;
  /** It dies at once, and comes back by itself. */
  kill(name: string): void;
  /** It ends, and stays away until it is started. */
  stop(name: string): Promise<void>;
  start(name: string): Promise<void>;
  /** Starts it again with a clock that is so much ahead, in ms. */
  clock(name: string, byMs: number): Promise<void>;
  /** out: what its environment needs for that */
  clockOf(name: string): Readonly<Record<string, string>>;
  /** The sidecars. */
  tell(what: Breaking): void;
}

/** in: the processes, which may become more */
export function createControl(children: readonly Child[]): Control {
  const ahead = new Map<string, number>();
  /** throws: RangeError for a name that is none */
  const get = (name: string): Child => {
    const child = children.find((each) => each.name === name);
    if (!child) throw new RangeError(`${name}: is no process of this system`);
    return child;
  };
  return {
    names: () => children.map(({ name }) => name),
    isStopped: (name) => get(name).isHalted(),
    kill: (name) => get(name).crash(),
    stop: (name) => get(name).halt(),
    start: (name) => get(name).start(),
    async clock(name, byMs) {
      ahead.set(name, byMs);
      await get(name).restart();
    },
    clockOf(name) {
      const byMs = ahead.get(name) ?? 0;
      if (byMs === 0) return {};
      // In the environment: a path may have spaces, an address has none.
      const options = [process.env.NODE_OPTIONS, `--import ${CLOCK}`].filter((each) => each !== undefined);
      return { NODE_OPTIONS: options.join(" "), CLOCK_AHEAD_MS: String(byMs) };
    },
    tell: (what) => get(SIDECARS).tell(what),
  };
}
