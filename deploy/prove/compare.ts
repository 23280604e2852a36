import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import { shortType } from "./names.ts";
import type { Result } from "./run.ts";

/** Where two histories differ that should not. */
export interface Difference {
  readonly name:
    | "swallowed"
    | "effect-lost"
    | "effect-repeated"
    | "says-otherwise"
    | "keeps-otherwise"
    | "ends-otherwise";
  /** What the one has that the other has not. */
  readonly line: string;
}

/** How what went wrong has changed what a function does. in: what it does undisturbed, and disturbed */
export function differences(fn: FunctionDefinition, calm: Result, wild: Result): readonly Difference[] {
  return [...effectsOf(fn, calm, wild), ...endsOf(calm, wild), ...saidOf(calm, wild), ...statesOf(calm, wild)];
}

function effectsOf({ exclusive }: FunctionDefinition, calm: Result, wild: Result): readonly Difference[] {
  const found: Difference[] = [];
  for (const name of calm.effects.keys())
    if (!wild.effects.has(name)) {
      const isSwallowed = wild.unmoved.has(calm.askedBy.get(name) ?? "");
      if (isSwallowed) found.push({ name: "swallowed", line: `taken for handled without ${name}` });
      else found.push({ name: "effect-lost", line: `never does ${name}` });
    }
  for (const [name, times] of wild.effects) {
    const usual = calm.effects.get(name);
    if (usual === undefined) found.push({ name: "effect-repeated", line: `does ${name} besides` });
    else if (exclusive && times > usual + wild.faults)
      found.push({ name: "effect-repeated", line: `does ${name} ${times} times` });
  }
  return found;
}

function endsOf(calm: Result, wild: Result): readonly Difference[] {
  return [...calm.ends].flatMap(([id, end]): Difference[] => {
    const other = wild.ends.get(id);
    return other === end ? [] : [{ name: "ends-otherwise", line: `${id} ends as ${other}, undisturbed as ${end}` }];
  });
}

const saidOf = ({ said: calm }: Result, { said: wild }: Result): readonly Difference[] =>
  whereMapsDiffer(calm, wild).map((line) => ({ name: "says-otherwise", line: `says ${line}` }));

const statesOf = ({ states: calm }: Result, { states: wild }: Result): readonly Difference[] =>
  whereMapsDiffer(calm, wild).map((line) => ({ name: "keeps-otherwise", line: `keeps ${line}` }));

/** out: as people read it, what the second has, and the first */
function whereMapsDiffer(calm: ReadonlyMap<string, string>, wild: ReadonlyMap<string, string>): readonly string[] {
  const keys = [...new Set([...calm.keys(), ...wild.keys()])].filter((key) => calm.get(key) !== wild.get(key));
  return keys.map((key) => {
    const [usual, other] = [calm.get(key), wild.get(key)];
    const [brief, otherBrief] = [inBrief(usual), inBrief(other)];
    return brief === otherBrief ? `${other}, undisturbed ${usual}` : `${otherBrief}, undisturbed ${brief}`;
  });
}

const MOST = 200;
const cut = (text: string): string => (text.length > MOST ? `${text.slice(0, MOST)}…` : text);

/** in: a state, or an event, of which its type and its data are told */
export function inBrief(text: string | undefined): string {
  if (text === undefined) return "nothing";
  const { type, data, specversion } = JSON.parse(text) as Partial<CloudEvent>;
  return cut(specversion === undefined || type === undefined ? text : `${shortType(type)} ${JSON.stringify(data)}`);
}

/** All of a result but how it came to be, as one text; two runs of the same history have the same. */
export const wholeOf = ({ ends, effects, said, states }: Result): string =>
  JSON.stringify([ends, effects, said, states].map((map) => [...map].sort(([one], [other]) => (one < other ? -1 : 1))));

/** The same whatever event was the last to come: ids of what is said tell which caused it. */
export const meaningOf = ({
  said,
  states,
}: Result): { readonly said: readonly string[]; readonly states: readonly string[] } => ({
  said: [...said.values()].map((text) => text.replace(/"(causationid|correlationid)":"[^"]*",?/g, "")).sort(),
  states: [...states.values()].sort(),
});
