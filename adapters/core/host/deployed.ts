import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { EdgeDefinition, FunctionSource } from "../../../functions/kernel/edge.ts";
import { type Home, settle } from "../../../functions/kernel/home.ts";
import type { Served } from "../edge/edge.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a composition root tells a host of the system that it serves a part of. */
export interface Deployed<Effects> {
  readonly home: Omit<Home, "name">;
  /** The name of every event type of the system, to tell a stranger. */
  readonly eventTypes: readonly string[];
  /** The effects that are used here. throws: ConfigError for what is wrong with the environment */
  readonly effects: (env: Environment) => Effects;
  readonly edges: readonly EdgeDefinition<Effects>[];
}

/** All edges of a system, where they are served by themselves. */
export type DeployedEdges<Effects = never> = Deployed<Effects>;

/** One function of a system, and the edges that ask it. */
export interface DeployedFunction<Effects = never> extends Deployed<Effects> {
  readonly source: FunctionSource<Effects>;
}

type Begun<Effects> = Omit<DeployedFunction<Effects>, "edges" | "eventTypes">;

/** The same without its edges, which are served elsewhere. */
export type DeployedAlone<Effects = never> = Omit<DeployedFunction<Effects>, "edges">;

/** A function with its effects, at home in its system. */
export const begin = <Effects>({ source, effects, home }: Begun<Effects>, env: Environment): FunctionDefinition =>
  settle(typeof source === "function" ? source(effects(env)) : source, home);

/** Edges with their functions, each of which is made once. */
export function beginEdges<Effects>(
  { edges, ...deployed }: DeployedEdges<Effects>,
  env: Environment,
): readonly Served[] {
  const made = new Map<FunctionSource<Effects>, FunctionDefinition>();
  return edges.map((edge) => {
    const { of: source } = edge;
    const fn = made.get(source) ?? begin({ ...deployed, source }, env);
    made.set(source, fn);
    return { edge: edge as EdgeDefinition<never>, fn };
  });
}
