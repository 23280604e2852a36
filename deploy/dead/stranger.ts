import { topicsOf } from "../../functions/kernel/define.ts";
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

/** Says that the function where a letter died hears nothing there, so that all who do would ignore its replay. */
export function deafAt(
  topic: string,
  { function: name }: Letter,
  { driver, system }: Omit<StrangerOptions, "topic">,
): string | undefined {
  const fn = system.functions.find((one) => one.name === name);
  if (!fn || driver.functionAt?.(topic) !== undefined) return undefined;
  const heard = topicsOf(fn.definition);
  return heard.includes(topic) ? undefined : `${name} does not hear ${topic}: --topic must be ${heard.join(" or ")}`;
}
