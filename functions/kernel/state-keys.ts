import type { Clause, FunctionDefinition } from "./define.ts";

/** What the states of functions belong to, shown by a sample of each event type: committed, so that a change of it is seen. */
export type StateKeys = Readonly<Record<string, KeysOfFunction>>;

interface KeysOfFunction {
  readonly version: number;
  readonly keys: Readonly<Record<string, KeyOfSample>>;
}

interface KeyOfSample {
  readonly key: string;
  /** The data that it was made of, so that another sample is no other key. */
  readonly of: unknown;
}

/**
 * The keys as they are now.
 *
 * in      before: as they were
 * throws  Error for a key, or a subject in its place, that has changed while the version of the state has not risen: each state begins anew
 *         under it, and a process of before would go on with the old one
 */
export function renewStateKeys(before: StateKeys, functions: readonly FunctionDefinition[]): StateKeys {
  const keeping = functions.filter(({ keeps }) => keeps === "state");
  const faults = keeping.flatMap(({ name, state: { version }, on }) => {
    const known = before[name];
    if (!known || version > known.version) return [];
    return Object.entries(known.keys).flatMap(([type, { key, of }]) => {
      const clause = on.get(type);
      const now = clause && readable(clause, of) ? keyOf(clause, of) : key;
      return now === key
        ? []
        : `${name}: what its state belongs to has changed for ${type}: raise its version, ${version}`;
    });
  });
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return Object.fromEntries(keeping.map((fn) => [fn.name, keysOf(fn)]));
}

const keysOf = ({ state: { version }, on }: FunctionDefinition): KeysOfFunction => ({
  version,
  keys: Object.fromEntries(
    [...on.values()].map((clause) => {
      const of = sampleOf(clause);
      return [clause.event.type, { key: keyOf(clause, of), of }];
    }),
  ),
});

/** Sets of samples put theirs on the event type, which stays the same object. */
function sampleOf({ event }: Clause<unknown>): unknown {
  const { sample } = event as { readonly sample?: unknown };
  if (sample === undefined) throw new TypeError(`${event.type}: has no sample`);
  return sample;
}

/** Of another schema nothing is known. */
function readable({ event }: Clause<unknown>, data: unknown): boolean {
  try {
    event.parse(data);
    return true;
  } catch {
    return false;
  }
}

function keyOf({ event: { type, parse, subjectOf }, key }: Clause<unknown>, sample: unknown): string {
  const data = parse(sample);
  const subject = subjectOf(data);
  const of = { specversion: "1.0", id: "e-1", source: "/sample", type, subject, time: "2026-01-01T00:00:00Z", data };
  return key ? key(of) : subject;
}
