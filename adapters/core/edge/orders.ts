import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { dummyOrder } from "../../../functions/order/dummy-order.ts";
import { order as orderFunction } from "../../../functions/order/handler.ts";
import { type OrderBody, orderBody } from "../../../functions/order/order-body.ts";
import { requestOrder } from "../../../functions/order/place.ts";
import { type OrderState, statusOf } from "../../../functions/order/state.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { Ports } from "../dispatch/ports.ts";
import { stateIn } from "../dispatch/state.ts";
import type { Message } from "../event/decode.ts";
import { derivedId, subjectDocumentKey } from "../event/ids.ts";
import { traceOf } from "../event/trace.ts";
import { fromStored } from "../ledger/entry.ts";

/** An HTTP answer in no framework's words. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

const KEY = /^[\x21-\x7e]{1,255}$/;
const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };
const PROBLEM_TYPE = { "content-type": "application/problem+json; charset=utf-8" };

/**
 * POST /orders: places an order, a made-up one where the body is empty. 202 says that the broker has its event.
 *
 * out     202 with Location; 400, 415, 422 for what will never do; 503 with Retry-After: again with the same Idempotency-Key
 * source  RFC 9457; draft-ietf-httpapi-idempotency-key-header
 */
export async function placeOrder({ headers, body }: Message, ports: Ports): Promise<Answer> {
  if (isCloudEvent(headers)) return NOT_FOR_EVENTS;
  const key = headers["idempotency-key"] ?? randomUUID();
  if (typeof key !== "string" || !KEY.test(key))
    return problem(400, "Idempotency-Key: must be 1 to 255 visible ASCII characters");
  const orderId = derivedId("order", key);
  const wanted = body.byteLength === 0 ? dummyOrder(orderId) : readOrder({ headers, body });
  if ("status" in wanted) return wanted;

  const event = {
    specversion: "1.0",
    id: orderId,
    source: "/shop/edge",
    time: new Date(ports.now()).toISOString(),
    ...requestOrder(orderId, wanted),
  };
  let state: OrderState = {};
  const onState = (known: unknown) => {
    state = known as OrderState;
  };
  const outcome = await dispatch(
    orderFunction,
    { event, fromEdge: true, isNew: true, onState, ...traceOf(headers) },
    // Whoever asked is still there to be told: nothing is given up, and there is no dead letter.
    { ...ports, patience: undefined, deadLetter: async () => {} },
  );
  // Also one that was made up here: without it, nobody could finish what may be saved.
  const told = { "idempotency-key": key };
  if (outcome.kind === "retry") return unavailable(outcome.code, told);
  if (outcome.kind === "dead" && outcome.code === "conflict")
    return problem(422, "Idempotency-Key: must not be used again for another order");
  if (outcome.kind === "dead") return problem(422, outcome.reason);
  return {
    ...toAnswer(orderId, state),
    status: 202,
    headers: { ...JSON_TYPE, ...told, location: `/orders/${orderId}` },
  };
}

/** GET /orders/{id}: where an order stands. The customer is left out: whoever knows the id may ask. */
export async function showOrder(orderId: string, { ledger }: Pick<Ports, "ledger">): Promise<Answer> {
  try {
    const { entry } = await ledger.load(subjectDocumentKey(orderFunction, orderId));
    return toAnswer(orderId, (stateIn(orderFunction, fromStored(entry)) ?? {}) as OrderState);
  } catch {
    return unavailable("ledger");
  }
}

function toAnswer(orderId: string, state: OrderState): Answer {
  const { order, shipment } = state;
  if (!order) return problem(404, "no order has this id");
  const { items, total } = order;
  return {
    status: 200,
    headers: JSON_TYPE,
    body: {
      orderId,
      status: statusOf(state),
      steps: stepsOf(state),
      items,
      total,
      ...(shipment ? { tracking: shipment.tracking } : {}),
    },
  };
}

function stepsOf(state: OrderState) {
  const { createdAt, bill, shipment } = state;
  const status = statusOf(state);
  return [
    { status: "created", at: createdAt },
    ...(bill ? [{ status: bill.outcome === "paid" ? "paid" : "cancelled", at: bill.at }] : []),
    ...(status === "shipped" && shipment ? [{ status, at: shipment.at }] : []),
  ];
}

function readOrder({ headers, body }: Message): OrderBody | Answer {
  if (!/^application\/json\s*(;|$)/i.test(String(headers["content-type"])))
    return problem(415, "Content-Type: must be application/json, or the body empty for a made-up order");
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return problem(400, "body: must be JSON in UTF-8");
  }
  const result = v.safeParse(orderBody, parsed);
  if (result.success) return result.output;
  const errors = result.issues.map((issue) => ({
    pointer: `#/${(issue.path ?? []).map(({ key }) => String(key)).join("/")}`,
    detail: issue.message,
  }));
  return problem(422, "body: must be an order", { errors });
}

const isCloudEvent = (headers: Message["headers"]): boolean =>
  headers["ce-specversion"] !== undefined || /^\s*application\/cloudevents/i.test(String(headers["content-type"]));

/** What went wrong, for programs. source: RFC 9457 */
export const problem = (status: number, detail: string, more: object = {}): Answer => ({
  status,
  headers: PROBLEM_TYPE,
  body: { type: "about:blank", status, detail, ...more },
});

const unavailable = (code: string, more: Answer["headers"] = {}): Answer => {
  const { status, headers, body } = problem(503, `not placed (${code}): ask again with the same Idempotency-Key`);
  return { status, headers: { ...headers, ...more, "retry-after": "1" }, body };
};

/** A subscription with a wrong scope must wait and be seen, neither create orders nor be dropped. */
const NOT_FOR_EVENTS = problem(503, "this is where customers place orders: no subscription leads here");
