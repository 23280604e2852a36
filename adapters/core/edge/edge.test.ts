import { describe, expect, it } from "vitest";
import { BillDeclined, BillPaid, ShipmentDispatched } from "../../../functions/events/index.ts";
import type { EventDraft } from "../../../functions/kernel/event.ts";
import { order } from "../../../functions/order/handler.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import { createPatience } from "../dispatch/patience.ts";
import type { Ports } from "../dispatch/ports.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import type { Said } from "../relay/publish.ts";
import { relayNow } from "../relay/relay-now.ts";
import { place as placeAt, show as showAt } from "./edge.ts";
import { served, settings } from "./test-orders.ts";

const NOW = Date.parse("2026-11-25T10:00:00Z");
const body = {
  customer: { name: "Ada Example", email: "ada@example.com" },
  items: [
    { sku: "mug-blue", quantity: 2, unitPrice: 1250 },
    { sku: "lamp", quantity: 1, unitPrice: 4990 },
  ],
  currency: "EUR",
};

function start() {
  const said: Said[] = [];
  let clock = NOW;
  const down = { publish: false, ledger: false };
  const memory = createMemoryLedger();
  const ports: Ports = {
    ledger: {
      ...memory,
      load: (...call) => (down.ledger ? Promise.reject(new Error("down")) : memory.load(...call)),
      save: (...call) => (down.ledger ? Promise.reject(new Error("down")) : memory.save(...call)),
    },
    publish: async (events) => {
      if (down.publish) throw new Error("down");
      said.push(...events);
    },
    now: () => clock,
    isRelayed: true,
    deadlineMs: 1_000,
    leaseMs: 2_000,
  };
  const place = (content: unknown = "", headers: Record<string, string> = {}, more: Partial<Ports> = {}) => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const type = text === "" ? {} : { "content-type": "application/json" };
    const ask = { headers: { ...type, ...headers }, body: Buffer.from(text) };
    return placeAt(served, ask, { settings, ports: { ...ports, ...more } });
  };
  const pass = (ms: number) => {
    clock += ms;
  };
  const hear = ({ data, ...draft }: EventDraft) => {
    const event = {
      specversion: "1.0",
      id: draft.type,
      source: "/shop/test",
      time: "2026-11-25T10:00:01Z",
      data,
      ...draft,
    };
    return dispatch(order, { event }, ports);
  };
  const ids = () => new Set(said.map((one) => JSON.parse(one.body).id));
  return { place, show: (id: string) => showAt(served, id, ports), hear, pass, said, ids, down, ports };
}

const idOf = ({ body }: { readonly body: object }) => (body as { orderId: string }).orderId;
const withKey = (key: string) => ({ "idempotency-key": key });

