import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { after } from "../../../functions/kernel/after.ts";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";
import { defineEdge } from "../../../functions/kernel/edge.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { createTestPorts } from "../../dapr/test-ports.ts";
import { place, show } from "./edge.ts";

const about = { data: v.object({ id: v.string() }), subject: ({ id }: { readonly id: string }) => id };
const Asked = defineEvent({ type: "org.example.thing.asked.v1", ...about });
const Opened = defineEvent({ type: "org.example.thing.opened.v1", topic: "things", ...about });
const Noted = defineEvent({
  type: "org.example.thing.noted.v1",
  data: v.object({ id: v.string(), text: v.string() }),
  subject: about.subject,
});
const Unheard = defineEvent({ type: "org.example.thing.unheard.v1", ...about });

const things = defineFunction({
  name: "things",
  state: v.object({ asked: v.boolean() }),
  on: [
    when(Asked, ({ data }) => ({ state: { asked: true }, emit: [Opened(data)] })),
    when(Opened, () => ({})),
    when(Noted, ({ data: { id } }) => ({ emit: [Opened({ id })] })),
  ],
  emits: [Opened],
});
/** Keeps nothing. */
const teller = defineFunction({
  name: "teller",
  on: [when(Asked, ({ data }) => ({ emit: [Opened(data)] }))],
  emits: [Opened],
});

type Options = Parameters<typeof defineEdge<{ readonly asked: boolean }, unknown>>[0];

function start(options: Partial<Options> = {}, fn = things) {
  const edge = defineEdge<{ readonly asked: boolean }, unknown>({
    ...{
      name: "thing",
      path: "/things",
      of: fn,
      body: v.object({}),
      event: (id) => Asked({ id }),
      show: (state) => state,
    },
    ...options,
  });
  const { ports, said } = createTestPorts();
  const settings = { source: "/museum/edge", isDemo: true };
  const headers = { "content-type": "application/json", "idempotency-key": "k-1" };
  const ask = (body = "{}") => place({ edge, fn }, { headers, body: Buffer.from(body) }, { settings, ports });
  return { ask, said, look: (id: string) => show({ edge, fn }, id, ports) };
}

const schemaOf = (validate: () => unknown): Options["body"] => ({
  "~standard": { version: 1, vendor: "test", validate: validate as StandardSchemaV1.Props["validate"] },
});
const no = () => {
  throw new RangeError("no");
};

describe("an edge whose code is at fault promises nothing and asks for nothing, and its host is told what it is:", () => {
  it.each<[string, Partial<Options>, string]>([
    ["its event throws", { event: no }, "no"],
    ["its body's schema throws", { body: schemaOf(no) }, "no"],
    [
      "its body's schema answers later",
      { body: schemaOf(async () => ({ value: {} })) },
      "thing: schemas must be synchronous",
    ],
    ["its body's schema fails later", { body: schemaOf(async () => no()) }, "thing: schemas must be synchronous"],
    [
      "its event is one that the function does not consume",
      { event: (id) => Unheard({ id }) },
      "edge /things: event org.example.thing.unheard.v1: must be one that things consumes",
    ],
    [
      "its event is for others as well, who would not hear it",
      { event: (id) => Opened({ id }) },
      "edge /things: event org.example.thing.opened.v1: must have no topic: nobody else would hear it",
    ],
    [
      "its event is about something else, where nobody looks",
      { event: () => Asked({ id: "another" }) },
      "edge /things: event org.example.thing.asked.v1: must be about the id",
    ],
    [
      "its event is to be said later",
      { event: (id) => after({ minutes: 1 }, Asked({ id })) },
      "edge /things: event org.example.thing.asked.v1: must be said at once",
    ],
  ])("%s", async (_fault, options, message) => {
    const { ask, said } = start(options);
    await expect(ask()).rejects.toThrow(message);
    expect(said).toEqual([]);
  });

  it("what it makes up throws", async () => {
    await expect(start({ none: no }).ask("")).rejects.toThrow("no");
  });

  it("what it shows throws: what was asked for is done once, and never promised", async () => {
    const { ask, said, look } = start({ show: no });
    await expect(ask()).rejects.toThrow("no");
    await expect(ask()).rejects.toThrow("no");
    const [{ key = "" } = {}] = said;
    expect(new Set(said.map(({ body }) => JSON.parse(body).id)).size).toBe(1);
    await expect(look(key)).rejects.toThrow("no");
  });
});

it("what its event refuses for good is 422, with its reason", async () => {
  const { ask, said } = start({
    event: () => {
      throw new Dead("closed", "things: must be asked for by day");
    },
  });
  expect(await ask()).toMatchObject({ status: 422, body: { detail: "things: must be asked for by day" } });
  expect(said).toEqual([]);
});

it.each<[string, Partial<Options>, typeof things]>([
  ["keeps no state", {}, teller],
  ["has nothing to show yet", { show: () => undefined }, things],
])("202 of what %s says the id alone, and below it there is nothing", async (_what, options, fn) => {
  const { ask, said, look } = start(options, fn);
  const answer = await ask();
  const [{ key: id = "" } = {}] = said;
  expect(answer).toMatchObject({ status: 202, headers: { location: `/things/${id}` }, body: { id } });
  expect((await look(id)).status).toBe(404);
});

it("data may be made of a body: what a schema makes of it is asked for, and the same again is the same", async () => {
  const body = v.pipe(
    v.object({ text: v.string() }),
    v.transform(({ text }) => ({ text: text.trim() })),
  );
  const { ask, said } = start({
    body,
    event: (id, made) => Noted({ id, text: (made as { readonly text: string }).text }),
  });
  const first = await ask('{"text":" a "}');
  expect(await ask('{"text":"a"}')).toEqual(first);
  expect(new Set(said.map(({ body }) => JSON.parse(body).id)).size).toBe(1);
});

it.each([
  ["a/b", "#/a~1b"],
  ["a~b", "#/a~0b"],
  ["Größe %", "#/Gr%C3%B6%C3%9Fe%20%25"],
])("names a field %s by a pointer that leads to it", async (field, pointer) => {
  const { ask } = start({ body: v.object({ [field]: v.string() }) });
  expect(await ask()).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
});

it.each(["null", "[]", "7", '"text"'])("refuses %s, all of which is at fault", async (body) => {
  const { ask } = start({ body: v.strictObject({ id: v.string() }) });
  const answer = await ask(body);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: expect.stringMatching(/^#(\/id)?$/) }] } });
});
