import type { SystemFunction } from "../../functions/kernel/system.ts";
import type { Sources } from "../entries.ts";
import { type BuiltHost, bundleOf, type Contents } from "./bundles.ts";
import { HOSTS, type HostFacts, type HostName } from "./hosts.ts";
import { type Deployed, measureLoad } from "./load.ts";
import { type Needs, type Samples, toNeeds } from "./needs.ts";
import { type Placement, toNeedCells, toPlacement, type Wanted } from "./report.ts";

/** A system, and what is built of it. */
export interface Project extends Omit<Deployed, "name"> {
  readonly sources: Sources;
  readonly samples?: Samples;
  readonly contents: Contents;
}

export interface SurveyOptions {
  readonly hosts: readonly HostName[];
  readonly wanted: Wanted;
  /** How often each bundle is loaded. 0: not at all. */
  readonly runs: number;
}

/** What one function needs, and what becomes of that on each host. */
export interface Survey {
  readonly function: string;
  readonly needs: Needs;
  readonly needCells: ReturnType<typeof toNeedCells>;
  readonly placements: readonly Placement[];
}

const BUILT: Readonly<Record<HostName, BuiltHost | undefined>> = {
  local: undefined,
  dapr: "dapr",
  google: "gcf",
  aws: "lambda",
};

export async function survey(
  fn: SystemFunction<never>,
  { sources, samples, contents, ...deployed }: Project,
  { hosts, wanted, runs }: SurveyOptions,
): Promise<Survey> {
  const needs = toNeeds(fn, sources, samples);
  const { name } = fn;
  const placements: Placement[] = [];
  const builtOn = (host: HostFacts) => {
    const { [host.name]: built } = BUILT;
    return built && bundleOf(contents, { host: built, name });
  };
  for (const host of HOSTS.filter((each) => hosts.includes(each.name))) {
    const bundle = builtOn(host);
    const isThere = host.name === "local" || bundle !== undefined;
    // One after the other: side by side they would slow each other down.
    const load = runs > 0 && isThere ? await measureLoad(host.name, { ...deployed, name }, runs) : undefined;
    placements.push(toPlacement(host, { fn, needs, wanted, bundle, load }));
  }
  return { function: name, needs, needCells: toNeedCells(needs, HOSTS.map(builtOn)), placements };
}
