import type { System } from "../../../functions/kernel/system.ts";
import { topicsIn } from "../../generate/subscriptions.ts";
import type { Asked } from "../asked.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** What each driver is told. */
export interface DriverOptions {
  readonly at: Asked["at"];
  readonly system: System<never>;
  readonly env: Env;
}

/** The topics of a system, and those that its deployment publishes to beside them. */
export function topicsOf(system: System<never>, { TOPICS = "" }: Env): readonly string[] {
  const others = TOPICS.split(",").map((topic) => topic.trim());
  return [...new Set([...topicsIn(system), ...others])].filter(Boolean).toSorted();
}

/** Of a system: what is replayed for any other is for all that hear its topic. */
export const functionsOf = ({ functions }: System<never>): readonly string[] => functions.map(({ name }) => name);

export const NO_SECRET = "seals cannot be checked: set LETTER_SECRET to that of the deployment";
