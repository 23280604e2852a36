import type { Happening } from "../../api-types.ts";
import { type Fate, fateOf, isOpen } from "./fate.ts";
import type { Span } from "./waterfall.ts";

/** One time that a function had an event: from when it was handed over until it was answered. */
export interface Attempt extends Span {
  /** From 1, as it is counted here. */
  readonly number: number;
  /** When it was at work, as it told itself; all of it where it has told nothing. Left out: it was not reached. */
  readonly work?: Span;
  readonly fate: Fate;
  readonly delivered?: Happening;
  readonly answered?: Happening;
  readonly told?: Happening;
  /** Begun before the one before has ended. */
  readonly isBeside: boolean;
}

/** How far the clocks of two processes and two pipes may be apart, in ms. */
const APART_MS = 50;

type Taken = Pick<Attempt, "delivered" | "answered" | "told">;

/** in: what was delivered to one function of one event, answered and told by it, in the order of their ids */
export function toAttempts(happenings: readonly Happening[], now: number): readonly Attempt[] {
  const of = (kind: Happening["kind"]) => happenings.filter((each) => each.kind === kind);
  const answers = of("answered");
  const deliveries: Taken[] = of("delivered").map((delivered) => {
    const at = answers.findIndex(
      (each) => each.id > delivered.id && each.entry === delivered.entry && each.attempt === delivered.attempt,
    );
    const [answered] = at < 0 ? [] : answers.splice(at, 1);
    return { delivered, ...(answered && { answered }) };
  });
  // An answer whose delivery is no longer known.
  const all: Taken[] = [...answers.map((answered) => ({ answered })), ...deliveries];
  const alone: Taken[] = [];
  for (const told of of("told")) {
    const at = tellerOf(told, all);
    if (at < 0) alone.push({ told });
    else all[at] = { ...all[at], told };
  }
  const spans = [...all, ...alone].map((taken) => ({ ...taken, ...toSpan(taken, now) }));
  let until = Number.NEGATIVE_INFINITY;
  return spans
    .sort((one, other) => one.from - other.from)
    .map((attempt, index) => {
      const isBeside = attempt.from < until;
      until = Math.max(until, attempt.to);
      // Of two at once a function tells once: what joins another has nothing to do.
      const fate = isBeside && attempt.fate === "answered" ? "duplicate" : attempt.fate;
      return { ...attempt, fate, number: index + 1, isBeside };
    });
}

/** out: the attempt that a function tells of, -1 for one that no sidecar has brought */
function tellerOf(told: Happening, attempts: readonly Taken[]): number {
  const free = attempts.flatMap((each, index) => (each.told ? [] : [{ ...each, index }]));
  const byTime = free.find(({ delivered, answered }) => {
    const end = answered?.at ?? Number.POSITIVE_INFINITY;
    const begin = delivered?.at ?? end - (answered?.ms ?? 0);
    return begin - APART_MS <= told.at && told.at <= end + APART_MS;
  });
  // Its clock may have jumped: then the last that it must have told of, by the order in which both were learned of.
  const byOrder = free.findLast(
    ({ delivered, answered }) => answered?.outcome === "success" && delivered && delivered.id < told.id,
  );
  return (byTime ?? byOrder)?.index ?? -1;
}

function toSpan({ delivered, answered, told }: Taken, now: number): Omit<Attempt, "number" | "isBeside"> {
  const fate = fateOf(told, answered);
  const end = answered?.at ?? told?.at ?? now;
  const from = delivered?.at ?? end - (answered?.ms ?? told?.ms ?? 0);
  const to = Math.max(from, end);
  const work = told ? toWork(told, { from, to }) : answered?.outcome === "gone" ? undefined : { from, to };
  return { from, to, fate, ...(work && { work }) };
}

/** What it told is by its own clock: never outside of when it had the event. */
function toWork({ at, ms = 0 }: Happening, { from, to }: Span): Span {
  const end = at < from || at > to ? to : at;
  return { from: Math.max(from, end - ms), to: end };
}

interface WaitOptions {
  readonly published: readonly Happening[];
  readonly now: number;
}

/** When it lay there and nobody had it: before the first attempt, between two, and until now. */
export function toWaits(attempts: readonly Attempt[], { published, now }: WaitOptions): readonly Span[] {
  const waits: Span[] = [];
  let since: number | undefined;
  let said = published.map(({ at }) => at);
  for (const { from, to, fate, isBeside } of attempts) {
    const before = said.filter((at) => at <= from);
    said = said.filter((at) => at > from);
    // Once ended it waits only where it was published once more.
    const begin = since ?? (isBeside ? undefined : before[0]);
    if (begin !== undefined && begin < from) waits.push({ from: begin, to: from });
    since = isOpen(fate) ? to : undefined;
  }
  const last = attempts.at(-1);
  const begin = since ?? said[0];
  if (begin !== undefined && last?.fate !== "at work" && begin < now) waits.push({ from: begin, to: now });
  return waits;
}
