import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import { differences } from "./compare.ts";
import { type Fault, SUDDEN } from "./faults.ts";
import { type Matter, shortHistories } from "./matter.ts";
import type { Result, Step } from "./run.ts";

/** As while a new version is rolled out: processes of two builds have the same store, and events go to either. */
export async function proveBuilds(matter: Matter, older: SystemFunction<never> | undefined): Promise<void> {
  const { fn, feed, histories } = matter;
  const pairs = shortHistories(feed).flatMap(([first, second]) => (first && second ? [{ first, second }] : []));
  if (fn.definition.keeps === "state")
    // What a newer one has kept is left to it.
    for (const { first, second } of pairs)
      await compare(matter, [first, second], [{ event: first, by: "newer" }, { event: second }]);
  if (!older) return;
  const isHeard = ({ type }: CloudEvent) => older.definition.on.has(type);
  for (const { first, second } of pairs) {
    if (isHeard(first)) await compare(matter, [first, second], [{ event: first, by: "older" }, { event: second }]);
    if (isHeard(second)) await compare(matter, [first, second], [{ event: first }, { event: second, by: "older" }]);
  }
  // It dies at each step, and this one takes its place.
  for (const history of shortHistories(feed)) {
    const event = history.at(-1) as CloudEvent;
    const before = history.slice(0, -1).map((each) => ({ event: each }));
    const steps = (await histories.calm(history)).steps.get(event.id) ?? [];
    const faults: Fault[] = steps.flatMap((_, at) => SUDDEN.map((kind) => ({ kind, at })));
    for (const fault of isHeard(event) ? faults : [])
      await compare(matter, history, [...before, { event, fault, by: "older" }]);
  }
}

async function compare(
  { fn, book, histories }: Matter,
  calm: readonly CloudEvent[],
  wild: readonly Step[],
): Promise<void> {
  const undisturbed = await histories.calm(calm);
  const result = await histories.run(wild);
  const { history } = result;
  const all = differences(fn.definition, undisturbed, result);
  for (const effect of fn.uses) {
    const usual = countOf(undisturbed, effect);
    const count = countOf(result, effect);
    if (count === usual) continue;
    const name = count < usual ? "effect-lost" : "effect-repeated";
    const line = all.find((each) => each.name === name)?.line ?? "";
    book.add("version", { detail: `${effect}: ${count} in place of ${usual}: ${line}`, history });
  }
  // Which build asks, says or keeps the right thing nobody can tell.
  for (const { name, line } of all)
    book.add(name === "ends-otherwise" ? "version" : "version-differs", { detail: line, history });
}

/** How many different things it was asked for, and did. */
const countOf = ({ effects }: Result, effect: string): number =>
  [...effects.keys()].filter((name) => name.startsWith(`${effect} `)).length;
