import type { Message } from "../core/decode.ts";
import { type Answer, placeOrder, showOrder } from "../core/orders.ts";
import type { Ports } from "../core/ports.ts";

export const BODY_LIMIT = 256 * 1024;
const ORDER = /^\/orders\/([^/]+)$/;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly message: Message;
}

/** The public edge: POST /orders and GET /orders/{id}. Source: RFC 9110, RFC 9457 */
export async function answerOrders({ method, path, message }: Asked, ports: Ports): Promise<Answer> {
  const orderId = ORDER.exec(path)?.[1];
  if (orderId !== undefined) {
    if (method !== "GET" && method !== "HEAD") return refuse(405, `allowed: ${SHOW}`, { allow: SHOW });
    return showOrder(orderId, ports);
  }
  // Events that a subscription sends here by mistake must wait and be seen.
  if (path !== "/orders")
    return method === "POST" ? refuse(503, "no subscription leads here") : refuse(404, "nothing is served here");
  if (method !== "POST") return refuse(405, "allowed: POST", { allow: "POST" });
  if (message.overflow) return refuse(413, `body: must have at most ${BODY_LIMIT} bytes`);
  return placeOrder(message, ports);
}

const SHOW = "GET, HEAD";

const refuse = (status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { ...headers, "content-type": "application/problem+json; charset=utf-8" },
  body: { type: "about:blank", status, detail },
});
