import { topicsOf } from "../../functions/kernel/define.ts";
import type { System } from "../../functions/kernel/system.ts";

/** That an app hears a topic. */
export interface Subscription {
  /** Of the subscription, and of its queue where daprd makes one. */
  readonly name: string;
  readonly app: string;
  readonly topic: string;
}

/** One for each topic that a function hears. throws: TypeError for two of one name, whose events would go to whoever asks first */
export function subscriptionsOf({ functions }: System<never>): readonly Subscription[] {
  const all = functions.flatMap(({ name: app, definition }) =>
    topicsOf(definition).map((topic) => ({ name: `${app}-${topic}`, app, topic })),
  );
  for (const [index, { name, app, topic }] of all.entries()) {
    const first = all.findIndex((each) => each.name === name);
    if (first !== index)
      throw new TypeError(
        `subscription ${name}: ${app} on ${topic} must not have the name of ${all[first]?.app} on ${all[first]?.topic}`,
      );
  }
  return all;
}

/** The topics that anything is said on, each once. */
export const topicsIn = ({ events }: System<never>): readonly string[] => [
  ...new Set(events.flatMap(({ topic }) => topic ?? [])),
];

/** The functions that an edge asks, each once. */
export function askedIn({ functions, edges }: System<never>): readonly string[] {
  const asked = new Set(edges.map(({ of }) => of));
  return functions.filter(({ source }) => asked.has(source)).map(({ name }) => name);
}
