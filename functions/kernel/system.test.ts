import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { defineEvent, defineFunction, type FunctionDefinition, when } from "./define.ts";
import { defineEdge } from "./edge.ts";
import { defineSystem } from "./system.ts";

const data = v.object({ id: v.string() });
const subject = ({ id }: { readonly id: string }) => id;
const Asked = defineEvent({ type: "org.example.thing.asked.v1", data, subject });
const Opened = defineEvent({ type: "org.example.thing.opened.v1", topic: "things", data, subject });

const things = defineFunction({
  name: "things",
  keeps: "state",
  on: [when(Asked, ({ data }) => ({ emit: [Opened(data)] }))],
  emits: [Opened],
});
const createTeller = ({ tell }: { readonly tell: (id: string) => Promise<void> }) =>
  defineFunction({
    name: "teller",
    on: [
      when(Opened, async ({ data }) => {
        await tell(data.id);
        return {};
      }),
    ],
  });
const edge = defineEdge({
  name: "thing",
  path: "/things",
  of: things,
  body: v.object({}),
  event: (id) => Asked({ id }),
  show: (state: object) => state,
});
const parts = { name: "museum", functions: [things, createTeller], edges: [edge] };

it("knows of each function what it uses, and of all of them what they hear and say", () => {
  const { functions, events, effects, source, ledgerPrefix } = defineSystem(parts);
  expect(functions.map(({ name, uses }) => [name, uses])).toEqual([
    ["things", []],
    ["teller", ["tell"]],
  ]);
  expect([events, effects, source, ledgerPrefix]).toEqual([[Asked, Opened], ["tell"], "/museum", ""]);
});

it("lets nobody run what was made to be looked at", async () => {
  const { functions } = defineSystem(parts);
  const clause = functions[1]?.definition.on.get(Opened.type);
  const event = { specversion: "1.0", id: "1", source: "/s", type: Opened.type, time: "", data: { id: "a" } };
  await expect(clause?.react(event, undefined)).rejects.toThrow("tell: the function was made to be looked at");
});

type Tell = { readonly tell: (id: string) => Promise<void> };
const teller = (tell: Tell["tell"]) =>
  defineFunction({ name: "teller", on: [when(Opened, ({ data }) => tell(data.id).then(() => ({})))] });

it.each<[string, (effects: Tell) => FunctionDefinition]>([
  ["keeps them all for later", (effects) => teller((id) => effects.tell(id))],
  ["takes some apart, and keeps all", (effects) => (({ tell: _ }) => teller((id) => effects.tell(id)))(effects)],
  ["takes the rest of them", ({ ...effects }) => teller((id) => effects.tell(id))],
  [
    "is a function of before arrows that keeps them",
    function createTeller(effects: Tell) {
      return teller({ ...effects }.tell);
    },
  ],
])("refuses a function that %s: its bundle would lack what it asks for later", (_how, createTeller) => {
  expect(() => defineSystem({ name: "museum", functions: [createTeller] })).toThrow(
    /: must name the effects that it uses, as in \(\{ charge \}\) => …$/,
  );
});

it.each<[string, (effects: Tell) => FunctionDefinition, readonly string[]]>([
  ["an arrow", ({ tell }) => teller(tell), ["tell"]],
  [
    "a function of before arrows",
    function createTeller({ tell: say }: Tell) {
      return teller(say);
    },
    ["tell"],
  ],
  ["one that uses none", () => things, []],
])("knows the effects of %s", (_what, create, uses) => {
  expect(defineSystem({ name: "museum", functions: [create] }).effects).toEqual(uses);
});

const named = (name: string) => defineFunction({ name, on: [] });
const onTopic = (topic: string, type = "org.example.t.v1") =>
  defineFunction({
    name: "f",
    on: [when(defineEvent({ type, topic, data, subject }), () => ({}))],
  });
const onTopicThings = onTopic("things");
const keyed = defineFunction({
  name: "keyed",
  state: v.object({}),
  on: [when(Asked, { key: () => "k" }, () => ({}))],
});

describe("refuses what some host could not bear, and says which rule it is:", () => {
  it.each([
    ["a name in capitals", { name: "Museum" }, "name must match"],
    ["a name of 17 characters", { name: "a".repeat(17) }, "name must match"],
    ["a prefix with a slash", { ledgerPrefix: "a/b" }, "ledgerPrefix must be"],
    ["a prefix that a function's name could go on", { ledgerPrefix: "a-" }, "and end with '.' or '_'"],
    ["a function in capitals", { functions: [named("Things")], edges: [] }, "function Things: name must match"],
    ["a function of 41 characters", { functions: [named("a".repeat(41))], edges: [] }, "name must match"],
    ["a function of the deployment's own", { functions: [named("edge")], edges: [] }, "function edge: name is taken"],
    [
      "a name that every object has",
      { functions: [named("constructor")], edges: [] },
      "function constructor: name is taken",
    ],
    ["two functions of one name", { functions: [named("a"), named("a")], edges: [] }, "function a: name is taken"],
    [
      "two functions that are one where no name has a hyphen",
      { functions: [named("step-2"), named("step2")], edges: [] },
      "function step2: must differ from step-2 in more than a hyphen",
    ],
    [
      "two topics that are one there",
      {
        functions: [onTopic("step--a"), { ...onTopic("step-a", "org.example.u.v1"), name: "g" }],
        edges: [],
      },
      "topic step-a: must differ from step--a in more than a hyphen",
    ],
    ["a topic with a dot", { functions: [onTopic("a.b")], edges: [] }, "topic must match"],
    ["a topic that Pub/Sub finds too short", { functions: [onTopic("ab")], edges: [] }, "topic must match"],
    ["the topic of dead letters", { functions: [onTopic("dead-letters")], edges: [] }, "topic must match"],
    [
      "two event types of one name",
      { functions: [onTopic("abc"), { ...onTopic("bcd"), name: "g" }], edges: [] },
      "is two event types",
    ],
    ["two edges of one path", { edges: [edge, { ...edge }] }, "edge /things: path is taken"],
    [
      "two edges of one name, whose ids would be the same",
      { edges: [edge, { ...edge, path: "/more-things" }] },
      "edge /more-things: name thing is taken",
    ],
    [
      "an edge that asks what hears only what is published",
      { functions: [onTopicThings], edges: [{ ...edge, of: onTopicThings }] },
      "edge /things: f must consume an event without a topic",
    ],
    [
      "an edge that asks another's function",
      { functions: [createTeller] },
      "edge /things: asks a function that is none of these",
    ],
    ["an edge on what has a key", { functions: [keyed], edges: [{ ...edge, of: keyed }] }, "must have no key"],
  ])("%s", (_what, others, message) => {
    expect(() => defineSystem({ ...parts, ...others })).toThrow(message);
  });

  it.each(["things", "/Things", "/a/b", "/", "/a?b"])("a path such as %s", (path) => {
    const options = { name: "thing", path, of: things, body: v.object({}), event: () => Asked({ id: "a" }) };
    expect(() => defineEdge({ ...options, show: () => undefined })).toThrow("path must match");
  });
});
