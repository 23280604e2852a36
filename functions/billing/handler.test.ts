import { expect, it } from "vitest";
import { BillDeclined, BillPaid, OrderCreated } from "../events/index.ts";
import { type Charge, createBilling } from "./handler.ts";

const created = {
  specversion: "1.0",
  id: "e-1",
  source: "/shop/order",
  time: "2026-11-25T10:00:00Z",
  ...OrderCreated(OrderCreated.sample),
};
const { total: amount } = OrderCreated.sample;

async function bill(charge: Charge) {
  return createBilling({ charge }).on.get(OrderCreated.type)?.react(created, undefined);
}

it.each<[string, Awaited<ReturnType<Charge>>, object]>([
  ["paid", { ok: true, receipt: "r-7" }, BillPaid({ orderId: "o-1", amount, receipt: "r-7" })],
  ["declined", { ok: false, reason: "expired" }, BillDeclined({ orderId: "o-1", amount, reason: "expired" })],
])("says %s as the charge answers", async (_outcome, answer, said) => {
  expect(await bill(async () => answer)).toEqual({ emit: [said] });
});

it("charges the total under the order's id, so that a second run charges nothing more", async () => {
  const asked: unknown[] = [];
  await bill(async (request) => {
    asked.push(request);
    return { ok: true, receipt: "r-7" };
  });
  expect(asked).toEqual([{ key: "o-1", amount, eventId: "e-1" }]);
});

it("says nothing where it cannot be known whether the money was taken", async () => {
  await expect(bill(async () => Promise.reject(new Error("no answer")))).rejects.toThrow("no answer");
});
