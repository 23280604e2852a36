import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { System } from "../../../functions/kernel/system.ts";
import { ConfigError } from "./config-error.ts";
import { begin, type Deployed, type DeployedEdges, type DeployedFunction } from "./deployed.ts";

/**
 * One function of a system, by its name.
 *
 * throws  ConfigError that says which there are
 */
export function deployedFunction<Effects>(
  system: System<Effects>,
  { name, effects }: Pick<Deployed<Effects>, "effects"> & { readonly name: string },
): DeployedFunction<Effects> {
  const found = system.functions.find((fn) => fn.name === name);
  if (!found)
    throw new ConfigError(`function: must be one of ${system.functions.map((fn) => fn.name).join(", ")}, got ${name}`);
  const { source } = found;
  return { ...deployedEdges(system, effects), source, edges: system.edges.filter(({ of }) => of === source) };
}

/** All edges of a system. */
export const deployedEdges = <Effects>(
  { source, ledgerPrefix, events, edges }: System<Effects>,
  effects: Deployed<Effects>["effects"],
): DeployedEdges<Effects> => ({
  home: { source, ledgerPrefix },
  eventTypes: events.map(({ type }) => type),
  effects,
  edges,
});

/** All functions of a system, with these effects. */
export const createFunctions = <Effects>(system: System<Effects>, effects: Effects): readonly FunctionDefinition[] =>
  system.functions.map(({ source }) =>
    begin({ source, effects: () => effects, home: { source: system.source, ledgerPrefix: system.ledgerPrefix } }, {}),
  );
