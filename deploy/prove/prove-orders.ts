import type { CloudEvent } from "../../functions/kernel/event.ts";
import { createRandom } from "../random.ts";
import { differences, inBrief, meaningOf } from "./compare.ts";
import { documentOf } from "./feed.ts";
import type { FindingName } from "./findings.ts";
import { stepsOf } from "./histories.ts";
import { type Matter, shortHistories } from "./matter.ts";
import { lookAt } from "./prove-calm.ts";
import type { Result } from "./run.ts";

interface OrderOptions {
  readonly seed: number;
  readonly runs: number;
  readonly isOrdered: boolean;
}

/** Of more events than that not every order is tried. */
const MOST_EVENTS = 5;

/** The same events in other orders, those of other subjects among them, and those of older versions in place of newer ones. */
export async function proveOrders(matter: Matter, options: OrderOptions): Promise<void> {
  const { feed, histories } = matter;
  for (const [first, second] of shortHistories(feed))
    if (first && second)
      compareOrders(matter, await histories.calm([first, second]), await histories.calm([second, first]), options);
  const results: Result[] = [];
  for (const order of ordersOf(feed.events, options)) results.push(await histories.calm(order));
  const [usual] = results;
  if (!usual) return;
  for (const result of results) {
    lookAt(matter, result);
    compareOrders(matter, usual, result, options);
  }
  await proveEnds(matter, results);
  await isolate(matter);
  await proveUpcasts(matter);
}

function ordersOf(events: readonly CloudEvent[], { seed, runs }: OrderOptions): readonly (readonly CloudEvent[])[] {
  if (events.length <= MOST_EVENTS) return permutations(events);
  const { shuffle } = createRandom(seed);
  return [events, events.toReversed(), ...Array.from({ length: runs }, () => shuffle(events))];
}

const permutations = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  all.length < 2
    ? [all]
    : all.flatMap((first, at) =>
        permutations([...all.slice(0, at), ...all.slice(at + 1)]).map((rest) => [first, ...rest]),
      );

/**
 * A function may depend on the order of a subject's events: which of two contradicting facts is true, only it can tell. So it is a note
 * where what is said or kept differs. It is a fault where an effect is lost though every event is handled in both orders: nobody would
 * ever see that; unless somebody has said that it is ordered.
 */
function compareOrders({ book }: Matter, one: Result, other: Result, { isOrdered }: OrderOptions): void {
  const history = [...one.history, "and in another order:", ...other.history];
  const isDone = ({ ends }: Result) => [...ends.values()].every((end) => end === "handled");
  const lost = [...one.effects.keys()].filter((name) => !other.effects.has(name));
  const gained = [...other.effects.keys()].filter((name) => !one.effects.has(name));
  const [effect] = [...lost, ...gained];
  if (effect !== undefined && isDone(one) && isDone(other))
    book.add(isOrdered ? "order" : "order-loses-effect", { detail: `${effect} is done in one of them only`, history });
  const [meant, meantOther] = [meaningOf(one), meaningOf(other)];
  for (const part of ["said", "states"] as const) {
    const differing =
      meant[part].find((text, at) => meantOther[part][at] !== text) ?? meantOther[part][meant[part].length];
    if (differing !== undefined && meant[part].join() !== meantOther[part].join())
      book.add("order", {
        detail: `${part === "said" ? "says" : "keeps"} ${inBrief(differing)} in one of them only`,
        history,
      });
  }
}

/** Whether each event is handled in some order, and when. */
async function proveEnds({ feed, book, histories }: Matter, results: readonly Result[]): Promise<void> {
  for (const { id } of feed.events) {
    const alone = await histories.calm(feed.events.filter((event) => event.id === id));
    const all = [alone, ...results];
    const worst = (test: (end: string) => boolean) => all.filter(({ ends }) => test(ends.get(id) ?? ""));
    const throws = worst((end) => end.startsWith("retry"));
    const tell = (name: FindingName, { ends, history }: Result) =>
      book.add(name, { detail: `${id} ends as ${ends.get(id)}`, history });
    const isNever = throws.length === all.length;
    const [first, second] = throws;
    if (first && (isNever || first !== alone)) tell("stuck", first);
    else if (second) tell("stuck", second);
    else if (first) tell("waits", first);
    const dead = worst((end) => end.startsWith("dead"));
    if (dead[0] && dead.length === all.length) tell("dies", dead[0]);
  }
}

/** Events of two subjects, one after the other: what comes of both is what comes of each. */
async function isolate(matter: Matter): Promise<void> {
  const { fn, feed, book, histories } = matter;
  const documentsOf = (events: readonly CloudEvent[]) =>
    new Set(events.map((event) => documentOf(fn.definition, event)));
  const compare = async (ones: readonly CloudEvent[], others: readonly CloudEvent[], mixed: readonly CloudEvent[]) => {
    const known = documentsOf(ones);
    if (
      documentsOf(others)
        .keys()
        .some((key) => known.has(key))
    )
      return;
    const expected = both(await histories.calm(ones), await histories.calm(others));
    const result = await histories.run(stepsOf(mixed));
    lookAt(matter, result);
    requireKeysOfTheirOwn(matter, result);
    for (const { line } of differences(fn.definition, expected, result))
      book.add("isolation", { detail: line, history: result.history });
  };
  for (const one of feed.events) for (const other of feed.others) await compare([one], [other], [one, other]);
  const mixed = feed.events.flatMap((event, at) => [event, ...feed.others.slice(at, at + 1)]);
  if (feed.events.length > 1) await compare(feed.events, feed.others, mixed);
}

/** What two subjects ask for under one key is done for one of them, unless the key is of something that both of them name. */
function requireKeysOfTheirOwn({ feed, book }: Matter, { keys, history }: Result): void {
  const names = feed.events.flatMap(({ data }) => leavesOf(data));
  const others = new Set(feed.others.map(({ id }) => id));
  for (const [name, ids] of keys) {
    const key = name.slice(name.indexOf(" ") + 1);
    const words = key.split(/[^\p{L}\p{N}]+/u);
    const isNamed = names.some((text) => (text.length > 1 ? key.includes(text) : words.includes(text)));
    if (!isNamed && new Set([...ids].map((id) => others.has(id))).size > 1)
      book.add("key-reused", { detail: `${name}: for two subjects, and of nothing that their events say`, history });
  }
}

function leavesOf(value: unknown): readonly string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(leavesOf);
  return ["string", "number", "bigint"].includes(typeof value) && `${value}` !== "" ? [`${value}`] : [];
}

const both = (one: Result, other: Result): Result => ({
  ...one,
  ends: new Map([...one.ends, ...other.ends]),
  effects: new Map([...one.effects, ...other.effects]),
  said: new Map([...one.said, ...other.said]),
  states: new Map([...one.states, ...other.states]),
});

/** An event of an older version, and the same as its upcast makes it. */
async function proveUpcasts({ fn, feed, book, histories }: Matter): Promise<void> {
  const { definition } = fn;
  for (const event of feed.events) {
    const newer = [...definition.on.values()].find(({ event: { upcast } }) => upcast?.from.type === event.type)?.event;
    if (!newer?.upcast) continue;
    const old = await histories.calm([event]);
    let data: unknown;
    try {
      data = newer.upcast.to(event.data);
    } catch (error) {
      book.add("upcast", { detail: (error as Error).message, history: old.history });
      continue;
    }
    const result = await histories.run(stepsOf([{ ...event, type: newer.type, data }]));
    const history = [...old.history, "and as the new version:", ...result.history];
    for (const { line } of differences(definition, old, result)) book.add("upcast", { detail: line, history });
  }
}
