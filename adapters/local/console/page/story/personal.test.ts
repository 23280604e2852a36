import { describe, expect, it } from "vitest";
import type { Happening, Story, SystemView } from "../../api-types.ts";
import { MASK, parseJson } from "../masked.ts";
import { toLegible } from "./document.ts";
import { toLines } from "./lines.ts";
import { toPicture } from "./picture.ts";
import { toSaved } from "./save.ts";
import { toWaterfall } from "./waterfall.ts";

const EMAIL = "ada@example.org";
const TYPE = "com.example.parcel.sent.v1";
const data = { parcelId: "p-1", to: { email: EMAIL }, weight: 2 };
const event = { specversion: "1.0", id: "E", source: "/post", type: TYPE, data };
const entry = {
  v: 1,
  state: { to: { email: EMAIL }, status: "sent" },
  inbox: "x".repeat(90),
  outbox: { key: { at: 1, due: 86_400_000, said: [{ topic: "parcels", body: JSON.stringify(event) }] } },
};
const system: SystemView = {
  ...{ name: "post", started: 0, functions: [], edges: [], faults: [] },
  types: [{ type: TYPE, personal: ["to.email"] }],
  personalState: { depot: ["to.email"] },
};

const happenings: readonly Happening[] = [
  { id: 1, at: 10, kind: "published", event: "E", type: TYPE, topic: "parcels", entry: 1, hasBody: true },
  { id: 2, at: 20, kind: "saved", app: "depot", key: "depot-1", event: "E", hasBody: true },
];
const storyOf = (bodies: Story["bodies"]): Story => ({ asked: "E", happenings, bodies });

describe("what is saved of a story", () => {
  const whole = storyOf({
    1: { text: JSON.stringify(event) },
    2: { text: JSON.stringify(entry), before: JSON.stringify(entry) },
  });

  it("holds what events and documents say, and nothing of a person", () => {
    const saved = toSaved(whole, system);
    expect(JSON.stringify(saved)).not.toContain(EMAIL);
    expect(saved).toMatchObject({ asked: "E", system: "post", happenings });
    expect(JSON.parse(saved.bodies[1]?.text ?? "")).toEqual({ ...event, data: { ...data, to: { email: MASK } } });
    expect(JSON.parse(saved.bodies[2]?.text ?? "")).toMatchObject({ state: { to: { email: MASK }, status: "sent" } });
  });

  it.each([
    ["of a type in no catalogue", JSON.stringify(event), { ...system, types: [] }],
    ["of a system that is not known", JSON.stringify(event), undefined],
    ["as bytes", JSON.stringify({ ...event, data: undefined, data_base64: EMAIL }), system],
    ["as what is no JSON", `to ${EMAIL}`, system],
  ])("leaves out data %s", (_, text, known) => {
    expect(JSON.stringify(toSaved(storyOf({ 1: { text } }), known))).not.toContain(EMAIL);
  });

  it("leaves out what a document is not legible in", () => {
    const text = JSON.stringify({ ...entry, inbox: undefined });
    expect(toSaved(storyOf({ 2: { text } }), system).bodies[2]?.text).toBe("not shown");
  });

  it("as a picture is XML, whatever a type says", () => {
    const type = '</text><script a="&">\u0001';
    const waterfall = toWaterfall([{ ...(happenings[0] as Happening), type }], { now: 100 });
    const { svg } = toPicture(waterfall, "Story of <E>");
    for (const each of ["<script", "<E>", "\u0001"]) expect(svg).not.toContain(each);
    expect(svg).toContain("Story of &lt;E&gt;");
  });
});

describe("a document, as somebody reads it", () => {
  it("has its state and what it is still to say, and no bytes of events", () => {
    expect(toLegible(JSON.stringify(entry))).toEqual({
      state: entry.state,
      handled: "2 events",
      says: [{ type: TYPE, topic: "parcels", due: "1970-01-02T00:00:00.000Z" }],
    });
  });

  it("keeps integers that no double holds", () => {
    const text = JSON.stringify({ v: 1, exact: '{"amount":9007199254740993}', inbox: "" });
    expect(toLines(toLegible(text), []).map((line) => line.text)).toContain('    "amount": 9007199254740993');
  });

  it.each([
    ["a row beside one", '{"at":1}'],
    ["an event that is parked", '{"v":1,"inbox":"","parked":{"body":"{}"}}'],
    ["no JSON", "x"],
  ])("is not %s", (_, text) => {
    expect(toLegible(text)).toBeUndefined();
  });
});

describe("lines of JSON", () => {
  const value = parseJson('{"to":{"email":"a@b.c","tags":[]},"items":[{"name":"x"},{"name":"y"}],"n":2.50}')?.value;

  it("are as JSON is indented, its numbers as they stood", () => {
    expect(
      toLines(value, [])
        .map(({ text }) => text)
        .join("\n"),
    ).toBe(JSON.stringify(value, (_, each) => each, 2).replace(/\{\s+"source": "2.50"\s+\}/, "2.50"));
  });

  it("hold what is about a person apart, and can still be compared by it", () => {
    const lines = toLines(value, ["to.email", "items.*"]);
    expect(
      lines.filter(({ secret }) => secret).map(({ before, secret, after }) => [before.trim(), secret, after]),
    ).toEqual([
      ['"email": ', { text: '"a@b.c"', name: "email" }, ","].map((each) => (each === '"email": ' ? '"email":' : each)),
      ["", { text: '{"name":"x"}', name: "0" }, ","],
      ["", { text: '{"name":"y"}', name: "1" }, ""],
    ]);
    expect(lines.map(({ text }) => text)).toContain('    "email": "a@b.c",');
  });

  it("are hidden as a whole where all of it is about a person", () => {
    expect(toLines(value, [""])).toMatchObject([{ before: "", after: "", secret: { name: "all of it" } }]);
  });
});
