import type { StandardSchemaV1 } from "@standard-schema/spec";
import { blameCode, check } from "./schema.ts";

/** The state of a function as hosts see it, its type forgotten. Without a schema it is of the first version, and unchecked. */
export interface StateDefinition {
  /** Of what is saved now. A state that was stored without a version is of the first. */
  readonly version: number;
  /** For those who look into it: `read` is what reads a state. */
  readonly schema: StandardSchemaV1 | undefined;
  /** How long it is kept after its last event, in ms. Left out: for ever. */
  readonly keepMs?: number | undefined;
  /**
   * The state as handlers get it: brought to this version, then parsed.
   *
   * in      as it was stored, and in which version
   * throws  Error, so that the event comes again: for a newer version, which must be left to a newer process; for an older one that
   *         cannot be upgraded, and for what breaks the schema, since it is not the event that is wrong
   */
  read(stored: unknown, from: number): unknown;
  /**
   * Before a state is saved: what could not be read again would stop its subject for ever. Left out where there is no schema.
   *
   * in      as it will come back from the store
   * throws  Dead `schema` naming the path and the rule
   */
  readonly check?: ((stored: unknown) => void) | undefined;
}

/** What a function says about its state. What has the schema of its state keeps it. */
export type StateOptions<State> = Kept & (Undescribed | (Described<State> & (FirstVersion | LaterVersion<State>)));

interface Kept {
  /** For how long after the last event of its subject: 32 days at least, and as long as its host knows events again. Left out: for ever. */
  readonly keep?: { readonly days: number };
}

interface Undescribed {
  readonly keeps?: "state" | "nothing";
  readonly state?: undefined;
  readonly version?: undefined;
  readonly upgrade?: undefined;
}

interface Described<State> {
  readonly keeps?: "state";
  /** Of the state that is kept: handlers get what it makes of what was stored, and it must take again what it made. */
  readonly state: StandardSchemaV1<unknown, State>;
}

interface FirstVersion {
  readonly version?: 1;
  readonly upgrade?: undefined;
}

interface LaterVersion<State> {
  /** To be raised with every change of the schema: a process of an older version then waits instead of overwriting. */
  readonly version: number;
  /** in: a state of an older version, unchecked, and which */
  readonly upgrade: (state: unknown, from: number) => NoInfer<State>;
}

const LEAST_DAYS = 32;
const MOST_DAYS = 36_500;
const DAY_MS = 86_400_000;

/** throws: TypeError for a version that no state can have, and for less than its events have to be known. */
export function defineState<State>(
  name: string,
  { state: schema, version = 1, upgrade, keep }: StateOptions<State>,
): StateDefinition {
  if (!(Number.isSafeInteger(version) && version > 0))
    throw new TypeError(`${name}: version must be an integer from 1`);
  if (keep && !(keep.days >= LEAST_DAYS && keep.days <= MOST_DAYS))
    throw new TypeError(`${name}: keep.days must be ${LEAST_DAYS} to ${MOST_DAYS}`);
  const parse = (state: unknown) => (schema ? check(state, { schema, part: "state", owner: name }) : state);
  return {
    version,
    schema,
    keepMs: keep && keep.days * DAY_MS,
    read(stored, from) {
      if (from > version)
        throw new Error(`${name}: state of version ${from} is left to a process that knows more than ${version}`);
      return blameCode(`${name}: state of version ${from} as ${version}`, () =>
        parse(upgrade && from < version ? upgrade(stored, from) : stored),
      );
    },
    check: schema ? (stored) => void parse(stored) : undefined,
  };
}
