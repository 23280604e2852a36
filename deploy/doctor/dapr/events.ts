import type { EventType, FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Deployment, DeploymentRule } from "../deployment.ts";
import { isWhole, ownApps } from "../own.ts";

/** Rules about what the system's own functions say and hear: of others' apps no manifest tells it. */
export const events: readonly DeploymentRule[] = [
  {
    id: "event-without-consumer",
    effect: "loses",
    why: "nobody here does anything about it: what should follow never does",
    source: "functions/index.ts",
    fix: 'a function that consumes it, or audience: "others" in its definition',
    *find(deployment) {
      if (!isWhole(deployment)) return;
      const heard = new Set(ownApps(deployment).flatMap(({ fn }) => [...fn.on.keys()]));
      for (const { app, fn } of ownApps(deployment))
        for (const { type, audience } of fn.emits.values())
          if (audience !== "others" && !heard.has(type))
            yield { at: app.at(), what: `${app.id} says ${type}, which no function consumes` };
    },
  },
  {
    id: "cycle-without-end",
    effect: "repeats",
    why: "functions that keep no state cannot know that they have been here before: events follow from each other for ever",
    source: "functions/index.ts",
    fix: "let one of the functions keep a state and say an event once a subject, or say another type",
    *find(deployment) {
      for (const { app, types } of cyclesIn(deployment))
        yield { at: app.at(), what: `${types.join(" → ")} may go round without an end` };
    },
  },
];

interface Cycle {
  readonly app: ReturnType<typeof ownApps>[number]["app"];
  readonly types: readonly string[];
}

/** Cycles through functions that keep nothing, each once: from the type that is the first of them by name. */
function cyclesIn(deployment: Deployment): readonly Cycle[] {
  const stateless = ownApps(deployment).filter(({ fn }) => fn.keeps === "nothing");
  const next = (type: string): readonly EventType[] =>
    stateless.flatMap(({ fn }) => (fn.on.has(type) ? [...fn.emits.values()] : []));
  return stateless.flatMap(({ app, fn }) =>
    [...fn.on.keys()].flatMap((first) => {
      const types = wayBack(first, next);
      const isFirst = types?.every((type) => first <= type) && isSaidBy(stateless, types);
      return types && isFirst ? [{ app, types }] : [];
    }),
  );
}

const isSaidBy = (all: readonly { readonly fn: FunctionDefinition }[], types: readonly string[]): boolean =>
  types.every((type) => all.some(({ fn }) => fn.emits.has(type)));

/** The shortest way from a type to itself. */
function wayBack(first: string, next: (type: string) => readonly EventType[]): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[first]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way; way = ways.shift())
    for (const { type } of next(way.at(-1) ?? first)) {
      if (type === first) return [...way, type];
      if (seen.has(type)) continue;
      seen.add(type);
      ways.push([...way, type]);
    }
  return undefined;
}
