import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { defineEvent, defineFunction, topicsOf, versionsOf, when } from "./define.ts";
import "../events/schema.ts";
import { Dead } from "./outcome.ts";

const subject = ({ id }: { readonly id: string }) => id;

const NoticeV1 = defineEvent({
  type: "notice.v1",
  topic: "old-notices",
  data: v.object({ id: v.string(), name: v.string() }),
  subject,
});

const ADA = { id: "s", name: "Ada Example" };

const NoticeV2 = defineEvent({
  type: "notice.v2",
  topic: "notices",
  data: v.object({ id: v.string(), first: v.string(), last: v.string() }),
  subject,
  upcast: {
    from: NoticeV1,
    to: ({ id, name }) => ({ id, first: name.split(" ")[0] ?? "", last: name.split(" ")[1] ?? "" }),
  },
});

const NoticeV3 = defineEvent({
  type: "notice.v3",
  topic: "notices",
  data: v.object({
    id: v.string(),
    initials: v.pipe(v.string(), v.minLength(1)),
    greeting: v.optional(v.string(), "Dear"),
  }),
  subject,
  upcast: {
    from: NoticeV2,
    to: ({ id, first, last }) => ({ id, initials: first.slice(0, 1) + last.slice(0, 1) }),
  },
});

const told: unknown[] = [];
const reader = defineFunction({
  name: "reader",
  on: [
    when(NoticeV3, ({ type, data }) => {
      told.push([type, data]);
      return {};
    }),
  ],
});

const eventOf = (type: string, data: unknown) => ({
  specversion: "1.0",
  id: "1",
  source: "/s",
  type,
  time: "2026-11-25T10:00:00Z",
  data,
});

const reactTo = async (type: string, data: unknown, fn = reader) => {
  const clause = fn.on.get(type);
  return clause?.react(eventOf(type, clause.event.parse(data)), undefined);
};

it.each([
  { type: NoticeV1.type, data: ADA },
  { type: NoticeV2.type, data: { id: "s", first: "Ada", last: "Example" } },
  { type: NoticeV3.type, data: { id: "s", initials: "AE", greeting: "Dear" } },
])("$type reaches the handler of the newest: new data, under the name it came as", async ({ type, data }) => {
  told.length = 0;
  await reactTo(type, data);
  expect(told).toEqual([[type, { id: "s", initials: "AE", greeting: "Dear" }]]);
});

it("is known to hosts as it comes, so that keys, filters and letters of an older pod are those of a newer one", () => {
  expect([...reader.on].map(([type, { event }]) => [type, event])).toEqual(
    versionsOf(NoticeV3).map((event) => [event.type, event]),
  );
  expect(versionsOf(NoticeV3)).toEqual([NoticeV3, NoticeV2, NoticeV1]);
  expect(topicsOf(reader)).toEqual(["notices", "old-notices"]);
});

it("is refused as what it came as when it breaks its own schema", async () => {
  const refusal = await reactTo("notice.v1", { id: "s" }).catch((error: unknown) => error);
  expect(refusal).toEqual(new Dead("schema", "data.name of notice.v1: is required"));
});

describe("an upcast at fault comes again, since the event is right", () => {
  const understood = (
    to: (old: { readonly id: string; readonly name: string }) => { readonly id: string; readonly n: number },
  ) =>
    defineFunction({
      name: "f",
      on: [
        when(
          defineEvent({
            type: "notice.v9",
            data: v.object({ id: v.string(), n: v.number() }),
            subject,
            upcast: { from: NoticeV1, to },
          }),
          () => ({}),
        ),
      ],
    });

  it.each([
    {
      fault: "data that breaks the new schema",
      to: ({ id }: { readonly id: string }) => ({ id, n: Number.NaN }),
      error: new Error("upcast of notice.v1: data.n of notice.v9: must be number"),
    },
    {
      fault: "another subject",
      to: () => ({ id: "another", n: 1 }),
      error: new Error("upcast of notice.v1: data of notice.v9: must be about the same subject"),
    },
    {
      fault: "a throw",
      to: () => {
        throw new RangeError("too many names");
      },
      error: new RangeError("too many names"),
    },
  ])("$fault", async ({ to, error }) => {
    expect(await reactTo("notice.v1", ADA, understood(to)).catch((thrown: unknown) => thrown)).toEqual(error);
  });

  it("but ends the event where it says so itself", async () => {
    const never = new Dead("nameless", "name: must have two parts");
    const fn = understood(() => {
      throw never;
    });
    await expect(reactTo("notice.v1", ADA, fn)).rejects.toBe(never);
  });
});

it("is held by the compiler to what the new schema takes", () => {
  const define = () =>
    defineEvent({
      type: "notice.v9",
      data: v.object({ id: v.string(), n: v.number() }),
      subject,
      // @ts-expect-error n is missing
      upcast: { from: NoticeV1, to: ({ id }) => ({ id }) },
    });
  expect(define().upcast?.to({ id: "s" })).toEqual({ id: "s" });
});

it("ends at start beside a clause of its own for the older type, of which only one can run", () => {
  const define = () => defineFunction({ name: "a", on: [when(NoticeV1, () => ({})), when(NoticeV2, () => ({}))] });
  expect(define).toThrow(new TypeError("a: two clauses for notice.v1"));
});
