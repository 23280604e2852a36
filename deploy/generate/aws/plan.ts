import { settle } from "../../../functions/kernel/home.ts";
import type { System } from "../../../functions/kernel/system.ts";
import { EDGE, toWiring, type WiredEdge, type WiredFunction, type Wiring } from "../wiring.ts";
import { withheldTypes } from "./filter.ts";
import type { Settings } from "./settings.ts";

/** What a system is on AWS. */
export interface Plan extends Wiring {
  readonly system: string;
  readonly functions: readonly Consumer[];
  readonly edge: Edge | undefined;
}

export interface Consumer extends WiredFunction {
  readonly subscriptions: readonly Filtered[];
  /** What the keys of its documents match, as IAM matches. */
  readonly documents: string;
  /** The same of the index's partitions. */
  readonly due: string;
  readonly settings: Settings[string];
}

type Filtered = WiredFunction["subscriptions"][number] & {
  /** Event types that SNS need not bring, one at least. */
  readonly withheld: readonly string[];
};

export interface Edge extends WiredEdge {
  /** Those of the functions that it asks. */
  readonly documents: readonly string[];
  readonly settings: Settings[string];
}

/** What of a plan has settings, the edge among them. */
export const settingsOf = ({ functions, edge }: Plan): readonly (readonly [string, Settings[string]])[] => [
  ...functions.map(({ name, settings }) => [name, settings] as const),
  ...(edge ? [[EDGE, edge.settings] as const] : []),
];

/** Settings of other functions than its own are left out. */
export function toPlan(system: System<never>, settings: Settings): Plan {
  const wiring = toWiring(system);
  const homes = system.functions.map(({ definition }) => settle(definition, system).documents);
  const functions = wiring.functions.map((fn, nth): Consumer => {
    const home = homes[nth] ?? "";
    const subscriptions = fn.subscriptions.map((heard) => ({ ...heard, withheld: withheldTypes(system, heard) }));
    const documents = toPattern(home, homes);
    return { ...fn, subscriptions, documents, due: `${home}#*`, settings: settings[fn.name] ?? {} };
  });
  const { edge } = wiring;
  const documents = functions.flatMap((fn) => (edge?.asks.includes(fn.name) ? fn.documents : []));
  return {
    ...wiring,
    system: system.name,
    functions,
    edge: edge && { ...edge, documents, settings: settings[EDGE] ?? {} },
  };
}

/**
 * A key is what a function's documents begin with, a hyphen, a UUID, and what follows of a row: `order-*` would let `order` at the
 * documents of `order-history`.
 */
const toPattern = (home: string, all: readonly string[]): string =>
  all.some((other) => other.startsWith(`${home}-`)) ? `${home}-????????-????-????-????-????????????*` : `${home}-*`;
