import { describe, expect, it } from "vitest";
import {
  BillDeclined,
  BillMissing,
  BillOverdue,
  BillPaid,
  BillRequested,
  BillWithdrawn,
  OrderCreated,
  OrderRequested,
  ShipmentDispatched,
} from "../events/index.ts";
import type { EventDraft } from "../kernel/event.ts";
import { order } from "./handler.ts";
import { type OrderState, statusOf } from "./state.ts";

const details = OrderRequested.sample;
const AT = "2026-11-25T10:00:00Z";

const REQUESTED: OrderState = { order: details, createdAt: AT };
const PAID: OrderState = { bill: { outcome: "paid", at: AT } };
const DECLINED: OrderState = { bill: { outcome: "declined", at: AT, reason: "card-declined" } };
const SENT: OrderState = { shipment: { tracking: "t-1", at: AT } };

const LATER = "2026-11-25T11:00:00Z";
const FACTS = {
  requested: OrderRequested(details),
  paid: BillPaid(BillPaid.sample),
  declined: BillDeclined({ ...BillDeclined.sample, reason: "expired" }),
  sent: ShipmentDispatched({ orderId: "o-1", tracking: "t-2" }),
};

async function tell(draft: EventDraft, state: OrderState | undefined) {
  const event = { specversion: "1.0", id: "e-1", source: "/shop/test", time: LATER, ...draft };
  const reaction = await order.on.get(draft.type)?.react(event, state);
  return { state: reaction?.state as OrderState, emit: reaction?.emit ?? [] };
}

// Per fact: where the order stands then, and what is said about it. Nothing said is "".
const TABLE: readonly (readonly [
  string,
  OrderState | undefined,
  Record<keyof typeof FACTS, readonly [string, string]>,
])[] = [
  [
    "nothing",
    undefined,
    {
      requested: ["created", "created overdue missing"],
      paid: ["unknown", "overdue"],
      declined: ["unknown", "overdue"],
      sent: ["unknown", "overdue"],
    },
  ],
  [
    "a paid bill only",
    PAID,
    { requested: ["paid", "created paid"], paid: ["unknown", ""], declined: ["unknown", ""], sent: ["unknown", ""] },
  ],
  [
    "a declined bill only",
    DECLINED,
    {
      requested: ["cancelled", "created cancelled"],
      paid: ["unknown", ""],
      declined: ["unknown", ""],
      sent: ["unknown", ""],
    },
  ],
  [
    "a shipment only",
    SENT,
    {
      // The timer that waits for the order is the one that waits for its bill.
      requested: ["created", "created missing"],
      paid: ["unknown", ""],
      declined: ["unknown", ""],
      sent: ["unknown", ""],
    },
  ],
  [
    "a paid bill and a shipment",
    { ...PAID, ...SENT },
    {
      requested: ["shipped", "created paid shipped"],
      paid: ["unknown", ""],
      declined: ["unknown", ""],
      sent: ["unknown", ""],
    },
  ],
  [
    "a declined bill and a shipment",
    { ...DECLINED, ...SENT },
    {
      requested: ["cancelled", "created cancelled"],
      paid: ["unknown", ""],
      declined: ["unknown", ""],
      sent: ["unknown", ""],
    },
  ],
  [
    "a created order",
    REQUESTED,
    { requested: ["created", ""], paid: ["paid", "paid"], declined: ["cancelled", "cancelled"], sent: ["created", ""] },
  ],
  [
    "a created order and its shipment",
    { ...REQUESTED, ...SENT },
    {
      requested: ["created", ""],
      paid: ["shipped", "paid shipped"],
      declined: ["cancelled", "cancelled"],
      sent: ["created", ""],
    },
  ],
  [
    "a paid order",
    { ...REQUESTED, ...PAID },
    { requested: ["paid", ""], paid: ["paid", ""], declined: ["paid", ""], sent: ["shipped", "shipped"] },
  ],
  [
    "a cancelled order",
    { ...REQUESTED, ...DECLINED },
    { requested: ["cancelled", ""], paid: ["cancelled", ""], declined: ["cancelled", ""], sent: ["cancelled", ""] },
  ],
  [
    "a cancelled order and a shipment",
    { ...REQUESTED, ...DECLINED, ...SENT },
    { requested: ["cancelled", ""], paid: ["cancelled", ""], declined: ["cancelled", ""], sent: ["cancelled", ""] },
  ],
  [
    "a shipped order",
    { ...REQUESTED, ...PAID, ...SENT },
    { requested: ["shipped", ""], paid: ["shipped", ""], declined: ["shipped", ""], sent: ["shipped", ""] },
  ],
];

const rows = TABLE.flatMap(([knows, state, answers]) =>
  Object.entries(answers).map(([fact, [status, says]]) => ({
    knows,
    state,
    fact: fact as keyof typeof FACTS,
    status,
    says,
  })),
);

