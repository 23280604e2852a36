import { system as own } from "../../functions/index.ts";
import type { System } from "../../functions/kernel/system.ts";
import { type Source, textChecks } from "./checks.ts";
import { toDeployment } from "./deployment.ts";
import type { Resource } from "./resource.ts";
import type { Finding } from "./rule.ts";
import { deploymentRules } from "./rules.ts";

/** What was read. */
export interface Input {
  /** Objects, in lists of those that are deployed together. */
  readonly deployments: readonly (readonly Resource[])[];
  /** Texts that a check has recognised. */
  readonly sources: readonly Source[];
}

/** out: what breaks a rule, each once, by file and line */
export function check({ deployments, sources }: Input, system: System<never> = own): readonly Finding[] {
  const found = [
    ...deployments.flatMap(byNamespace).flatMap((resources) => checkDeployment(resources, system)),
    ...sources.flatMap((source) => textChecks.find((each) => each.isFor(source))?.check(source) ?? []),
  ];
  const once = new Map(found.map((each) => [JSON.stringify([each.file, each.line, each.rule.id, each.what]), each]));
  return [...once.values()].toSorted(byPlace);
}

/** What says no namespace is in the one that there is; where there are several, in one of its own. */
function byNamespace(resources: readonly Resource[]): readonly (readonly Resource[])[] {
  const groups = Map.groupBy(resources, ({ namespace }) => namespace);
  const named = [...groups.keys()].filter((name) => name !== undefined);
  return named.length <= 1 ? [resources] : [...groups.values()];
}

export function checkDeployment(resources: readonly Resource[], system: System<never>): readonly Finding[] {
  const deployment = toDeployment(resources, system);
  return deploymentRules.flatMap((rule) =>
    [...rule.find(deployment)]
      .filter(({ at }) => !at.excepted?.has(rule.id))
      .map(({ at: { file, line }, what }) => ({ rule, file, what, ...(line === undefined ? {} : { line }) })),
  );
}

const byPlace = (one: Finding, other: Finding): number =>
  one.file.localeCompare(other.file) || (one.line ?? 0) - (other.line ?? 0);
