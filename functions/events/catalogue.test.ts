import { describe, expect, it } from "vitest";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { system } from "../index.ts";
import { type EventType, versionsOf } from "../kernel/define.ts";
import { EVENT_TYPE, TOPIC } from "../kernel/system.ts";
import { catalogue } from "./index.ts";
import type { SampledEvent } from "./sampled.ts";

const functions = createFunctions(system, createEffects({}));
const consumed = new Set(functions.flatMap(({ on }) => [...on.keys()]));
const emitted = new Set(functions.flatMap(({ emits }) => [...emits.keys()]));

/** Those that are only understood as another included. */
const known = catalogue.flatMap(versionsOf);

/** Of an older version too, which the catalogue does not list. */
const sampleOf = (event: EventType) => (event as Partial<SampledEvent>).sample;

// As plain objects: titles cannot show the fields of functions.
const types = known.map((event: EventType) => ({
  type: event.type,
  topic: event.topic,
  audience: event.audience,
  sample: sampleOf(event),
  parse: event.parse,
  subjectOf: event.subjectOf,
}));

describe.each(types)("$type", ({ type, topic, audience, sample, parse, subjectOf }) => {
  it("has a valid sample that parses to itself", () => {
    expect(parse(sample)).toEqual(sample);
  });

  it("has a subject that fits every broker's key", () => {
    expect(subjectOf(sample)).toMatch(/^[\w-]{1,100}$/);
  });

  it("has a versioned name in reverse-DNS form", () => {
    expect(type).toMatch(EVENT_TYPE);
  });

  it("goes to a topic whose name every broker takes, or is internal", () => {
    expect(topic ?? "internal").toMatch(TOPIC);
  });

  it("is consumed by somebody, or meant for others", () => {
    expect(consumed.has(type) || audience === "others").toBe(true);
  });

  it("is emitted by somebody, unless it has a newer version, or an edge asks for it, to which no topic leads", () => {
    const isNewest = catalogue.some((event) => event.type === type);
    expect(emitted.has(type) || topic === undefined).toBe(isNewest);
  });
});

it("names each type once", () => {
  expect(new Set(known.map(({ type }) => type)).size).toBe(known.length);
});

it("holds every type that a function consumes or emits, and none besides", () => {
  expect(known.map(({ type }) => type).sort()).toEqual(system.events.map(({ type }) => type).sort());
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
