import type { Request } from "@google-cloud/functions-framework";
import type { Ports } from "../core/dispatch/ports.ts";
import { type Answer, placeOrder, problem, showOrder } from "../core/edge/orders.ts";
import { ORDER_BYTES, tooLarge, tooManyPieces, toWanted } from "../core/edge/orders-route.ts";
import { lengthOf, pathOf } from "./framework.ts";
import { readOrder } from "./read-order.ts";

/** For an order to arrive: shorter than what a request has in all, so that few that are slow do not keep out all others. */
const READ_MS = 10_000;

/** The public edge: POST /orders and GET /orders/{id}. Reads no body but an order's. Source: RFC 9110, RFC 9457 */
export async function answerOrders(request: Request, ports: Ports): Promise<Answer> {
  const wanted = toWanted({ method: request.method, path: pathOf(request) });
  if ("refused" in wanted) return wanted.refused;
  if ("show" in wanted) return showOrder(wanted.show, ports);
  const body = await readOrder(request, { maxBytes: ORDER_BYTES, length: lengthOf(request), ms: READ_MS });
  if (body === "long") return tooLarge();
  if (body === "pieces") return tooManyPieces();
  if (body === "slow") return problem(408, `body: must arrive within ${READ_MS} ms`);
  if (body === "cut") return problem(400, "body: must be whole");
  return placeOrder({ headers: request.headers, body }, ports);
}
