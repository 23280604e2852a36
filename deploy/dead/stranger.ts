import type { System } from "../../functions/kernel/system.ts";
import type { Driver, Letter } from "./letter.ts";

interface StrangerOptions {
  readonly driver: Driver;
  readonly system: System<never>;
  /** Where it goes. */
  readonly topic: string | undefined;
}

/** Says that the function where a letter died is none of the system's, so that its replay is for no function alone. */
export function strangerIn({ function: name }: Letter, { driver, system, topic }: StrangerOptions): string | undefined {
  const isKnown = system.functions.some((one) => one.name === name);
  if (name === undefined || isKnown || (topic !== undefined && driver.functionAt?.(topic) !== undefined))
    return undefined;
  return `${name} is no function of ${system.name}: a replay is for all that hear the topic`;
}
