import type { EventType } from "../../functions/kernel/define.ts";
import { topicsOf } from "../../functions/kernel/define.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import type { Sources } from "../entries.ts";

/** What a function needs of whoever hosts it, as its definition says. */
export interface Needs {
  /** Types that a broker brings, older versions among them. */
  readonly hears: readonly string[];
  readonly topics: readonly string[];
  readonly says: readonly string[];
  /** Of one document events are handled one at a time. `event`: each has one of its own, and waits for nobody. */
  readonly document: "subject" | "key" | "event";
  /** It keeps a state, and hears more than one type: what comes first may matter to it. */
  readonly mayDependOnOrder: boolean;
  /** What it says to itself, to be handled later. */
  readonly timers: readonly string[];
  readonly effects: readonly string[];
  /** Its effects cannot tell a repetition: two deliveries never run at once. */
  readonly isExclusive: boolean;
  /** Where others ask it over HTTP. */
  readonly edges: readonly string[];
  /** Data of the largest sample that it hears or says, in JSON. `undefined`: there is none. */
  readonly sampleBytes: number | undefined;
}

export type Samples = ReadonlyMap<EventType, unknown>;

/** in  samples: valid data by event type, where an event has none itself */
export function toNeeds(fn: SystemFunction<never>, { system }: Sources, samples: Samples = new Map()): Needs {
  const { on, emits, keeps, exclusive } = fn.definition;
  const clauses = [...on.values()];
  const heard = clauses.map(({ event }) => event);
  const hears = heard.filter(({ topic }) => topic !== undefined).map(({ type }) => type);
  const hasKeys = clauses.some(({ key }) => key);
  const sizes = [...heard, ...emits.values()].flatMap((event) => {
    const sample = samples.get(event) ?? (event as { readonly sample?: unknown }).sample;
    return sample === undefined ? [] : Buffer.byteLength(JSON.stringify(sample));
  });
  return {
    hears,
    topics: topicsOf(fn.definition),
    says: [...emits.values()].filter(({ topic }) => topic !== undefined).map(({ type }) => type),
    document: keeps === "nothing" ? "event" : hasKeys ? "key" : "subject",
    mayDependOnOrder: keeps === "state" && hears.length > 1,
    timers: [...emits.values()].filter(({ topic }) => topic === undefined).map(({ type }) => type),
    effects: fn.uses,
    isExclusive: exclusive,
    edges: system.edges.filter(({ of }) => of === fn.source).map(({ method, path }) => `${method} ${path}`),
    sampleBytes: sizes.length > 0 ? Math.max(...sizes) : undefined,
  };
}
