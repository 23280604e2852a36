import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Entry, Outgoing } from "./entry.ts";
import type { Due, SaveOptions } from "./ledger.ts";
import { DAY_MS, KEPT_MS } from "./prepare.ts";

/** How long the bodies of what was said stay in the ledger. */
const KEEP_SAID_MS = DAY_MS;
/** In steps of these, so that a document whose events come together is not given another time with each. */
const STEP_MS = DAY_MS / 24;

/** What was said then or before has been kept for its time. */
export const lastOver = (now: number): number => now - KEEP_SAID_MS;

/** When somebody is to look after what was said, whoever says it. */
export const dueTime = ({ at, due = at + KEEP_SAID_MS }: Outgoing): number => due;

const hasState = ({ state, exact }: Entry): boolean => state !== undefined || exact !== undefined;

/**
 * When somebody is to look at a document. One without state goes by itself, so that it need not be looked at for room.
 *
 * out  `isIdle`: only for room
 */
function dueOf(entry: Entry, of: string): Due | undefined {
  const { outbox = {}, parked } = entry;
  const all = Object.values(outbox);
  const times = [...all, ...(parked ? [parked] : [])].flatMap(({ due }) => due ?? []);
  const first = Math.min(...all.map(({ at }) => at)) + KEEP_SAID_MS;
  const idle = hasState(entry) && all.length > 0 ? [Math.ceil(first / STEP_MS) * STEP_MS] : [];
  if (times.length + idle.length === 0) return undefined;
  return { of, at: Math.min(...times, ...idle), ...(times.length > 0 ? {} : { isIdle: true }) };
}

/** How long a document is kept, and when it is to be looked at. One without state only as long as its events could come again. */
export function keeping(entry: Entry, { name, state }: FunctionDefinition): Pick<SaveOptions, "ttlMs" | "due"> {
  const ttlMs = hasState(entry) ? state.keepMs : KEPT_MS;
  return { due: dueOf(entry, name), ...(ttlMs === undefined ? {} : { ttlMs }) };
}
