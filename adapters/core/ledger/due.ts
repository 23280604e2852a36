import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Ports } from "../dispatch/ports.ts";
import type { Entry, Outgoing } from "./entry.ts";
import type { Due, SaveOptions } from "./ledger.ts";
import { DAY_MS, HOUR_MS, keptMs, RETENTION } from "./retention.ts";

/** In steps of these, so that a document whose events come together is not given another time with each. */
const STEP_MS = HOUR_MS;
/** What is to be said later is there when its time has come, 30 days after its cause at most, and while nothing can be said. */
const WAITING_KEPT_MS = 32 * DAY_MS;

type Retained = Pick<Ports, "now" | "retention">;

/** What was said then or before has been kept for its time. */
export const lastOver = ({ now, retention: { saidMs } = RETENTION }: Retained): number => now() - saidMs;

/** When somebody is to look after what was said, whoever says it. */
export const dueTime = ({ at, due }: Outgoing, { retention: { saidMs } = RETENTION }: Retained): number =>
  due ?? at + saidMs;

const hasState = ({ state, exact }: Entry): boolean => state !== undefined || exact !== undefined;

/**
 * How long a document is kept, and when somebody is to look at it. One without state is kept only as long as its events could come again,
 * and goes by itself, so that it need not be looked at for room.
 *
 * out  due `isIdle`: only for room
 */
export function keeping(
  entry: Entry,
  { documents: of, state: { keepMs } }: FunctionDefinition,
  ports: Retained,
): Pick<SaveOptions, "ttlMs" | "due"> {
  const { outbox = {}, parked } = entry;
  const all = Object.values(outbox);
  const times = [...all, ...(parked ? [parked] : [])].flatMap(({ due }) => due ?? []);
  const isWaiting = times.length > 0;
  const { saidMs } = ports.retention ?? RETENTION;
  const first = Math.min(...all.map(({ at }) => at)) + saidMs;
  const idle = hasState(entry) && all.length > 0 ? [Math.ceil(first / STEP_MS) * STEP_MS] : [];
  const dates = [...times, ...idle];
  const due: Due = { of, at: Math.min(...dates), ...(isWaiting ? {} : { isIdle: true }) };
  const ttlMs = hasState(entry) ? keepMs : Math.max(keptMs(ports), isWaiting ? WAITING_KEPT_MS : 0);
  return { due: dates.length > 0 ? due : undefined, ...(ttlMs === undefined ? {} : { ttlMs }) };
}
