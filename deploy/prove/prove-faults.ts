import type { CloudEvent } from "../../functions/kernel/event.ts";
import { differences } from "./compare.ts";
import { type Fault, HANDLER, OUTAGE, SUDDEN } from "./faults.ts";
import { type Matter, shortHistories } from "./matter.ts";
import type { Step } from "./run.ts";

/** One thing goes wrong, at each step, in each way. */
export async function proveFaults(matter: Matter): Promise<void> {
  const { fn, feed, histories } = matter;
  const { events } = feed;
  const all = shortHistories(feed);
  for (const event of events) await compare(matter, [event], [{ event }, { event }]);
  for (const [first, second] of all)
    if (first && second)
      await compare(
        matter,
        [first, second],
        [first, second, first].map((event) => ({ event })),
      );
  for (const history of all) {
    const last = history.at(-1) as CloudEvent;
    const before = history.slice(0, -1).map((event) => ({ event }));
    const steps = (await histories.calm(history)).steps.get(last.id) ?? [];
    const faults: Fault[] = steps.flatMap((_, at) => SUDDEN.map((kind) => ({ kind, at })));
    const isEffect = (name: string | undefined) => name !== undefined && fn.uses.includes(name);
    const slow = [HANDLER, ...steps.keys().filter((at) => isEffect(steps[at]))];
    const lates: Fault[] = slow.map((at) => ({ kind: "late", at }));
    const outages: Fault[] = steps.flatMap((_, at) => [{ kind: "fails", at, times: OUTAGE }]);
    for (const fault of [...faults, ...lates, ...outages]) {
      await compare(matter, history, [...before, { event: last, fault }]);
      // So that it is the first event of its process.
      if (before.length > 0) await compare(matter, history, [...before, { restart: true }, { event: last, fault }]);
    }
  }
}

/** in: what happens where nothing goes wrong, and what happens */
async function compare(
  { fn, book, histories }: Matter,
  calm: readonly CloudEvent[],
  wild: readonly Step[],
): Promise<void> {
  const undisturbed = await histories.calm(calm);
  const result = await histories.run(wild);
  for (const { name, line } of differences(fn.definition, undisturbed, result))
    book.add(name, { detail: line, history: result.history });
}
