import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { createLargeBulk } from "./large-bulk.ts";
import { createTestPorts } from "./test-ports.ts";

const MIB = 1024 * 1024;

const entry = (entryId: string, data: object = {}) => ({
  entryId,
  event: {
    ...{ specversion: "1.0", id: entryId, source: "/shop/test", type: OrderCreated.type },
    data: { ...OrderCreated.sample, orderId: entryId, ...data },
  },
  contentType: "application/cloudevents+json",
  metadata: {},
});
/** As daprd writes it. */
const bulk = (entries: readonly object[]) => JSON.stringify({ id: "b", entries, metadata: {}, topic: "orders" });

async function deliver(body: string) {
  const { ports, said } = createTestPorts();
  const app = createDaprApp(createBilling(createEffects({})), { ports });
  onTestFinished(() => app.close());
  const headers = { "content-type": "application/json" };
  const answer = await app.inject({ method: "POST", url: "/orders", headers, payload: body });
  const letters = said.filter(({ topic }) => topic === "dead-letters").map((letter) => JSON.parse(letter.body));
  return { answer: answer.json(), letters, handled: said.length - letters.length };
}

/** The sidecar makes ids of entries up at each delivery. */
const withoutId = (each: object) => JSON.stringify(each).replace(/^\{"entryId":"[^"]*"/, "");

it("of a bulk beyond what is held, each too large entry is a letter, and the others are handled", async () => {
  const large = [entry("l-1", { note: "x".repeat(20 * MIB) }), entry("l-2", { note: '"}]'.repeat(5 * MIB) })];
  const [first, second] = large;
  const { answer, letters, handled } = await deliver(bulk([entry("o-1"), first ?? {}, entry("o-2"), second ?? {}]));
  const ids = ["o-1", "l-1", "o-2", "l-2"];
  expect(answer).toEqual({ statuses: ids.map((entryId) => ({ entryId, status: "SUCCESS" })) });
  expect(handled).toBe(2);
  expect(letters.map(({ deadcode, deadlength, deadsha256 }) => [deadcode, deadlength, deadsha256])).toEqual(
    large.map((each) => {
      const text = withoutId(each);
      return ["size", String(text.length), createHash("sha256").update(text).digest("hex")];
    }),
  );
});

it("a too large entry that comes again in another bulk, under another id, is the same letter", async () => {
  const large = entry("l-1", { note: "x".repeat(20 * MIB) });
  const others = entry("o-1", { note: "x".repeat(13 * MIB) });
  const first = await deliver(bulk([large, others]));
  const second = await deliver(bulk([others, { ...large, entryId: "another" }]));
  const letterOf = ({ letters }: typeof first) => letters.find(({ deadlength }) => Number(deadlength) > 20 * MIB);
  const { id, data_base64 } = letterOf(first);
  expect(letterOf(second)).toMatchObject({ id, data_base64 });
});

it("entries for which there is no room come again, in a bulk that is smaller by those that were handled", async () => {
  const entries = Array.from({ length: 100 }, (_, n) => entry(`o-${n}`, { note: "x".repeat(400_000) }));
  const { answer, letters, handled } = await deliver(bulk(entries));
  const done = answer.statuses.filter(({ status }: { status: string }) => status === "SUCCESS");
  expect(answer.statuses.map(({ entryId }: { entryId: string }) => entryId)).toEqual(
    entries.map((each) => each.entryId),
  );
  expect(done.length).toBeGreaterThan(10);
  expect([handled + letters.length, done.length < 100]).toEqual([done.length, true]);
});

it.each([
  ["an event", JSON.stringify({ ...entry("o-1").event, note: "x".repeat(33 * MIB) })],
  ["a bulk that is cut", bulk([entry("o-1", { note: "x".repeat(33 * MIB) })]).slice(0, -1)],
  ["entries without ids", bulk([{ event: "x".repeat(33 * MIB) }])],
])("%s of that size is one letter", async (_what, body) => {
  const { answer, letters, handled } = await deliver(body);
  expect([answer, handled]).toEqual([{ status: "SUCCESS" }, 0]);
  expect(letters).toMatchObject([{ deadcode: "size", deadlength: String(body.length) }]);
});

it("finds the entries that JSON.parse finds, however the bytes come", () => {
  const entries = fc.array(fc.record({ entryId: fc.string(), event: fc.jsonValue() }));
  const around = fc.dictionary(
    fc.string().filter((name) => !["entries", "specversion"].includes(name)),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(entries, around, around, fc.integer({ min: 1, max: 50 }), (entries, before, after, size) => {
      const parts = [JSON.stringify(before).slice(1, -1), `"entries": ${JSON.stringify(entries, null, 1)}`];
      const text = `{${[...parts, JSON.stringify(after).slice(1, -1)].filter((part) => part !== "").join(", ")} }\n`;
      const bytes = Buffer.from(text);
      const found = createLargeBulk(256 * 1024);
      for (let at = 0; at < bytes.length; at += size) found.push(bytes.subarray(at, at + size));
      expect(found.entries()?.map((each) => JSON.parse(String(each.bytes)))).toEqual(JSON.parse(text).entries);
    }),
  );
});
