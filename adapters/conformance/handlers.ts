import * as v from "valibot";
import { defineEvent, defineFunction, type FunctionDefinition, when } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { type Trace, toText } from "./trace.ts";

/** The topic that every function of the suite subscribes to. */
export const TOPIC = "probes";

const about = () => "probe";
const number = v.object({ n: v.number() });
const tally = v.object({ total: v.number() });

/** Any data at all. */
export const Probe = defineEvent({
  type: "com.example.probe.v1",
  topic: TOPIC,
  data: v.unknown(),
  subject: about,
});
/** Data with a schema. */
export const Strict = defineEvent({
  type: "com.example.strict.v1",
  topic: TOPIC,
  data: number,
  subject: about,
});
const Followed = defineEvent({
  type: "com.example.followed.v1",
  topic: "followed",
  data: number,
  subject: about,
});

const HOLD_MS = 120;

interface Known {
  readonly numbers: readonly number[];
}

/**
 * The functions that the cases name. They are made by name and tell what they saw to a trace only, so that a built
 * artefact in another process can host them as well.
 */
export function createHandlers(trace: Trace) {
  const make = (name: string, react: () => void | Promise<void>, { says = 0, exclusive = false } = {}) => {
    const saw = (event: CloudEvent) => see(trace, event);
    const emit = Array.from({ length: says }, (_, index) => Followed({ n: index + 1 }));
    return defineFunction({
      name,
      exclusive,
      emits: [Followed],
      on: [
        when(Probe, (event) => {
          saw(event);
          const later = react();
          return later ? later.then(() => ({ emit })) : { emit };
        }),
        when(Strict, (event) => {
          saw(event);
          return { emit };
        }),
      ],
    });
  };
  const nothing = () => {};
  const fail = (thrown: unknown) => () => {
    throw thrown;
  };
  let failures = 0;
  const failOnce = () => {
    if (failures++ === 0) throw new Error("the first attempt fails");
  };

  return {
    works: make("works", nothing),
    says: make("says", nothing, { says: 1 }),
    "says-two": make("says-two", nothing, { says: 2 }),
    "says-slowly": make("says-slowly", hold, { says: 1 }),
    mails: make("mails", nothing, { says: 1, exclusive: true }),
    "mails-slowly": make("mails-slowly", hold, { says: 1, exclusive: true }),
    "mails-at-second": make("mails-at-second", failOnce, { says: 1, exclusive: true }),
    "works-at-second": make("works-at-second", failOnce, { says: 1 }),
    "throws-error": make("throws-error", fail(new Error("no"))),
    "throws-string": make("throws-string", fail("no")),
    "throws-undefined": make("throws-undefined", fail(undefined)),
    "throws-hostile": make("throws-hostile", fail(HOSTILE)),
    rejects: make("rejects", () => Promise.reject(new Error("no"))),
    "throws-reset": make("throws-reset", fail(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))),
    "throws-404": make("throws-404", fail(Object.assign(new Error("not found"), { status: 404, statusCode: 404 }))),
    dies: make("dies", fail(new Dead("never", "it will never do"))),
    hangs: make("hangs", () => {
      trace({ what: "hung" });
      return new Promise(nothing);
    }),
    undeclared: defineFunction({
      name: "undeclared",
      on: [
        when(Probe, (event) => {
          see(trace, event);
          return { emit: [Followed({ n: 1 })] };
        }),
      ],
    }),
    counts: defineFunction<{ readonly total: number }>({
      name: "counts",
      keeps: "state",
      emits: [Followed],
      on: [
        when(Probe, (event, state = { total: 0 }) => {
          see(trace, event);
          const total = state.total + 1;
          return { state: { total }, emit: [Followed({ n: total })] };
        }),
      ],
    }),
    tallies: defineFunction<v.InferOutput<typeof tally>>({
      name: "tallies",
      state: tally,
      emits: [Followed],
      on: [
        when(Strict, { key: ({ data }) => (data.n % 2 === 0 ? "even" : "odd") }, (event, state = { total: 0 }) => {
          see(trace, event);
          const total = state.total + event.data.n;
          return { state: { total }, emit: [Followed({ n: total })] };
        }),
      ],
    }),
    collects: defineFunction<Known>({
      name: "collects",
      keeps: "state",
      emits: [Followed],
      on: [
        when(Strict, (event, state = { numbers: [] }) => {
          see(trace, event);
          const numbers = [...new Set([...state.numbers, event.data.n])].sort();
          const sum = numbers.reduce((a, b) => a + b);
          return { state: { numbers }, emit: numbers.length === 3 ? [Followed({ n: sum })] : [] };
        }),
      ],
    }),
  } as const satisfies Record<string, FunctionDefinition>;
}

export type HandlerName = keyof ReturnType<typeof createHandlers>;

const HOSTILE = {
  toString() {
    throw new Error("not even this");
  },
};

const hold = () => new Promise<void>((resolve) => setTimeout(resolve, HOLD_MS));

const see = (trace: Trace, { source, id, data }: CloudEvent) =>
  trace({ what: "handled", source, id, data: toText(data) });
