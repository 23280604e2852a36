import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { createDummyEffects } from "../../adapters/core/host/effects.ts";
import { createFunctions } from "../index.ts";
import { type EventType, topicsOf, versionsOf } from "../kernel/define.ts";
import { catalogue, OrderRequested } from "./index.ts";
import type { SampledEvent } from "./sampled.ts";
import { eventTypes } from "./types.ts";

const functions = createFunctions(createDummyEffects());
const consumed = new Set(functions.flatMap(({ on }) => [...on.keys()]));
const emitted = new Set(functions.flatMap(({ emits }) => [...emits.keys()]));

/** Said for others than the shop's own functions. */
const FOR_OTHERS: readonly string[] = [];

/** Asked for by an edge, and so said by no function. */
const FROM_EDGE: readonly string[] = [OrderRequested.type];

/** Those that are only understood as another included. */
const known = catalogue.flatMap(versionsOf);

/** Of an older version too, which the catalogue does not list. */
const sampleOf = (event: EventType) => (event as Partial<SampledEvent>).sample;

// As plain objects: titles cannot show the fields of functions.
const types = known.map((event: EventType) => ({
  type: event.type,
  topic: event.topic,
  sample: sampleOf(event),
  parse: event.parse,
  subjectOf: event.subjectOf,
}));

describe.each(types)("$type", ({ type, topic, sample, parse, subjectOf }) => {
  it("has a valid sample that parses to itself", () => {
    expect(parse(sample)).toEqual(sample);
  });

  it("has a subject that fits every broker's key", () => {
    expect(subjectOf(sample)).toMatch(/^[\w-]{1,100}$/);
  });

  it("has a versioned name in reverse-DNS form", () => {
    expect(type).toMatch(/^com\.example(\.[a-z]+)+\.v\d+$/);
  });

  it("goes to a topic whose name every broker takes, or is internal", () => {
    expect(topic ?? "internal").toMatch(/^[a-z][a-z-]{2,49}$/);
  });

  it("is consumed by somebody, or meant for others", () => {
    expect(consumed.has(type) || FOR_OTHERS.includes(type)).toBe(true);
  });

  it("is emitted by somebody, exactly if no edge asks for it and it has no newer version", () => {
    const isNewest = catalogue.some((event) => event.type === type);
    expect(emitted.has(type)).toBe(isNewest && !FROM_EDGE.includes(type));
  });
});

it("names each type once", () => {
  expect(new Set(known.map(({ type }) => type)).size).toBe(known.length);
});

it("is the list of names that every bundle holds, so that no event of ours, however old, is taken for a stranger's", () => {
  expect(eventTypes).toEqual(known.map(({ type }) => type));
});

it("holds every type that a function consumes or emits", () => {
  expect([...consumed, ...emitted].filter((name) => !known.some(({ type }) => type === name))).toEqual([]);
});

it("understands the sample of each type from which another is made, as about the same subject", () => {
  const made = known.flatMap((event) => {
    if (!event.upcast) return [];
    const { from, to } = event.upcast;
    const sample = sampleOf(from);
    return [{ type: event.type, was: from.subjectOf(sample), is: event.subjectOf(event.parse(to(sample))) }];
  });
  expect(made.filter(({ was, is }) => was !== is)).toEqual([]);
});

interface Subscription {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly pubsubname: string;
    readonly topic: string;
    readonly routes: { readonly default: string };
    readonly deadLetterTopic?: string;
  };
  readonly scopes: readonly string[];
}

describe("the Dapr subscriptions", () => {
  const file = join(import.meta.dirname, "../../deploy/dapr/resources/subscriptions.yaml");
  const subscriptions = parseAllDocuments(readFileSync(file, "utf8")).map((each) => each.toJS() as Subscription);

  it("are those of the functions: each to its topics, under its own app id, on the route of the topic", () => {
    const declared = subscriptions.flatMap(({ scopes, spec: { topic, routes } }) =>
      scopes.map((app) => `${app} ${topic} ${routes.default}`),
    );
    const wanted = functions.flatMap((fn) => topicsOf(fn).map((topic) => `${fn.name} ${topic} /${topic}`));
    expect(declared.sort()).toEqual(wanted.sort());
  });

  it.each(subscriptions)("$metadata.name keeps what is left after all retries", ({ spec }) => {
    expect(spec.deadLetterTopic).toBe("dead-letters");
  });

  it("never lead dead letters to an app, whose failure would lose them", () => {
    expect(subscriptions.map(({ spec }) => spec.topic)).not.toContain("dead-letters");
  });

  it("have names of their own", () => {
    const names = subscriptions.map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
