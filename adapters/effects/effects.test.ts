import { expect, it } from "vitest";
import { DECLINED_AMOUNT } from "./charge.ts";
import { createEffects } from "./index.ts";

const EUR_25 = { amount: 2500, currency: "EUR" };
const request = (key: string, eventId = "e-1") => ({ key, amount: EUR_25, eventId });

it.each([
  { what: "charged", amount: EUR_25, answer: { ok: true, receipt: expect.stringMatching(/^r-/) } },
  {
    what: "declined",
    amount: { ...EUR_25, amount: DECLINED_AMOUNT },
    answer: { ok: false, reason: "card-declined" },
  },
])("of what was $what, a withdrawal tells just that", async ({ amount, answer }) => {
  const { charge, withdraw } = createEffects({});
  const charged = await charge({ ...request("a"), amount });
  expect(charged).toEqual(answer);
  expect(await withdraw(request("a", "e-2"))).toEqual(charged);
});

it("refuses a charge that comes after the withdrawal of its key, and of no other", async () => {
  const { charge, withdraw } = createEffects({});
  const withdrawn = await withdraw(request("a"));
  expect(withdrawn).toEqual({ ok: false, reason: "withdrawn" });
  expect(await charge(request("a", "e-2"))).toEqual(withdrawn);
  expect(await charge(request("b", "e-3"))).toMatchObject({ ok: true });
});

it("gives a key the same receipt in every process", async () => {
  const receipts = await Promise.all([1, 2].map(() => createEffects({}).charge(request("a"))));
  expect(receipts[0]).toEqual(receipts[1]);
});
