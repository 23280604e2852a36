import type { CloudEvent } from "../../functions/kernel/event.ts";
import { differences, wholeOf } from "./compare.ts";
import type { FindingName } from "./findings.ts";
import { stepsOf } from "./histories.ts";
import { type Matter, shortHistories } from "./matter.ts";
import type { Result } from "./run.ts";
import { USUAL, VARIATIONS } from "./surroundings.ts";

/** What shows although nothing goes wrong: in one run, in a second one, and where clock, chance and environment are others. */
export async function proveCalm(matter: Matter): Promise<void> {
  const { feed, histories } = matter;
  const whole = feed.events.length > 2 ? [feed.events] : [];
  for (const events of [...shortHistories(feed), ...whole]) {
    lookAt(matter, await histories.calm(events));
    await repeat(matter, events);
  }
  await restart(matter);
  await grow(matter);
}

/** What one result shows by itself. */
export function lookAt({ book }: Matter, result: Result): void {
  const { remarks, history, requests, ends, askedBy, effects } = result;
  for (const { name, line } of remarks) book.add(name, { detail: line, history });
  for (const [name, asked] of requests)
    if (asked.size > 1) book.add("key-reused", { detail: `${name}: ${[...asked].join(" and ")}`, history });
  for (const [name, id] of askedBy) {
    const end = ends.get(id) ?? "";
    if (effects.has(name) && (end === "retry handler" || end.startsWith("dead")))
      book.add("effect-then-throws", { detail: `${id} ends as ${end}, after ${name}`, history });
  }
}

async function repeat({ fn, feed, book, histories }: Matter, events: readonly CloudEvent[]): Promise<void> {
  const first = await histories.calm(events);
  const once = (surroundings = USUAL) => histories.run(stepsOf(events), surroundings);
  const isAsFirst = (result: Result) => wholeOf(first) === wholeOf(result);
  const add = (name: FindingName, other: Result, more: readonly string[] = []) => {
    const [difference] = differences(fn.definition, first, other);
    const detail = difference?.line ?? "is done another number of times";
    book.add(name, { detail, history: [...first.history, ...more] });
  };
  /** out: whether it remembers */
  const again = async (line: string): Promise<boolean> => {
    const result = await once();
    if (isAsFirst(result)) return false;
    add("outside", result, [line]);
    return true;
  };
  if (await again("all of it once more, in a world where nothing has happened")) return;
  await histories.run(stepsOf(feed.others));
  if (await again("events of another subject, in another world; then all of it once more, where nothing has happened"))
    return;
  for (const [name, surroundings] of Object.entries(VARIATIONS)) {
    const other = await once(surroundings);
    if (isAsFirst(other)) continue;
    // Whatever is varied, it would differ.
    if (await again("all of it several times more, in worlds where nothing has happened")) return;
    if (!isAsFirst(await once(surroundings))) add(name as FindingName, other);
  }
}

/** What a process has learned must be in its state: another goes on with that alone. */
async function restart({ fn, feed, book, histories }: Matter): Promise<void> {
  for (const events of shortHistories(feed).filter(({ length }) => length === 2)) {
    const [first, second] = stepsOf(events);
    if (!first || !second) continue;
    const calm = await histories.calm(events);
    const result = await histories.run([first, { restart: true }, second]);
    for (const { line } of differences(fn.definition, calm, result))
      book.add("outside", { detail: line, history: result.history });
  }
}

const MANY = 10;
/** Of JSON, an event: a number may get a digit more now and then. */
const GROWTH = 4;

async function grow({ feed, book, histories }: Matter): Promise<void> {
  for (const event of feed.events) {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ event: { ...event, id: `g${String(at).padStart(3, "0")}` } }));
    const some = await histories.run(many(MANY));
    const more = await histories.run(many(2 * MANY));
    const perEvent = (more.stateLength - some.stateLength) / MANY;
    if (perEvent > GROWTH && some.stateLength > MANY * GROWTH)
      book.add("grows", {
        detail: `by ${Math.round(perEvent)} characters an event like ${event.id}`,
        history: some.history.slice(0, 2),
      });
  }
}
