import type { System } from "../../../functions/kernel/system.ts";

/** Less than SNS takes, 150 in all of a policy. One that withholds too few costs deliveries, and nothing else. */
const MOST_TYPES = 100;
/** As the publisher gives the attribute; what has none passes. */
const TYPE = /^[\w.-]{1,200}$/;
/** In place of types where all are consumed: CloudFormation fails where a filter is taken away. source: cloudformation-coverage-roadmap, issue 1840 */
const NO_TYPE = "none";

interface Heard {
  readonly topic: string;
  /** All that the function consumes there. */
  readonly types: readonly string[];
}

/**
 * What SNS need not bring a function: types of the catalogue alone, so that whatever is unknown still comes. Never none.
 *
 * source  Amazon SNS Developer Guide, "Filter policy constraints in Amazon SNS"
 */
export function withheldTypes({ events }: System<never>, { topic, types }: Heard): readonly string[] {
  const withheld = events
    .filter((event) => event.topic === topic && !types.includes(event.type) && TYPE.test(event.type))
    .map(({ type }) => type)
    .slice(0, MOST_TYPES);
  return withheld.length > 0 ? withheld : [NO_TYPE];
}
