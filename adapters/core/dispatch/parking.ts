import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import type { Entry } from "../ledger/entry.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";
import type { Remains } from "./dead-letter.ts";
import type { Outcome, Step } from "./outcome.ts";
import { leaveTurn, type ParkOptions, park, passTurn, requireTurn, takeTurn, unpark, without } from "./park.ts";
import { pause } from "./pause.ts";
import type { Origin, Ports } from "./ports.ts";
import type { Work } from "./prepare.ts";
import { type Progress, tookMost } from "./progress.ts";

type Retry = Extract<Outcome, { readonly kind: "retry" }>;

/** Failures of one event before it is parked: the first may be anybody's. */
const FAILURES = 2;
const FIRST_MS = 1_000;
/** One after the other, none done between them: then it is no event that fails, but what all of them need. */
const MOST_IN_A_ROW = 100;
/** For a turn that a store refuses: six seconds. */
const TURN_TRIES = 5;
const TURN_MS = 200;
export const PARKED: Outcome = { kind: "ack", how: "parked" };

export interface TakeOptions {
  readonly fn: FunctionDefinition;
  readonly remains: Remains;
  readonly origin: Origin;
  readonly ports: Ports;
  /** Left out: it is no event that is handled here. */
  readonly work?: Work | undefined;
  readonly progress?: Progress;
}

/** An attempt of a parked event. */
export interface FailedAgain {
  /** By its own fault. */
  readonly isOwn: boolean;
  /** The document in which it has its turn. Left out: as before. */
  readonly of: string | undefined;
}

interface AgainOptions {
  readonly hasTurn: boolean;
  /** Is told of an attempt that failed. */
  readonly onFailed: (failed: FailedAgain) => void;
}

/** An event that is still at work in this process, or waits there for its turn. */
export interface HoldOptions extends Pick<TakeOptions, "fn" | "origin" | "ports" | "work"> {
  readonly event: CloudEvent;
  /** When it is at work no more, in ms since the epoch. */
  readonly due: number;
}

/**
 * Takes events that keep failing out of their broker's hands, so that they hold up nobody: a relay tries them again. What comes later of
 * the same document waits behind them.
 */
export interface Parking {
  /** For how long an event may spend failing, in ms. */
  readonly ms: number;
  /** false: it takes nothing. */
  readonly isOn: boolean;
  /** out: `parked` for what is saved and tried again from there, else the retry that it was */
  take(retry: Retry, options: TakeOptions): Promise<Outcome>;
  /** throws: StepError `behind` where an earlier event has its turn first */
  requireTurn(entry: Entry, key: string): void;
  /** Its handler came to its end. out: the entry, once an event of it has had its turn */
  afterTurn(entry: Entry, key: string): Entry;
  readonly leaveTurn: typeof leaveTurn;
  readonly passTurn: typeof passTurn;
  /** The same, for what is parked already, whoever may park. */
  again(options: AgainOptions): Parking;
  /**
   * The same, for events that come many at once, so that one left to its broker would hold up the others: each is taken at its first
   * failure, whatever that is.
   *
   * in  isHeld: whether an event is kept by `hold`, as soon as that is known
   */
  inBulk(isHeld: (event: CloudEvent) => Promise<boolean> | undefined): Parking;
  /** Keeps one that takes longer than its broker is to wait. out: false where it cannot be kept */
  hold(options: HoldOptions): Promise<boolean>;
  /** What was held has come to its end. throws: when that cannot be saved: a relay finds that it was handled */
  letGo(event: CloudEvent, options: Pick<TakeOptions, "fn" | "ports">): Promise<void>;
}

interface ParkingOptions extends Pick<Parking, "ms"> {
  /** false (PARKING=off): takes nothing, and nothing that its broker brings waits. Others may have parked something before. */
  readonly isOn?: boolean;
  /** Is told when a relay is to try an event, in ms since the epoch. */
  readonly onParked?: (due: number) => void;
}

/** Whether it failed in its handler, or in one that took the most of the time. */
const isItsOwn = ({ code }: Retry, { progress, ports }: Pick<TakeOptions, "progress" | "ports">): boolean =>
  code === "handler" || (code === "timeout" && progress !== undefined && tookMost(progress, ports.deadlineMs));

export function createParking({ ms, isOn = true, onParked }: ParkingOptions): Parking {
  const failures = new Map<string, number>();
  let inARow = 0;

  /** out: whether it is parked */
  const keep = async (
    options: TakeOptions,
    how: Pick<ParkOptions, "attempts" | "evenAlone"> & { readonly code: Step; readonly isOwn: boolean },
  ) => {
    const { remains, fn, origin, ports, work } = options;
    const { code, isOwn, ...rest } = how;
    if (!("event" in remains)) return false;
    const due = ports.now() + FIRST_MS;
    const parked = { ...{ fn, origin, ports, work, due }, ...rest, event: remains.event, step: code };
    // Before it is known: many may be on their way.
    const count = isOwn ? 1 : 0;
    inARow += count;
    const isParked = await park(parked).catch(() => false);
    if (isParked) onParked?.(due);
    else inARow = Math.max(inARow - count, 0);
    return isParked;
  };

  const parking: Parking = {
    ...{ ms, isOn, leaveTurn, passTurn },
    async take(retry, options) {
      const { work, remains, origin } = options;
      // What no broker has brought, nobody holds up.
      if (!isOn || !work || !("event" in remains) || origin.topic === undefined) return retry;
      const { code } = retry;
      const isBehind = code === "behind";
      if (!isBehind && !isItsOwn(retry, options)) return retry;
      // Waiting is no failure of its own.
      const count = (failures.get(work.eventKey) ?? 0) + (isBehind ? 0 : 1);
      failures.set(work.eventKey, count);
      forgetOldest(failures);
      if (!isBehind && (count < FAILURES || inARow >= MOST_IN_A_ROW)) return retry;
      if (!(await keep(options, { code, isOwn: !isBehind, attempts: count }))) return retry;
      failures.delete(work.eventKey);
      return PARKED;
    },
    requireTurn: isOn ? requireTurn : () => {},
    afterTurn(entry, key) {
      inARow = 0;
      return without(entry, key);
    },
    again: ({ hasTurn, onFailed }) => ({
      ...parking,
      requireTurn,
      async take(retry, options) {
        // What was parked while it was at work has none yet, and what comes later would be done before it.
        const of = hasTurn ? undefined : await takeTurn(options).catch(() => undefined);
        onFailed({ isOwn: isItsOwn(retry, options), of });
        return retry;
      },
    }),
    inBulk: (isHeld) => ({
      ...parking,
      async take(retry, options) {
        const { remains, origin, ports } = options;
        if (!isOn || !("event" in remains) || origin.topic === undefined) return retry;
        const isKept = (await isHeld(remains.event)) === true;
        const isOwn = isItsOwn(retry, options);
        const how = { code: retry.code, isOwn, attempts: isOwn ? 1 : 0, evenAlone: true };
        let isTaken = (isKept || !isOwn || inARow < MOST_IN_A_ROW) && (await keep(options, how));
        // It is kept without its turn, and nobody waits for an answer: what comes later of its document does.
        for (let tries = 0; isKept && !isTaken && tries < TURN_TRIES; tries++) {
          await pause(TURN_MS * 2 ** tries, ports);
          isTaken = await keep(options, how);
        }
        return isTaken ? PARKED : retry;
      },
    }),
    hold: (options) => park({ ...options, attempts: 0 }),
    letGo: unpark,
  };
  return parking;
}
