import type { Happening } from "../../api-types.ts";
import { type Attempt, toAttempts, toWaits } from "./attempts.ts";
import { DEAD_LETTERS, type Fate, isOpen } from "./fate.ts";
import { keyOf, toMarks } from "./marks.ts";

/** One function, and what it has made of one event. */
export interface Lane {
  /** What tells it from others, in the page's address as well: `billing@ID`. */
  readonly key: string;
  /** How far it is from where the story begins. */
  readonly depth: number;
  /** The lane that has said its event: its key. */
  readonly parent?: string;
  /** Left out: nobody hears it. */
  readonly app?: string;
  /** The event, as whoever published it last, or whoever told of it first. */
  readonly head: Happening;
  /** When it was there to be received. */
  readonly published: readonly Happening[];
  readonly attempts: readonly Attempt[];
  readonly waits: readonly Span[];
  readonly marks: readonly Mark[];
  readonly fate: Fate;
  readonly waitedMs: number;
  readonly workedMs: number;
  /** Where it is open: until now. */
  readonly from: number;
  readonly to: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Something that it has done at a moment. */
export interface Mark {
  readonly kind: "said" | "saved" | "effect" | "letter";
  readonly at: number;
  readonly happening: Happening;
}

export interface Waterfall extends Span {
  /** Each beneath the one that has said its event, in time order. */
  readonly lanes: readonly Lane[];
}

interface WaterfallOptions {
  /** ms since the epoch: how far what is open is drawn. */
  readonly now: number;
  /** out: functions that consume such an event from such a topic: they have it still to come */
  readonly hearers?: (topic: string, type: string) => readonly string[];
}

/** What happened in one story, in any order → who waited, who worked, and what led to what. */
export function toWaterfall(happenings: readonly Happening[], options: WaterfallOptions): Waterfall {
  const named = withEvents(happenings.toSorted((one, other) => one.id - other.id));
  const lanes = inTree(toLanes(named, options), named);
  const others = named.filter(({ kind }) => kind !== "effect" && kind !== "told");
  const times = [...lanes.flatMap(({ from, to }) => [from, to]), ...others.map(({ at }) => at)];
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return times.length > 0 ? { lanes, from, to } : { lanes, from: options.now, to: options.now };
}

/** The event of each, also where only the broker's entry is known; that of what nobody can read is its entry. */
function withEvents(happenings: readonly Happening[]): readonly (Happening & { readonly event?: string })[] {
  const entries = new Map<string, Happening>();
  for (const each of happenings) if (each.kind === "published") entries.set(entryOf(each), each);
  return happenings.map((each) => {
    if (each.event !== undefined || each.entry === undefined || each.topic === undefined) return each;
    const { event, type, subject, correlation, causation } = entries.get(entryOf(each)) ?? {};
    const known = Object.entries({ event, type, subject, correlation, causation }).filter(([, value]) => value);
    return { event: `entry ${each.entry}`, ...Object.fromEntries(known), ...each };
  });
}

const entryOf = ({ topic, entry }: Happening): string => `${topic} ${entry}`;

const HEARD: readonly unknown[] = ["delivered", "answered", "told"];

function toLanes(happenings: readonly Happening[], { now, hearers = () => [] }: WaterfallOptions): readonly Lane[] {
  const published = Map.groupBy(
    happenings.filter(({ kind, topic }) => kind === "published" && topic !== DEAD_LETTERS),
    ({ event = "" }) => event,
  );
  const heard = Map.groupBy(
    happenings.filter(({ kind, app, event }) => HEARD.includes(kind) && app !== undefined && event !== undefined),
    ({ event, app }) => keyOf(event, app),
  );
  const events = new Set(Array.from(heard.keys(), (key) => split(key)[1]));
  // What is published is owed to all that hear it, also where none has it yet.
  for (const [event, those] of published) {
    const apps = new Set(those.flatMap(({ topic = "", type = "" }) => hearers(topic, type)));
    for (const app of apps) if (!heard.has(keyOf(event, app))) heard.set(keyOf(event, app), []);
    if (apps.size === 0 && !events.has(event)) heard.set(keyOf(event), []);
  }
  const bare = Array.from(heard, ([key, own]) => {
    const [app, event] = split(key);
    const attempts = toAttempts(own, now);
    const those = published.get(event) ?? [];
    const head = those.at(-1) ?? (own[0] as Happening);
    return { key, ...(app && { app }), head, published: those, attempts };
  });
  const marks = Map.groupBy(toMarks(happenings, bare), ({ of }) => of);
  return bare.map((lane) => measured({ ...lane, marks: marks.get(lane.key) ?? [] }, now));
}

function split(key: string): readonly [string, string] {
  const at = key.indexOf("@");
  return [key.slice(0, at), key.slice(at + 1)];
}

/** They change nothing of what became of it before. */
const PASSED: readonly Fate[] = ["duplicate", "ignored", "answered"];

function lastWord(attempts: readonly Attempt[]): Fate | undefined {
  const last = attempts.at(-1)?.fate;
  if (last === undefined || !PASSED.includes(last)) return last;
  return attempts.findLast(({ fate }) => !PASSED.includes(fate) && !isOpen(fate))?.fate ?? last;
}

/** Before it is known what was done in it. */
export type Bare = Pick<Lane, "key" | "app" | "head" | "published" | "attempts">;

function measured(lane: Bare & Pick<Lane, "marks">, now: number): Lane {
  const { attempts, published, head, app } = lane;
  const waits = app === undefined ? [] : toWaits(attempts, { published, now });
  const works = attempts.flatMap(({ work }) => work ?? []);
  const spans = [...waits, ...attempts];
  const isAgain = attempts.length > 0 && waits.some(({ to }) => to === now);
  const last = lastWord(attempts);
  const fate = last !== undefined && isAgain && !isOpen(last) ? "waiting" : last;
  const length = (of: readonly Span[]) => of.reduce((sum, { from, to }) => sum + to - from, 0);
  const workedMs = length(works);
  return {
    ...lane,
    depth: 0,
    waits,
    fate: fate ?? (app === undefined ? "heard by nobody" : "waiting"),
    // Between being handed over and its turn as well.
    waitedMs: Math.max(0, length(waits) + length(attempts) - workedMs),
    workedMs,
    from: Math.min(head.at, ...spans.map(({ from }) => from)),
    to: Math.max(head.at, ...spans.map(({ to }) => to)),
  };
}

/** Each beneath the one that has said its event. */
function inTree(lanes: readonly Lane[], happenings: readonly Happening[]): readonly Lane[] {
  const byKey = new Map(lanes.map((lane) => [lane.key, lane]));
  const causes = new Map(
    happenings.flatMap(({ event, causation }) => (event && causation ? [[event, causation]] : [])),
  );
  const parentOf = ({ key, head, published }: Lane): Lane | undefined => {
    const cause = causes.get(head.event ?? "");
    if (cause === undefined || cause === head.event) return undefined;
    const said = published.map(({ app }) => byKey.get(keyOf(cause, app))).find((lane) => lane !== undefined);
    const parent = said ?? lanes.find((lane) => lane.head.event === cause);
    return parent?.key === key ? undefined : parent;
  };
  const below = Map.groupBy(
    lanes.toSorted((one, other) => one.from - other.from || one.key.localeCompare(other.key)),
    (lane) => parentOf(lane)?.key,
  );
  const rows: Lane[] = [];
  const placed = new Set<string>();
  const put = (lane: Lane, depth: number, parent?: string) => {
    if (placed.has(lane.key)) return;
    placed.add(lane.key);
    rows.push({ ...lane, depth, ...(parent === undefined ? {} : { parent }) });
    for (const child of below.get(lane.key) ?? []) put(child, depth + 1, lane.key);
  };
  for (const lane of below.get(undefined) ?? []) put(lane, 0);
  // Causes that go round in a circle.
  for (const lane of lanes) put(lane, 0);
  return rows;
}

/** Whether something is still to come of it. */
export const isRunning = ({ lanes }: Waterfall): boolean => lanes.some(({ fate }) => isOpen(fate));

/** When something happened in a lane, and not only waited. */
export const busyOf = ({ attempts, head, marks }: Lane): readonly Span[] => [
  ...attempts,
  ...[head, ...marks].map(({ at }) => ({ from: at, to: at })),
];