describe("placing", () => {
  it("makes a complete order up where the body is empty", async () => {
    const { place, said } = start();
    const answer = await place();
    const orderId = idOf(answer);
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `/orders/${orderId}`, "content-type": "application/json; charset=utf-8" },
      body: { status: "created", steps: [{ status: "created", at: "2026-11-25T10:00:00.000Z" }] },
    });
    expect(said.map(({ topic, key }) => [topic, key])).toEqual([["orders", orderId]]);
  });

  it("computes the total itself, and keeps the customer to itself", async () => {
    const { place } = start();
    const answer = await place(body);
    expect(answer.body).toMatchObject({ items: body.items, total: { amount: 7490, currency: "EUR" } });
    expect(JSON.stringify(answer)).not.toContain("ada@example.com");
  });

  it("makes another order of every request without a key", async () => {
    const { place } = start();
    expect(idOf(await place())).not.toBe(idOf(await place()));
  });

  it.each([
    ["made up", ""],
    ["wanted", body],
  ])("gives the same %s order to the same key, and no second event", async (_what, content) => {
    const { place, ids } = start();
    const first = await place(content, withKey("k-1"));
    expect(await place(content, withKey("k-1"))).toEqual(first);
    expect(ids().size).toBe(1);
    expect(idOf(await place(content, withKey("k-2")))).not.toBe(idOf(first));
  });

  it("refuses the same key for another order, and leaves the first as it is", async () => {
    const { place, show, ids } = start();
    const first = await place(body, withKey("k-1"));
    for (const other of [{ ...body, currency: "USD" }, ""]) {
      const answer = await place(other, withKey("k-1"));
      expect([answer.status, answer.headers["content-type"]]).toEqual([422, "application/problem+json; charset=utf-8"]);
    }
    expect((await show(idOf(first))).body).toMatchObject({ total: { currency: "EUR" } });
    expect(ids().size).toBe(1);
  });

  it("answers 20 requests with one key at the same moment with one order", async () => {
    const { place, ids } = start();
    const answers = await Promise.all(Array.from({ length: 20 }, () => place("", withKey("k-1"))));
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(ids().size).toBe(1);
  });

  it("takes an order while the broker is down, and a relay says it, once, when that is back", async () => {
    const { place, pass, down, ids, ports } = start();
    down.publish = true;
    const placed = await place(body, withKey("k-1"));
    expect(placed).toMatchObject({ status: 202, headers: { "idempotency-key": "k-1" } });
    expect(placed.body).toMatchObject({ status: "created" });
    pass(10_000);
    expect(await relayNow(order, ports)).toMatchObject({ said: 0, failed: 1 });
    down.publish = false;
    pass(20_000);
    expect(await relayNow(order, ports)).toMatchObject({ said: 1, failed: 0 });
    expect(ids().size).toBe(1);
    expect(await place(body, withKey("k-1"))).toMatchObject({ status: 202 });
    expect(ids().size).toBe(1);
  });

  it("promises nothing where no relay would say it", async () => {
    const { place, ids } = start();
    const refused = await place(body, withKey("k-1"), { isRelayed: false });
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "1", "idempotency-key": "k-1" } });
    expect(refused.headers["content-type"]).toContain("problem+json");
    expect((await place(body, withKey("k-1"))).status).toBe(202);
    expect(ids().size).toBe(1);
  });

  it.each<[what: string, outage: Partial<Ledger>]>([
    ["refuses", { save: () => Promise.reject(new Error("down")) }],
    ["never answers", { save: () => new Promise(() => {}) }],
  ])("never says that it will not do while the ledger %s, however often and long it is asked", async (_how, outage) => {
    const { place, pass, ids, ports } = start();
    const patience = createPatience({ ms: 90_000 });
    const away = { patience, deadlineMs: 5, ledger: { ...ports.ledger, ...outage } };
    for (let n = 0; n < 6; n++) {
      expect((await place(body, withKey("k-1"), away)).status).toBe(503);
      // Others get through.
      expect((await place(body, withKey(`other-${n}`), { patience })).status).toBe(202);
      pass(45_000);
    }
    expect((await place(body, withKey("k-1"), { patience })).status).toBe(202);
    expect(ids().size).toBe(7);
  });

  it("tells the key that it made up, so that an order that is saved and not said can be asked for again", async () => {
    const { place, down, ids } = start();
    down.publish = true;
    const { "idempotency-key": key = "" } = (await place(body)).headers;
    down.publish = false;
    const placed = await place(body, withKey(key));
    expect([placed.status, placed.headers["idempotency-key"], ids().size]).toEqual([202, key, 1]);
  });

  it("promises nothing while the ledger is down", async () => {
    const { place, show, down, said } = start();
    down.ledger = true;
    expect((await place()).status).toBe(503);
    expect((await show("o-1")).status).toBe(503);
    expect(said).toEqual([]);
  });
});

