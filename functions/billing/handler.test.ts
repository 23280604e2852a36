import { describe, expect, it } from "vitest";
import { BillDeclined, BillPaid, BillRequested, BillWithdrawn, OrderCreated } from "../events/index.ts";
import { type Bill, createBilling } from "./handler.ts";

const { total: amount } = OrderCreated.sample;
const demand = { orderId: "o-1", amount };
const TOLD = [
  {
    type: OrderCreated.type,
    data: OrderCreated.sample,
    effect: "charge",
    request: { key: "o-1", amount, eventId: "e-1" },
  },
  { type: BillRequested.type, data: demand, effect: "charge", request: { key: "o-1", amount, eventId: "e-1" } },
  { type: BillWithdrawn.type, data: demand, effect: "withdraw", request: { key: "o-1", eventId: "e-1" } },
] as const;

/** Billing with one effect, where the other must not be asked for. */
function createWith(effect: "charge" | "withdraw", answer: (request: object) => Promise<Bill>) {
  const other = () => Promise.reject(new Error("the other effect"));
  return createBilling({ charge: other, withdraw: other, [effect]: answer });
}

describe.each(TOLD)("told $type", ({ type, data, effect, request }) => {
  const tell = async (answer: (request: object) => Promise<Bill>) => {
    const event = { specversion: "1.0", id: "e-1", source: "/shop/order", time: "2026-11-25T10:00:00Z", type, data };
    return createWith(effect, answer).on.get(type)?.react(event, undefined);
  };

  it.each<[string, Bill, object]>([
    ["paid", { ok: true, receipt: "r-7" }, BillPaid({ ...demand, receipt: "r-7" })],
    ["declined", { ok: false, reason: "expired" }, BillDeclined({ ...demand, reason: "expired" })],
  ])("says %s as the effect answers", async (_outcome, answer, said) => {
    expect(await tell(async () => answer)).toEqual({ emit: [said] });
  });

  it("asks once, under the order's id, so that all that is asked for one order has one answer", async () => {
    const asked: unknown[] = [];
    await tell(async (each) => {
      asked.push(each);
      return { ok: true, receipt: "r-7" };
    });
    expect(asked).toEqual([request]);
  });

  it("says nothing where it cannot be known whether the money was taken", async () => {
    await expect(tell(() => Promise.reject(new Error("no answer")))).rejects.toThrow("no answer");
  });
});
