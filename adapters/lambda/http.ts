import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type Answer, placeOrder, showOrder } from "../core/orders.ts";
import { describe } from "../core/outcome.ts";
import type { Ports } from "../core/ports.ts";

const MOST_BYTES = 256 * 1024;

/**
 * The public edge behind a Function URL or an HTTP API: POST /orders, GET /orders/{id}, nothing else. Never rejects.
 *
 * source  AWS Lambda developer guide, "Function URL request and response payloads" (format 2.0 of HTTP APIs)
 */
export async function handleHttp(
  event: APIGatewayProxyEventV2,
  ports: Ports,
): Promise<APIGatewayProxyStructuredResultV2> {
  const answer = await route(event, ports).catch((error) =>
    problem(503, `unexpected, ask again: ${describe(error)}`, { "retry-after": "1" }),
  );
  return { statusCode: answer.status, headers: { ...answer.headers }, body: JSON.stringify(answer.body) };
}

async function route(event: APIGatewayProxyEventV2, ports: Ports): Promise<Answer> {
  const { method } = event.requestContext.http;
  const [, resource, id, ...more] = pathOf(event).split("/");
  const isRead = method === "GET" || method === "HEAD";
  if (resource !== "orders" || more.length > 0)
    // As on the other hosts: an event that comes where nothing is served must wait and be seen.
    return isRead ? problem(404, "no such page") : problem(503, "nothing is served here", { "retry-after": "1" });
  if (id !== undefined) return isRead ? showOrder(id, ports) : notAllowed("GET, HEAD");
  if (method !== "POST") return notAllowed("POST");
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (body.byteLength > MOST_BYTES) return problem(413, `body: must have at most ${MOST_BYTES} bytes`);
  return placeOrder({ headers: event.headers, body }, ports);
}

/** An HTTP API's stage is part of the path unless it is the default one. */
function pathOf({ rawPath, requestContext: { stage } }: APIGatewayProxyEventV2): string {
  const path = rawPath.startsWith(`/${stage}/`) ? rawPath.slice(stage.length + 1) : rawPath;
  return path.replace(/\/$/, "");
}

const notAllowed = (allow: string): Answer => problem(405, `use ${allow}`, { allow });

const problem = (status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "application/problem+json; charset=utf-8", ...headers },
  body: { type: "about:blank", status, detail },
});