describe("the order has one answer to every event in every state", () => {
  it.each(rows)("knowing $knows, told $fact: $status, says '$says'", async ({ state, fact, status, says }) => {
    const after = await tell(FACTS[fact], state);
    expect(statusOf(after.state)).toBe(status);
    expect(after.emit.map(({ type }) => type.split(".").at(-2)).join(" ")).toBe(says);
  });

  it.each(rows)("knowing $knows, told $fact: never forgets or changes what it knew", async ({ state, fact }) => {
    const after = await tell(FACTS[fact], state);
    expect(after.state).toMatchObject(state ?? {});
  });

  it.each(rows)("knowing $knows, told $fact: keeps what it can read again, whole", async ({ state, fact }) => {
    const after = await tell(FACTS[fact], state);
    expect(() => order.state.check?.(after.state)).not.toThrow();
    expect(order.state.read(after.state, 1)).toEqual(after.state);
  });
});

describe("what the order says carries what others need", () => {
  it.each([
    { says: "paid with the order whole", state: REQUESTED, fact: FACTS.paid, data: details },
    {
      says: "cancelled with the reason of the bill",
      state: REQUESTED,
      fact: FACTS.declined,
      data: { orderId: "o-1", customer: details.customer, reason: "expired" },
    },
    {
      says: "shipped with the tracking of the shipment",
      state: { ...REQUESTED, ...PAID },
      fact: FACTS.sent,
      data: { orderId: "o-1", customer: details.customer, tracking: "t-2" },
    },
  ])("$says", async ({ state, fact, data }) => {
    const { emit } = await tell(fact, state);
    expect(emit.map((draft) => [draft.subject, draft.data])).toEqual([["o-1", data]]);
  });
});

it("waits for a bill for a quarter of an hour before it asks again, and for a day before it withdraws", async () => {
  const { emit } = await tell(FACTS.requested, undefined);
  expect(emit).toEqual([
    OrderCreated(details),
    { ...BillOverdue({ orderId: "o-1" }), afterMs: 900_000 },
    { ...BillMissing({ orderId: "o-1" }), afterMs: 86_400_000 },
  ]);
});

it("waits for an order of which it was told something for a quarter of an hour, once", async () => {
  const { emit, state } = await tell(FACTS.sent, undefined);
  expect(emit).toEqual([{ ...BillOverdue({ orderId: "o-1" }), afterMs: 900_000 }]);
  expect((await tell(FACTS.paid, state)).emit).toEqual([]);
});

const timers = [
  { timer: BillOverdue, says: BillRequested },
  { timer: BillMissing, says: BillWithdrawn },
].flatMap(({ timer, says }) =>
  TABLE.map(([knows, state]) => ({ knows, state, says, event: timer(timer.sample), type: timer.type })),
);

const isUnknown = ({ state }: (typeof timers)[number]) => statusOf(state ?? {}) === "unknown";

it.each(timers.filter(isUnknown))(
  "knowing $knows, told by its timer $type: it is a letter, as nobody knows the order",
  async ({ state, event, type }) => {
    const cause = { specversion: "1.0", id: "e-1", source: "/shop/order", time: LATER, ...event };
    await expect(order.on.get(type)?.react(cause, state)).rejects.toMatchObject({
      name: "Dead",
      code: "unknown-order",
    });
  },
);

it.each(timers.filter((row) => !isUnknown(row)))(
  "knowing $knows, told by its timer $type: says so only where it waits for a bill, and learns nothing",
  async ({ state, event, type, says }) => {
    const cause = { specversion: "1.0", id: "e-1", source: "/shop/order", time: LATER, ...event };
    const isWaiting = statusOf(state ?? {}) === "created";
    expect(await order.on.get(type)?.react(cause, state)).toEqual(
      isWaiting ? { emit: [says({ orderId: "o-1", amount: details.total })] } : {},
    );
  },
);

it.each([
  { first: FACTS.paid, second: FACTS.declined, status: "paid" },
  { first: FACTS.declined, second: FACTS.paid, status: "cancelled" },
])("of contradicting bills the first wins: $status", async ({ first, second, status }) => {
  const one = await tell(first, REQUESTED);
  const two = await tell(second, one.state);
  expect([statusOf(two.state), two.emit]).toEqual([status, []]);
});

it.each([
  ["bill.outcome", { ...PAID, bill: { outcome: "refunded", at: AT } }],
  ["shipment.at", { ...SENT, shipment: { tracking: "t-1" } }],
  ["order.total.amount", { order: { ...details, total: { amount: 0.5, currency: "EUR" } } }],
])("never keeps an order whose %s it could not read", (path, state) => {
  expect(() => order.state.check?.(state)).toThrow(`state.${path} of order: `);
});

it("keeps the time of each event as the time of its step", async () => {
  const { state } = await tell(
    FACTS.sent,
    (await tell(FACTS.paid, (await tell(FACTS.requested, undefined)).state)).state,
  );
  expect([state.createdAt, state.bill?.at, state.shipment?.at]).toEqual([LATER, LATER, LATER]);
});
