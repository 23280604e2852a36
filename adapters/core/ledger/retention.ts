import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Ports } from "../dispatch/ports.ts";

/** For how long something is kept. What was said no longer than events may come. */
export interface Retention {
  /** RETENTION_DAYS, in ms: an event older than this is dead. */
  readonly eventMs: number;
  /** KEEP_SAID_HOURS, in ms: so long the bodies of what was said stay in the ledger. */
  readonly saidMs: number;
}

type Retained = Pick<Ports, "retention">;

export const HOUR_MS = 60 * 60 * 1_000;
export const DAY_MS = 24 * HOUR_MS;
/** How far ahead the clock of who says an event may be. */
export const AHEAD_MS = 24 * HOUR_MS;

/** Where nothing is set. */
export const RETENTION: Retention = { eventMs: 30 * DAY_MS, saidMs: DAY_MS };

/** in: as it is set, RETENTION_DAYS and KEEP_SAID_HOURS */
export const toRetention = (days: number, saidHours: number): Retention => ({
  eventMs: days * DAY_MS,
  saidMs: saidHours * HOUR_MS,
});

export const SAID_TOO_LONG = "KEEP_SAID_HOURS: must be no longer than RETENTION_DAYS";

/** What was handled is known longer than it may come again, also where its time was ahead: clocks differ, and a dispatch takes its time. */
export const keptMs = ({ retention: { eventMs } = RETENTION }: Retained): number => eventMs + AHEAD_MS + DAY_MS;

/** out: why a function cannot be run: it would forget its state and handle an event of its subject again */
export function keepFault({ name, state: { keepMs } }: FunctionDefinition, ports: Retained): string | undefined {
  const least = keptMs(ports);
  if (keepMs === undefined || keepMs >= least) return undefined;
  return `${name}: keep.days must be at least ${least / DAY_MS}, two more than RETENTION_DAYS`;
}
