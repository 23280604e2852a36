import { isDeepStrictEqual } from "node:util";
import { withState } from "../../adapters/core/dispatch/state.ts";
import { parseExactJson } from "../../adapters/core/event/json.ts";
import { EMPTY } from "../../adapters/core/ledger/entry.ts";
import type { Clause, FunctionDefinition, Reaction } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { defined } from "./canonical.ts";
import type { Effects } from "./effects.ts";
import { enterSurroundings, leaveSurroundings, reversed, type Surroundings } from "./surroundings.ts";

/** What one handling shows by itself, by the name of its finding. */
export interface Remark {
  readonly name:
    | "no-key"
    | "asked-twice"
    | "not-awaited"
    | "mutates-event"
    | "mutates-state"
    | "state-forgets"
    | "said-forgets";
  readonly line: string;
}

interface WatchOptions {
  readonly surroundings: Surroundings;
  readonly remarks: Remark[];
  readonly effects: Effects;
  readonly around: (react: () => Promise<Reaction<unknown>>) => Promise<Reaction<unknown>>;
}

/** The same function, each handling of which is looked at. */
export function watch(fn: FunctionDefinition, options: WatchOptions): FunctionDefinition {
  const { surroundings, remarks, effects, around } = options;
  const watched = ({ react, ...clause }: Clause<unknown>): Clause<unknown> => ({
    ...clause,
    react: (input, state) =>
      around(async () => {
        const turn = (value: unknown) => structuredClone(surroundings.isReversed ? reversed(value) : value);
        const given = { ...input, data: turn(input.data) };
        const known = turn(state);
        const before = structuredClone({ given, known });
        const pending = effects.begin();
        enterSurroundings(surroundings);
        try {
          const reaction = (await react(given, known)) ?? {};
          if (pending() > 0)
            remarks.push({
              name: "not-awaited",
              line: "the handler ends while an effect that it has asked for has not answered",
            });
          remarks.push(...whatIsForgotten(fn, reaction));
          return reaction;
        } finally {
          leaveSurroundings();
          if (!isDeepStrictEqual(given, before.given))
            remarks.push({ name: "mutates-event", line: "the handler changes the event that it is given" });
          if (!isDeepStrictEqual(known, before.known))
            remarks.push({ name: "mutates-state", line: "the handler changes the state that it is given, in place" });
        }
      }),
  });
  return { ...fn, on: new Map([...fn.on].map(([type, clause]) => [type, watched(clause)])) };
}

function whatIsForgotten(fn: FunctionDefinition, { state, emit = [] }: Reaction<unknown>): readonly Remark[] {
  const remarks: Remark[] = [];
  if (fn.keeps === "state" && state !== undefined && state !== null && !comesBack(fn, state))
    remarks.push({
      name: "state-forgets",
      line: "the state that comes back from the store is not what the handler keeps",
    });
  for (const { type, data } of emit)
    if (!isDeepStrictEqual(defined(data), roundTrip(data)))
      remarks.push({ name: "said-forgets", line: `${type}: its data is not the same in JSON` });
  return remarks;
}

function comesBack(fn: FunctionDefinition, state: unknown): boolean {
  try {
    const { exact } = withState(fn, EMPTY, state);
    return isDeepStrictEqual(exact === undefined ? roundTrip(state) : defined(parseExactJson(exact)), defined(state));
  } catch (error) {
    // It says so itself.
    return error instanceof Dead;
  }
}

const roundTrip = (value: unknown): unknown => {
  try {
    return defined(JSON.parse(JSON.stringify(value)));
  } catch {
    return value;
  }
};
