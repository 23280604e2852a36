import type { Happening } from "./api-types.ts";
import { SIDECARS } from "./control.ts";
import type { Owed } from "./open-deliveries.ts";
import {
  broken,
  createScope,
  createTwice,
  END_MS,
  endOf,
  events,
  held,
  SLACK_MS,
  STAYS_MS,
  seconds,
  UP_MS,
  type Verdict,
  type Watch,
  type Watching,
} from "./watch-parts.ts";

const ofProcess = (name: string) => (owed: Owed) => name === SIDECARS || owed.app === name;

interface ComesBack {
  readonly name: string;
  readonly must: string;
  /** What else must be so once all has ended. */
  readonly more?: (now: number) => Verdict | undefined;
}

/** A process is up again, and what waited for it ends. */
export function watchReturn(watching: Watching, { name, must, more }: ComesBack): Watch {
  const began = watching.now();
  const scope = createScope(watching, ofProcess(name));
  const twice = createTwice(watching);
  let up: number | undefined;
  return {
    must,
    see({ kind, app, outcome }) {
      if (up !== undefined || kind !== "service" || app !== name || outcome !== "up") return;
      up = watching.now();
      scope.close();
    },
    look(now) {
      const doubled = twice();
      if (doubled) return doubled;
      if (up === undefined) return now - began < UP_MS ? undefined : broken(`it is not up after ${seconds(UP_MS)}`);
      const end = endOf(scope, { since: up, now, first: [`up after ${seconds(up - began)}`] });
      if (end?.state !== "held" || !more) return end;
      const other = more(now);
      return other && { state: other.state, seen: `${end.seen}; ${other.seen}` };
    },
    close: scope.close,
  };
}

/** A process stays away, and nothing that is meant for it is lost or done. */
export function watchStop(watching: Watching, { name, done }: { name: string; done: Promise<void> }): Watch {
  let since: number | undefined;
  let isOver = false;
  let wrong: string | undefined;
  let short = 0;
  const waiting: Owed[] = [];
  const close = watching.deliveries.onOwed((owed) => {
    if (owed.app === name && since !== undefined && owed.at > since + SLACK_MS) waiting.push(owed);
  });
  void done.then(() => {
    since = watching.now();
  });
  const isLate = ({ at }: Happening) => since !== undefined && at > since + SLACK_MS;
  const judge = (row: Happening): string | undefined => {
    const { kind, app, outcome = "" } = row;
    if (kind === "service" && app === name && ["started", "up"].includes(outcome)) return "it came back by itself";
    if (name === SIDECARS && ["published", "delivered"].includes(kind) && isLate(row))
      return `something was ${kind} without them`;
    if (app === name && kind === "answered" && outcome === "success" && isLate(row)) return "it has answered";
    return undefined;
  };
  return {
    must: MUST.stop(name),
    see(row) {
      if (isOver) return;
      // Also one that has not ended yet.
      if (row.kind === "fault" && row.how === `start ${name}`) isOver = true;
      else if (since !== undefined) wrong ??= judge(row);
    },
    look(now) {
      if (wrong !== undefined) return broken(wrong);
      if (since === undefined) return undefined;
      const ended = waiting.filter(({ end }) => end !== undefined).length;
      if (!isOver && ended > 0) return broken(`${events(ended)} ended without it`);
      if (!isOver && name !== SIDECARS) {
        const old = waiting.filter(({ at }) => now - at > 2 * SLACK_MS).length;
        const depths = watching.status().depths.filter(({ app }) => app === name);
        const there = depths.reduce((sum, { waiting: count }) => sum + count, 0);
        // What is counted may be a moment old.
        short = there < old ? short + 1 : 0;
        if (short > SHORT) return broken(`of ${events(old)} that came for it ${there} are in the broker`);
      }
      if (!isOver && now - since < STAYS_MS) return undefined;
      const what =
        name === SIDECARS
          ? "nothing was published or delivered"
          : `${events(waiting.length)} ${waiting.length === 1 ? "waits" : "wait"} for it`;
      return held(`away for ${seconds(now - since)}`, what);
    },
    close,
  };
}
/** Looks on end. */
const SHORT = 8;

interface ClockOptions {
  readonly name: string;
  readonly byMs: number;
  /** out: how much of the function is due by then, in ms since the epoch, of what was so when it was asked first */
  readonly dueBy?: ((app: string, at: number) => () => number) | undefined;
}

/** A service whose clock has changed: it is up again, and what is due by then comes. */
export function watchClock(watching: Watching, { name, byMs, dueBy }: ClockOptions): Watch {
  const began = watching.now();
  const left = byMs > 0 ? dueBy?.(name, began + byMs) : undefined;
  const due = left?.() ?? 0;
  const more = (now: number): Verdict | undefined => {
    if (byMs === 0) return held("its clock is right again");
    if (!left) return held(`its clock is ${seconds(byMs)} ahead`);
    const rest = left();
    if (rest === 0) return held(`${due} were due by then, and have come`);
    return now - began < END_MS ? undefined : broken(`${rest} of ${due} that are due by then have not come`);
  };
  return watchReturn(watching, { name, must: byMs === 0 ? MUST.right(name) : MUST.clock(name), more });
}

const comesUp = "what waits for it ends, and no effect is tried under a second key.";
export const MUST = {
  kill: (name: string) => `${name} comes back by itself; ${comesUp}`,
  start: (name: string) => `${name} comes up; ${comesUp}`,
  stop: (name: string) =>
    name === SIDECARS
      ? "They stay away until they are started; nothing is published or delivered meanwhile."
      : `${name} stays away until it is started; what comes for it waits in the broker.`,
  clock: (name: string) => `${name} starts again with its clock ahead, and what is due by then comes; ${comesUp}`,
  right: (name: string) => `${name} starts again with its clock right; ${comesUp}`,
};
