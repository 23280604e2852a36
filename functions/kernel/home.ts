import type { FunctionDefinition } from "./define.ts";

/** Where functions are at home: what they say and keep bears its names. */
export interface Home {
  /** What its names begin with where others have theirs: on AWS, on Google, in a cluster. */
  readonly name: string;
  /** CloudEvents `source` of what a function says is this, a slash, and its name. */
  readonly source: string;
  /** What the keys of its documents begin with, for two systems in one store. */
  readonly ledgerPrefix: string;
}

/** A function in its system: what it says and keeps bears its names. */
export const settle = (fn: FunctionDefinition, { source, ledgerPrefix }: Omit<Home, "name">): FunctionDefinition => ({
  ...fn,
  source: `${source}/${fn.name}`,
  documents: `${ledgerPrefix}${fn.name}`,
});