describe("refusing", () => {
  const JSON_TYPE = { "content-type": "application/json" };
  it.each<[number, string, unknown, Record<string, string>]>([
    [400, "malformed JSON", "{", {}],
    [400, "bytes that are not UTF-8", "", {}],
    [415, "another content type", "a=b", { "content-type": "application/x-www-form-urlencoded" }],
    [415, "a content type that begins like JSON", "{}", { "content-type": "application/jsonp" }],
    [422, "no object", "[]", {}],
    [422, "null", "null", {}],
    [422, "no items", { ...body, items: [] }, {}],
    [422, "a fraction of a cent", { ...body, items: [{ sku: "x", quantity: 1, unitPrice: 0.5 }] }, {}],
    [422, "a negative quantity", { ...body, items: [{ sku: "x", quantity: -1, unitPrice: 5 }] }, {}],
    [422, "a total of the customer's own", { ...body, total: { amount: 1, currency: "EUR" } }, {}],
    [422, "an id of the customer's own", { ...body, orderId: "o-1" }, {}],
    [400, "an empty key", body, { "idempotency-key": "" }],
    [400, "a key with spaces", body, { "idempotency-key": "a b" }],
    [400, "a key of 256 characters", body, { "idempotency-key": "x".repeat(256) }],
    [503, "a CloudEvent", body, { "content-type": "application/cloudevents+json" }],
    [503, "a CloudEvent in upper case", body, { "content-type": "Application/CloudEvents+JSON" }],
    [503, "a batch of CloudEvents", "[]", { "content-type": "application/cloudevents-batch+json" }],
    [503, "a CloudEvent in binary mode", body, { "ce-specversion": "1.0" }],
  ])("answers %d with a problem for %s, and says nothing", async (status, what, content, headers) => {
    const { place, said } = start();
    const bytes = what.startsWith("bytes") ? { headers: JSON_TYPE, body: Uint8Array.of(0x7b, 0xff) } : undefined;
    const answer = bytes
      ? await placeAt(served, bytes, { settings, ports: {} as Ports })
      : await place(content, headers);
    expect([answer.status, answer.headers["content-type"]]).toEqual([
      status,
      "application/problem+json; charset=utf-8",
    ]);
    expect(answer.body).toMatchObject({ type: "about:blank", status, detail: expect.any(String) });
    expect(said).toEqual([]);
  });

  it("points at what is wrong, and never repeats it", async () => {
    const { place } = start();
    const answer = await place({ ...body, customer: { name: "Ada", email: "no address of ada" } });
    expect(answer.body).toMatchObject({ errors: [{ pointer: "#/customer/email" }] });
    expect(JSON.stringify(answer)).not.toContain("no address");
  });
});

describe("showing", () => {
  it("knows no order that was never placed", async () => {
    expect((await start().show("o-1")).status).toBe(404);
  });

  it("shows each step with its time", async () => {
    const { place, show, hear } = start();
    const orderId = idOf(await place());
    await hear(BillPaid({ ...BillPaid.sample, orderId }));
    expect((await show(orderId)).body).toMatchObject({ status: "paid" });
    await hear(ShipmentDispatched({ ...ShipmentDispatched.sample, orderId }));
    expect((await show(orderId)).body).toMatchObject({
      status: "shipped",
      steps: [
        { status: "created", at: "2026-11-25T10:00:00.000Z" },
        { status: "paid", at: "2026-11-25T10:00:01Z" },
        { status: "shipped", at: "2026-11-25T10:00:01Z" },
      ],
      tracking: ShipmentDispatched.sample.tracking,
    });
  });

  it("shows an order that was cancelled, whatever else is heard of it", async () => {
    const { place, show, hear } = start();
    const orderId = idOf(await place());
    await hear(BillDeclined({ ...BillDeclined.sample, orderId }));
    await hear(ShipmentDispatched({ ...ShipmentDispatched.sample, orderId }));
    const { body } = await show(orderId);
    expect(body).toMatchObject({ status: "cancelled", steps: [{ status: "created" }, { status: "cancelled" }] });
  });

  it("shows nothing of an order whose bill came first", async () => {
    const { show, hear } = start();
    await hear(BillPaid({ ...BillPaid.sample, orderId: "o-1" }));
    expect((await show("o-1")).status).toBe(404);
  });
});
