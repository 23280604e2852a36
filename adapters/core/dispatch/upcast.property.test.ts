import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it, vi } from "vitest";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { prepare } from "./prepare.ts";
import { createWorld, distinct, toEvent } from "./test-world.ts";

const define = { topic: "notices", subject: ({ about }: { readonly about: string }) => about };

const NoticeV1 = defineEvent({
  ...define,
  type: "notice.v1",
  data: v.object({ about: v.string(), name: v.optional(v.string(), "nobody") }),
});

const ADA = { about: "s", name: "Ada Example" };

const NoticeV2 = defineEvent({
  ...define,
  type: "notice.v2",
  data: v.object({ about: v.string(), names: v.array(v.string()) }),
  upcast: { from: NoticeV1, to: ({ about, name }) => ({ about, names: name.split(" ") }) },
});

const Answered = defineEvent({
  ...define,
  type: "answered.v1",
  data: v.object({ about: v.string() }),
});

interface Options {
  readonly keeps?: "state" | "nothing";
  readonly exclusive?: boolean;
  readonly onNames?: (names: readonly string[], type: string) => void;
}

const answer = ({ data: { about } }: { readonly data: { readonly about: string } }) => ({
  emit: [Answered({ about })],
});

const oldPod = ({ keeps = "state" }: Options = {}) =>
  defineFunction({ name: "reader", keeps, on: [when(NoticeV1, answer)], emits: [Answered] });

const newPod = ({ keeps = "state", exclusive = false, onNames = () => {} }: Options = {}) =>
  defineFunction({
    name: "reader",
    keeps,
    exclusive,
    on: [
      when(NoticeV2, (event) => {
        onNames(event.data.names, event.type);
        return answer(event);
      }),
    ],
    emits: [Answered],
  });

const NOW = Date.parse("2026-11-25T10:00:00Z");

/** As any broker may bring it: names left out, more members than the schema knows, with or without a subject. */
const older = fc
  .record(
    {
      id: fc.string({ minLength: 1 }),
      source: fc.string({ minLength: 1 }),
      about: fc.string({ minLength: 1 }),
      name: fc.string(),
      more: fc.jsonValue(),
    },
    { requiredKeys: ["id", "source", "about"] },
  )
  .map(({ id, source, ...data }) => toEvent(NoticeV1(data as { about: string; name: string }), { id, source }))
  .chain((event) => {
    const { subject: _, ...bare } = event;
    return fc.constantFrom(event, bare);
  });

