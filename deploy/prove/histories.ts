import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import type { Answers } from "./answers.ts";
import { type Result, run, type Step } from "./run.ts";
import type { Surroundings } from "./surroundings.ts";

/** What comes of histories of one function, whose effects answer in one way. */
export interface Histories {
  /** Nothing goes wrong. What came of it first: once it is known, nothing runs. */
  calm(events: readonly CloudEvent[]): Promise<Result>;
  run(steps: readonly Step[], surroundings?: Surroundings): Promise<Result>;
}

export const stepsOf = (events: readonly CloudEvent[]): readonly Step[] => events.map((event) => ({ event }));

interface HistoriesOptions {
  readonly answers: Answers;
  readonly onRun: () => void;
  readonly deadlineMs?: number | undefined;
  readonly older?: SystemFunction<never> | undefined;
}

export function createHistories(
  fn: SystemFunction<never>,
  { answers, onRun, ...options }: HistoriesOptions,
): Histories {
  const known = new Map<string, Promise<Result>>();
  const begin = (steps: readonly Step[], surroundings?: Surroundings) => {
    onRun();
    return run(fn, steps, { answers, ...options, ...(surroundings ? { surroundings } : {}) });
  };
  return {
    calm(events) {
      const name = events.map(({ id }) => id).join(" ");
      const result = known.get(name) ?? begin(stepsOf(events));
      known.set(name, result);
      return result;
    },
    run: begin,
  };
}
