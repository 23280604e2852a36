import * as v from "valibot";
import { describe, expect, it } from "vitest";
import {
  BillDeclined,
  BillPaid,
  BillRequested,
  BillWithdrawn,
  OrderCancelled,
  OrderCreated,
  OrderPaid,
  OrderRequested,
  OrderShipped,
  ShipmentDispatched,
} from "../../functions/events/index.ts";
import { after } from "../../functions/kernel/after.ts";
import { defineEvent, defineFunction, when } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { defineSystem } from "../../functions/kernel/system.ts";
import { order } from "../../functions/order/handler.ts";
import { DECLINED_AMOUNT } from "../effects/charge.ts";
import { createEffects } from "../effects/index.ts";
import { flow } from "./flow.ts";
import { shop } from "./test-shop.ts";

const details = OrderRequested.sample;

describe("the whole shop", () => {
  it("ships what is paid, in order", async () => {
    const mails: string[] = [];
    const effects = { ...createEffects({}), sendMail: async ({ key }: { key: string }) => void mails.push(key) };
    const told = flow(shop, { effects });
    await told.given(OrderRequested(details)).then(OrderCreated, BillPaid, OrderPaid, ShipmentDispatched, OrderShipped);
    expect(await told.state("order", "o-1")).toMatchObject({ bill: { outcome: "paid" }, shipment: {} });
    expect(mails).toEqual([OrderCreated, OrderPaid, OrderShipped].map(({ type }) => `o-1/${type}`));
    await told.after({ days: 2 }).then();
  });

  it("cancels what is declined", async () => {
    const costly = { ...details, total: { ...details.total, amount: DECLINED_AMOUNT } };
    const said = await flow(shop, { effects: createEffects({}) })
      .given(OrderRequested(costly))
      .then(OrderCreated, BillDeclined, OrderCancelled);
    expect(said.at(-1)).toMatchObject({ source: "/shop/order", subject: "o-1", data: { reason: "card-declined" } });
  });

  it("takes 50 ms, the middle of five", async () => {
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const start = performance.now();
      await flow(shop, { effects: createEffects({}) })
        .given(OrderRequested(details))
        .then(OrderCreated, BillPaid, OrderPaid, ShipmentDispatched, OrderShipped);
      times.push(performance.now() - start);
    }
    expect(times.sort((a, b) => a - b)[2]).toBeLessThan(50);
  });

  it("says the same at each run, to the byte", async () => {
    const run = () =>
      flow(shop, { effects: createEffects({}) })
        .given(OrderRequested(details))
        .then(OrderCreated, BillPaid, OrderPaid, ShipmentDispatched, OrderShipped);
    expect(await run()).toEqual(await run());
  });

  it("asks for a bill that nobody pays at its time, a quarter of an hour later, and withdraws it after a day", async () => {
    const patient = defineSystem({ name: "shop", functions: [order] });
    const told = flow(patient);
    await told.given(OrderRequested(details)).then(OrderCreated);
    await told.after({ minutes: 14 }).then();
    const [reminder] = await told.after({ days: 3 }).then(BillRequested, BillWithdrawn);
    expect(reminder?.time).toBe("2026-01-01T00:15:00.000Z");
  });
});

const data = v.object({ order: v.string(), by: v.string(), n: v.number() });
const Bought = defineEvent({ type: "bought.v1", topic: "buys", data, subject: ({ order }) => order });
const Earned = defineEvent({ type: "earned.v1", topic: "points", data, subject: ({ by }) => by });
const Expired = defineEvent({ type: "expired.v1", data, subject: ({ order }) => order });
const sum = v.object({ sum: v.number() });

const points = defineFunction<v.InferOutput<typeof sum>>({
  name: "points",
  state: sum,
  on: [
    when(Bought, { key: ({ data: { by } }) => by }, ({ data }, state = { sum: 0 }) => {
      if (data.n < 0) throw new Dead("negative", "n: must be positive");
      if (data.n === 0) throw new Error("no index");
      const next = { sum: state.sum + data.n };
      return { state: next, emit: [Earned({ ...data, n: next.sum }), after({ days: 1 }, Expired(data))] };
    }),
    when(Expired, { key: ({ data: { by } }) => by }, ({ data }, state = { sum: 0 }) => {
      const next = { sum: state.sum - data.n };
      return { state: next, emit: [Earned({ ...data, n: next.sum })] };
    }),
  ],
  emits: [Earned, Expired],
});
const loyalty = defineSystem({ name: "loyalty", functions: [points] });
const bought = (order: string, n: number) => Bought({ order, by: "ada", n });

describe("a system with a state by a key", () => {
  it("is asked for it by the key, and its timers come to it", async () => {
    const told = flow(loyalty);
    const said = await told.given(bought("o-1", 2), bought("o-2", 3)).then(Earned, Earned);
    expect(said.map(({ data }) => (data as { n: number }).n)).toEqual([2, 5]);
    expect(await told.state("points", "ada")).toEqual({ sum: 5 });
    await told.after({ days: 1 }).then(Earned, Earned);
    expect([await told.state("points", "ada"), await told.state("points", "o-1")]).toEqual([{ sum: 0 }, undefined]);
  });
});

describe("a flow fails", () => {
  it.each([
    ["with the reason of what is dead", -1, "points: bought.v1: dead: negative: n: must be positive"],
    ["with the reason of what would come again", 0, "points: bought.v1: retry: handler: Error: no index"],
  ])("%s", async (_what, n, reason) => {
    await expect(flow(loyalty).given(bought("o-1", n)).then()).rejects.toThrow(new Error(reason));
  });

  it("where something else is said, naming both", async () => {
    const told = flow(loyalty).given(bought("o-1", 1)).then(Bought);
    await expect(told).rejects.toMatchObject({ actual: ["earned.v1"], expected: ["bought.v1"] });
  });

  it("where nothing is expected to be said, and something is", async () => {
    await expect(flow(loyalty).given(bought("o-1", 1)).then()).rejects.toMatchObject({ expected: [] });
  });

  it("where nobody consumes what is given, and for a function that is none", async () => {
    const { given, state } = flow(loyalty);
    await expect(given(Earned({ order: "o", by: "ada", n: 1 })).then()).rejects.toThrow(
      "earned.v1: no function of loyalty consumes it",
    );
    await expect(state("billing", "o-1")).rejects.toThrow("billing: is no function of loyalty");
  });

  it("where its events have no end", async () => {
    const circle = defineFunction({
      name: "circle",
      on: [when(Earned, ({ data }) => ({ emit: [Earned(data)] }))],
      emits: [Earned],
    });
    const told = flow(defineSystem({ name: "round", functions: [circle] }));
    await expect(told.given(Earned({ order: "o", by: "ada", n: 1 })).then()).rejects.toThrow(
      "circle: earned.v1: retry: publish: Error: more than 1000 events: they may have no end",
    );
  });

  it("to compile where it is awaited before it is asked what follows", () => {
    // @ts-expect-error then is no promise's
    const forgotten = async () => await flow(loyalty).given(bought("o-1", 1));
    expect(forgotten).toBeTypeOf("function");
  });
});
