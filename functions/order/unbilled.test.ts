import fc from "fast-check";
import { expect, it } from "vitest";
import { DECLINED_AMOUNT } from "../../adapters/effects/charge.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { createBilling } from "../billing/handler.ts";
import {
  BillDeclined,
  BillMissing,
  BillOverdue,
  BillPaid,
  BillRequested,
  BillWithdrawn,
  OrderCancelled,
  OrderCreated,
  OrderPaid,
  OrderRequested,
} from "../events/index.ts";
import type { EventDraft } from "../kernel/event.ts";
import { order } from "./handler.ts";
import { type OrderState, statusOf } from "./state.ts";

interface World {
  readonly amount?: number;
  /** Which of what waits comes next. */
  pick(waiting: readonly EventDraft[]): number;
  isLost(draft: EventDraft): boolean;
  isRepeated?(): boolean;
}

/** An order and billing, until nothing waits any more. Once the bill is withdrawn, nothing is lost: it would come again. */
async function live({ amount = 2500, pick, isLost, isRepeated = () => false }: World) {
  const effects = createEffects({});
  const billing = createBilling(effects);
  const { sample } = OrderRequested;
  const waiting: EventDraft[] = [OrderRequested({ ...sample, total: { ...sample.total, amount } })];
  const said: string[] = [];
  let state: OrderState | undefined;
  while (waiting.length > 0) {
    const [draft] = waiting.splice(pick(waiting), 1) as [EventDraft];
    if (CAN_BE_LOST.has(draft.type) && !said.includes(BillWithdrawn.type) && isLost(draft)) continue;
    const event = { specversion: "1.0", id: "e-1", source: "/shop/test", time: "2026-11-25T10:00:00Z", ...draft };
    const learned = await order.on.get(draft.type)?.react(event, state);
    state = (learned?.state as OrderState | undefined) ?? state;
    const answered = await billing.on.get(draft.type)?.react(event, undefined);
    const news = [...(learned?.emit ?? []), ...(answered?.emit ?? [])];
    said.push(...news.map(({ type }) => type));
    waiting.push(...news, ...(isRepeated() ? [draft] : []));
  }
  const { ok: isTaken } = await effects.withdraw({ key: sample.orderId, eventId: "audit" });
  return { status: statusOf(state ?? {}), reason: state?.bill?.reason, said, isTaken };
}

const CAN_BE_LOST = new Set([OrderCreated, BillRequested, BillPaid, BillDeclined].map(({ type }) => type));

/** As time has it. */
const inTime = (waiting: readonly EventDraft[]) => {
  const delays = waiting.map(({ afterMs = 0 }) => afterMs);
  return delays.indexOf(Math.min(...delays));
};

it.each([
  {
    what: "is billed in time: the timers say nothing",
    lost: [],
    says: [OrderCreated, BillOverdue, BillMissing, BillPaid, OrderPaid],
    ends: { status: "paid", reason: undefined, isTaken: true },
  },
  {
    what: "was not heard of by billing: it is asked again, and charges then",
    lost: [OrderCreated],
    says: [OrderCreated, BillOverdue, BillMissing, BillRequested, BillPaid, OrderPaid],
    ends: { status: "paid", reason: undefined, isTaken: true },
  },
  {
    what: "was charged and nobody heard of it: the withdrawal tells",
    lost: [BillPaid],
    says: [
      OrderCreated,
      BillOverdue,
      BillMissing,
      BillPaid,
      BillRequested,
      BillPaid,
      BillWithdrawn,
      BillPaid,
      OrderPaid,
    ],
    ends: { status: "paid", reason: undefined, isTaken: true },
  },
  {
    what: "never reaches billing: it is cancelled after a day, and nothing was taken",
    lost: [OrderCreated, BillRequested],
    says: [OrderCreated, BillOverdue, BillMissing, BillRequested, BillWithdrawn, BillDeclined, OrderCancelled],
    ends: { status: "cancelled", reason: "withdrawn", isTaken: false },
  },
])("an order that $what", async ({ lost, says, ends }) => {
  const types = lost.map(({ type }) => type);
  const { said, ...end } = await live({ pick: inTime, isLost: ({ type }) => types.includes(type) });
  expect(said).toEqual(says.map(({ type }) => type));
  expect(end).toEqual(ends);
});

const chance = fc.nat({ max: 99 });

it("whatever is lost, repeated and late, one bill ends the order, and it is cancelled exactly if no money was taken", async () => {
  const randomly = fc.record({
    amount: fc.constantFrom(2500, DECLINED_AMOUNT),
    picks: fc.infiniteStream(fc.nat()),
    losses: fc.infiniteStream(chance),
    repetitions: fc.infiniteStream(chance),
  });
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(randomly, async ({ amount, picks, losses, repetitions }) => {
      const next = (stream: typeof picks) => stream.next().value as number;
      const { status, said, isTaken } = await live({
        amount,
        pick: ({ length }) => next(picks) % length,
        isLost: () => next(losses) < 50,
        isRepeated: () => next(repetitions) < 20,
      });
      expect(status).toBe(isTaken ? "paid" : "cancelled");
      const final = said.filter((type) => type === OrderPaid.type || type === OrderCancelled.type);
      expect(final).toEqual([isTaken ? OrderPaid.type : OrderCancelled.type]);
      ends.add(`${amount} ${status}`);
    }),
    { numRuns: 500 },
  );
  expect([...ends].toSorted()).toEqual(["2500 cancelled", "2500 paid", `${DECLINED_AMOUNT} cancelled`]);
});
