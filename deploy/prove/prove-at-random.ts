import type { CloudEvent } from "../../functions/kernel/event.ts";
import { createRandom } from "../random.ts";
import { type Difference, differences } from "./compare.ts";
import { OUTAGE, SUDDEN } from "./faults.ts";
import type { Matter } from "./matter.ts";
import type { Result, Step } from "./run.ts";

interface RandomOptions {
  readonly seed: number;
  readonly runs: number;
}

const MOST_STEPS = 6;
const LAST_STEP = 7;

/** Longer histories, in which more than one thing goes wrong. */
export async function proveAtRandom(matter: Matter, { seed, runs }: RandomOptions): Promise<void> {
  const { feed, book } = matter;
  const pool = [...feed.events, ...feed.others, ...feed.repeated];
  const random = createRandom(seed);
  const below = (end: number) => Math.floor(random.next() * end);
  if (pool.length === 0) return;
  const toStep = (): Step => {
    const fate = random.next();
    if (fate < 0.1) return { restart: true };
    const event = random.pick(pool);
    return fate < 0.5
      ? { event, fault: { kind: random.pick(SUDDEN), at: below(LAST_STEP), times: 1 + below(OUTAGE) } }
      : { event };
  };
  for (let at = 0; at < runs; at++) {
    const steps = Array.from({ length: 2 + below(MOST_STEPS - 1) }, toStep);
    for (const { name } of (await tell(matter, steps)).found) {
      if (book.has(name)) continue;
      const { found, result } = await tell(matter, await shrink(matter, steps, name));
      for (const each of found) book.add(each.name, { detail: each.line, history: result.history });
    }
  }
}

async function tell(
  { fn, histories }: Matter,
  steps: readonly Step[],
): Promise<{ readonly found: readonly Difference[]; readonly result: Result }> {
  const events = new Map<string, CloudEvent>();
  for (const step of steps) if ("event" in step && !events.has(step.event.id)) events.set(step.event.id, step.event);
  const calm = await histories.calm([...events.values()]);
  const result = await histories.run(steps);
  return { found: differences(fn.definition, calm, result), result };
}

/** Without whatever can be left out. */
async function shrink(matter: Matter, steps: readonly Step[], name: Difference["name"]): Promise<readonly Step[]> {
  const shorter = steps.flatMap((step, at) => [
    [...steps.slice(0, at), ...steps.slice(at + 1)],
    ...("fault" in step && step.fault ? [steps.with(at, { event: step.event })] : []),
  ]);
  for (const candidate of shorter)
    if ((await tell(matter, candidate)).found.some((each) => each.name === name))
      return shrink(matter, candidate, name);
  return steps;
}
