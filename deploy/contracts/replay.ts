import { Dead } from "../../functions/kernel/outcome.ts";
import type { System } from "../../functions/kernel/system.ts";
import { accepts } from "./accepts.ts";
import type { Row } from "./compat.ts";
import type { Kept } from "./kept-schemas.ts";
import { bare, type Schema } from "./keywords.ts";

/** An event that was recorded, as far as it matters here. */
export interface Recorded {
  readonly type: string;
  readonly data: unknown;
}

export interface Replayed {
  /** Of types that the system has. */
  readonly read: number;
  /** By the path and the rule. */
  readonly refused: readonly Refused[];
  /** Of types that it has not. */
  readonly unknown: number;
}

export interface Refused {
  readonly type: string;
  /** data.a.0.b of TYPE: rule */
  readonly why: string;
  readonly events: number;
  /** What was kept refuses them as well: they were no events of that type before. */
  readonly wasBefore: boolean;
}

/** Reads recorded events by the schemas of a system. */
export function replay(
  events: Iterable<Recorded>,
  { system, kept }: { readonly system: System<never>; readonly kept: Kept },
): Replayed {
  const types = new Map(system.events.map((event) => [event.type, event]));
  const counted = new Map<string, Refused>();
  let [read, unknown] = [0, 0];
  for (const { type, data } of events) {
    const event = types.get(type);
    if (!event) {
      unknown++;
      continue;
    }
    read++;
    try {
      event.parse(data);
    } catch (error) {
      // A schema that throws something else may have put the value in it.
      const why = error instanceof Dead ? error.message : `data of ${type}: its schema fails`;
      const before = kept.events[type]?.data as Schema | undefined;
      const wasBefore = before !== undefined && accepts(bare(before), data) === false;
      const key = `${wasBefore} ${why}`;
      counted.set(key, { type, why, wasBefore, events: (counted.get(key)?.events ?? 0) + 1 });
    }
  }
  return { read, unknown, refused: [...counted.values()] };
}

/** The samples of when the schemas were kept. */
export const samplesOf = ({ events }: Kept): readonly Recorded[] =>
  Object.entries(events).flatMap(([type, { sample }]) => (sample === undefined ? [] : [{ type, data: sample }]));

interface Told {
  readonly rows: readonly Row[];
  /** The events were recorded, and are no samples. */
  readonly isRecorded: boolean;
}

/**
 * Whether more is refused than was before, and than has been told: of a type that does not hold backward, samples show nothing new; of
 * another, a rule has changed behind its text.
 */
export function refusesMore({ refused }: Replayed, { rows, isRecorded }: Told): boolean {
  const isToldOf = (type: string) =>
    rows.some((row) => row.type === type && ["forward", "breaking"].includes(row.verdict));
  return refused.some(({ type, wasBefore }) => !wasBefore && (isRecorded || !isToldOf(type)));
}