describe("an event of an older version", () => {
  it("has for a newer pod the keys, the digest and the subject that it has for an older one", () => {
    fc.assert(
      fc.property(older, fc.constantFrom("state", "nothing"), (event, keeps) => {
        const [was, is] = [oldPod({ keeps }), newPod({ keeps })].map((fn) => prepare(fn, event, { now: () => NOW }));
        const { clause: _, ...known } = was ?? {};
        expect(is).toMatchObject(known);
      }),
    );
  });

  it("has a digest of what came, whatever a schema fills in meanwhile", () => {
    const event = toEvent(NoticeV1(ADA));
    const Filled = defineEvent({
      ...define,
      type: "notice.v1",
      data: v.object({ about: v.string(), name: v.string(), language: v.optional(v.string(), "en") }),
    });
    const filled = defineFunction({ name: "reader", keeps: "state", on: [when(Filled, answer)] });
    expect(prepare(filled, event, { now: () => NOW }).digest).toBe(prepare(oldPod(), event, { now: () => NOW }).digest);
  });

  it.each(["state", "nothing"] as const)(
    "that an older pod handled is a duplicate for a newer one, and the other way round, where %s is kept",
    async (keeps) => {
      await fc.assert(
        fc.asyncProperty(older, fc.boolean(), async (event, newFirst) => {
          const world = createWorld();
          const pods = [() => oldPod({ keeps }), () => newPod({ keeps })];
          const outcomes = [];
          for (const pod of newFirst ? pods.reverse() : pods) outcomes.push(await world.deliver(pod, event));
          expect(outcomes).toMatchObject([
            { kind: "ack", how: "handled" },
            { kind: "ack", how: "duplicate" },
          ]);
          expect(distinct(world.said)).toHaveLength(1);
        }),
        { numRuns: 30 },
      );
    },
  );

  it("makes a newer pod say what an older one would have said, to the byte", async () => {
    const event = toEvent(NoticeV1(ADA));
    const said = [];
    for (const pod of [oldPod, newPod]) {
      const world = createWorld();
      await world.deliver(() => pod(), event);
      said.push(world.said);
    }
    expect(said[0]).toHaveLength(1);
    expect(said[1]).toEqual(said[0]);
  });

  it("comes to the handler with new data, and with the type that a key may be made of as it came", async () => {
    const heard: unknown[] = [];
    const create = () => newPod({ onNames: (names, type) => heard.push([type, names]) });
    const world = createWorld();
    await world.deliver(create, toEvent(NoticeV1(ADA)));
    await world.deliver(create, toEvent(NoticeV2({ about: "s", names: ["Ada", "Example"] }), { id: "e-2" }));
    expect(heard).toEqual([
      ["notice.v1", ["Ada", "Example"]],
      ["notice.v2", ["Ada", "Example"]],
    ]);
  });

  it("dies as what it is, with the letter of what came", async () => {
    const world = createWorld();
    const broken = { ...toEvent(NoticeV1(ADA)), data: { about: "s", name: 1 } };
    expect(await world.deliver(() => newPod(), broken)).toMatchObject({ kind: "dead", code: "schema" });
    expect(JSON.parse(world.letters[0]?.body ?? "")).toMatchObject({ type: "notice.v1", data: broken.data });
  });

  it.each([false, true])(
    "dies where its upcast says never, and holds no lease as it does: exclusive %s",
    async (exclusive) => {
      const world = createWorld();
      const Refusing = defineEvent({
        ...define,
        type: "notice.v2",
        data: v.object({ about: v.string(), names: v.array(v.string()) }),
        upcast: {
          from: NoticeV1,
          to() {
            throw new Dead("nameless", "no such name");
          },
        },
      });
      const create = () =>
        defineFunction({ name: "reader", exclusive, on: [when(Refusing, answer)], emits: [Answered] });
      const event = toEvent(NoticeV1(ADA));
      for (let n = 0; n < 2; n++)
        expect(await world.deliver(create, event)).toMatchObject({ kind: "dead", code: "nameless" });
      expect([world.said, world.letters.length]).toEqual([[], 2]);
      expect(await world.deliver(() => oldPod({ keeps: "nothing" }), event)).toMatchObject({ how: "handled" });
    },
  );

  it("is handled once by an exclusive function, which says what follows to every topic", async () => {
    const world = createWorld();
    const onNames = vi.fn();
    const create = () => newPod({ keeps: "nothing", exclusive: true, onNames });
    const ports = { topics: ["x", "y"] };
    for (const how of ["handled", "duplicate"])
      expect(await world.deliver(create, toEvent(NoticeV1(ADA)), { ports })).toMatchObject({ how });
    expect(onNames).toHaveBeenCalledTimes(1);
    expect(new Set(world.said.map(({ topic }) => topic))).toEqual(new Set(["x", "y"]));
    expect(distinct(world.said)).toHaveLength(1);
  });

  it("comes again where the upcast is at fault, and nothing is saved of it", async () => {
    const world = createWorld();
    const Broken = defineEvent({
      ...define,
      type: "notice.v2",
      data: v.object({ about: v.string() }),
      upcast: { from: NoticeV1, to: ({ name }) => ({ about: name }) },
    });
    const create = () => defineFunction({ name: "reader", on: [when(Broken, answer)], emits: [Answered] });
    expect(await world.deliver(create, toEvent(NoticeV1(ADA)))).toMatchObject({
      kind: "retry",
      code: "handler",
      reason: "Error: upcast of notice.v1: data of notice.v2: must be about the same subject",
    });
    expect(await world.deliver(() => oldPod(), toEvent(NoticeV1(ADA)))).toMatchObject({ how: "handled" });
  });
});

it("an older version that only the edge may bring stays so", async () => {
  const Asked = defineEvent({
    type: "asked.v1",
    data: v.object({ about: v.string() }),
    subject: define.subject,
  });
  const AskedV2 = defineEvent({
    ...define,
    type: "asked.v2",
    data: v.object({ about: v.string() }),
    upcast: { from: Asked, to: ({ about }) => ({ about }) },
  });
  const create = () => defineFunction({ name: "reader", on: [when(AskedV2, answer)], emits: [Answered] });
  const world = createWorld();
  const event = toEvent(Asked({ about: "s" }));
  expect(await world.deliver(create, event)).toMatchObject({ how: "ignored" });
  expect(await world.deliver(create, event, { fromEdge: true })).toMatchObject({ how: "handled" });
});
