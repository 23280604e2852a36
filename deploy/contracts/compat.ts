import { type EventType, versionsOf } from "../../functions/kernel/define.ts";
import type { System } from "../../functions/kernel/system.ts";
import { type Change, compare, type Direction, toVerdict, type Verdict } from "./compare.ts";
import { schemaOf } from "./json-schema.ts";
import { consumersOf, type Kept, type KeptEvent } from "./kept-schemas.ts";

/** What has become of an event type since its schema was kept. */
export interface Row {
  readonly type: string;
  readonly verdict: Verdict | "new";
  readonly changes: readonly Change[];
  readonly hurt: readonly Hurt[];
}

/** Who gets what they do not understand. */
export interface Hurt {
  /** A function, or "others". */
  readonly who: string;
  /** backward: the new one, by events of before. forward: the old one, by new events. */
  readonly by: Direction;
}

const BOTH: readonly Direction[] = ["backward", "forward"];

/** Holds a system against what was kept of it: all event types of both, by type. */
export function compareKept(kept: Kept, system: System<never>): readonly Row[] {
  const types = new Set([...Object.keys(kept.events), ...system.events.map(({ type }) => type)]);
  return [...types].toSorted().map((type) => {
    const before = kept.events[type];
    const now = system.events.find((event) => event.type === type);
    if (!before) return { type, verdict: "new", changes: told(now as EventType), hurt: [] };
    return toRow(type, { before, now, system });
  });
}

function told(event: EventType): readonly Change[] {
  const [, ...older] = versionsOf(event);
  if (older.length === 0) return [];
  return [{ path: "type", what: `${older.map(({ type }) => type).join(", ")} is understood as it`, breaks: [] }];
}

interface Ends {
  readonly before: KeptEvent;
  readonly now: EventType | undefined;
  readonly system: System<never>;
}

function toRow(type: string, { before, now, system }: Ends): Row {
  const changes = now ? changesOf(before, now) : [{ path: "type", what: "is gone", breaks: BOTH }];
  const broken = BOTH.filter((direction) => changes.some(({ breaks }) => breaks.includes(direction)));
  const named = (names: readonly string[], by: Direction) =>
    broken.includes(by) ? names.map((who): Hurt => ({ who, by })) : [];
  const hurt = [
    ...named(consumersOf(type, system), "backward"),
    ...named([...before.consumers, ...(before.audience ? [before.audience] : [])], "forward"),
  ];
  return { type, verdict: changes.length === 0 ? "same" : toVerdict(broken), changes, hurt };
}

function changesOf(before: KeptEvent, now: EventType): readonly Change[] {
  const { changes } = compare(before.data, schemaOf(now));
  const topic = now.topic ?? null;
  const moved = { path: "topic", what: `${before.topic ?? "none"} → ${topic ?? "none"}`, breaks: BOTH };
  const other = { path: "subject", what: "is another, of the same data", breaks: BOTH };
  return [...(topic === before.topic ? [] : [moved]), ...(isAboutTheSame(before, now) ? [] : [other]), ...changes];
}

/** Of what is not read any more it cannot be told, and need not. */
function isAboutTheSame({ sample, subject }: KeptEvent, now: EventType): boolean {
  if (sample === undefined) return true;
  let data: unknown;
  try {
    data = now.parse(sample);
  } catch {
    return true;
  }
  return now.subjectOf(data) === subject;
}
