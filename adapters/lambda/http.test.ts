import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Ports } from "../core/dispatch/ports.ts";
import { broken, served, settings } from "../core/edge/test-orders.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Said } from "../core/relay/publish.ts";
import { handleHttp } from "./http.ts";

const ORDER = {
  customer: { name: "Ada", email: "ada@example.com" },
  items: [{ sku: "mug", quantity: 2, unitPrice: 100 }],
  currency: "EUR",
};
const JSON_TYPE = { "content-type": "application/json" };

let said: Said[];
let ports: Ports;
beforeEach(() => {
  said = [];
  ports = {
    ledger: createMemoryLedger(),
    publish: async (events) => void said.push(...events),
    now: Date.now,
    isRelayed: true,
    deadlineMs: 1_000,
    leaseMs: 5_000,
  };
});

const options = () => ({ edges: [served, broken], settings, ports });

afterEach(() => void vi.restoreAllMocks());

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly stage?: string;
}

const ask = async (method: string, rawPath: string, { stage = "$default", headers = {}, ...more }: Asked = {}) => {
  const event = { version: "2.0", rawPath, headers, isBase64Encoded: false, ...more };
  const requestContext = { http: { method }, stage };
  const answer = await handleHttp({ ...event, requestContext } as unknown as APIGatewayProxyEventV2, options());
  return { ...answer, body: JSON.parse(answer.body ?? "") };
};

it("places an order and shows it", async () => {
  const placed = await ask("POST", "/orders");
  expect(placed.statusCode).toBe(202);
  const shown = await ask("GET", String(placed.headers?.location));
  expect([shown.statusCode, shown.body.status, said.map(({ topic }) => topic)]).toEqual([200, "created", ["orders"]]);
});

it.each([
  ["as text", { body: JSON.stringify(ORDER) }],
  ["in base64", { body: Buffer.from(JSON.stringify(ORDER)).toString("base64"), isBase64Encoded: true }],
])("takes a body %s", async (_how, body) => {
  const { statusCode, body: order } = await ask("POST", "/orders", { headers: JSON_TYPE, ...body });
  expect([statusCode, order.total]).toEqual([202, { amount: 200, currency: "EUR" }]);
});

it.each([
  ["a slash at the end", "/orders/", {}],
  ["percent-encoding", "/%6Frders", {}],
  ["the stage of an HTTP API", "/prod/orders", { stage: "prod" }],
])("finds the path with %s", async (_what, path, more) => {
  expect((await ask("POST", path, more)).statusCode).toBe(202);
});

const EVENT = { "content-type": "application/cloudevents+json" };
it.each([
  ["GET", "/orders", {}, 405, "POST"],
  ["DELETE", "/orders/o-1", {}, 405, "GET, HEAD"],
  ["GET", "/", {}, 404, undefined],
  ["GET", "/orders/o-1", {}, 404, undefined],
  ["GET", "/orders/o-1/items", {}, 404, undefined],
  ["POST", "/orders", { headers: JSON_TYPE, body: "{" }, 400, undefined],
  ["POST", "/orders", { headers: JSON_TYPE, body: `"${"x".repeat(256 * 1024)}"` }, 413, undefined],
  [
    "POST",
    "/orders",
    { headers: JSON_TYPE, body: Buffer.alloc(256 * 1024 + 1).toString("base64"), isBase64Encoded: true },
    413,
    undefined,
  ],
  ["POST", "/orders", { headers: EVENT, body: "{}" }, 503, undefined],
  ["POST", "/wp-login.php", {}, 404, undefined],
  ["POST", "/%", {}, 404, undefined],
  ["GET", "/orders/%E0%A4%A", {}, 404, undefined],
  ["GET", "/orders/%00", {}, 404, undefined],
  ["GET", "/orders/a%2Fb", {}, 404, undefined],
  ["GET", `/${"x".repeat(100_000)}`, {}, 404, undefined],
])("answers %s %s with a problem: %o", async (method, path, asked, status, allow) => {
  const { statusCode, headers, body } = await ask(method, path, asked);
  expect([statusCode, headers?.["content-type"], headers?.allow, body.status]).toEqual([
    status,
    "application/problem+json; charset=utf-8",
    allow,
    status,
  ]);
});

it("answers 503 with Retry-After when the order cannot be kept, and the same key completes it", async () => {
  const { ledger } = ports;
  ports = { ...ports, ledger: { ...ledger, save: () => Promise.reject(new Error("down")) } };
  const headers = { "idempotency-key": "k-1" };
  const failed = await ask("POST", "/orders", { headers });
  expect([failed.statusCode, failed.headers?.["retry-after"]]).toEqual([503, "1"]);
  ports = { ...ports, ledger };
  expect((await ask("POST", "/orders", { headers })).statusCode).toBe(202);
  expect(said).toHaveLength(1);
});

const REQUEST = { path: "/orders", headers: {}, body: null, isBase64Encoded: false };
const V1 = { ...REQUEST, httpMethod: "POST", resource: "/orders", requestContext: { stage: "prod", identity: {} } };
const foreign = [
  ["a REST API, which has no other format", V1, "API Gateway's payload format 1.0"],
  ["an HTTP API whose integration says format 1.0", { ...V1, version: "1.0" }, "API Gateway's payload format 1.0"],
  [
    "a load balancer",
    { ...REQUEST, httpMethod: "POST", requestContext: { elb: { targetGroupArn: "arn" } } },
    "the format of a load balancer",
  ],
] as const;
const DETAIL = "event: must be in payload format 2.0, of an HTTP API or a Function URL, got ";

it.each(foreign)("tells %s which format is needed, in an answer that it understands", async (_whom, event, got) => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await handleHttp(event as unknown as APIGatewayProxyEventV2, options())).toEqual({
    statusCode: 501,
    headers: { "content-type": "application/problem+json; charset=utf-8" },
    body: JSON.stringify({ type: "about:blank", status: 501, detail: DETAIL + got }),
    isBase64Encoded: false,
  });
  expect(said).toEqual([]);
});

it("logs once that requests come in another format, not at each of them", async () => {
  vi.resetModules();
  const { handleHttp: anew } = await import("./http.ts");
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  for (const [, event] of foreign) await anew(event as unknown as APIGatewayProxyEventV2, options());
  const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(lines).toMatchObject([{ level: "error", msg: `${DETAIL}API Gateway's payload format 1.0` }]);
});

it.each([
  ["nothing", null],
  ["records of a queue", { Records: [{ eventSource: "aws:sqs" }] }],
  ["a message of a WebSocket", { requestContext: { routeKey: "$default", connectionId: "c" } }],
])("throws for %s: an answer would be taken for success", async (_what, event) => {
  await expect(handleHttp(event as unknown as APIGatewayProxyEventV2, options())).rejects.toThrow(TypeError);
});

const FROM = [
  ["a signature", { iam: { userArn: "arn:aws:iam::1:user/ada" } }, { iam: { userArn: "arn:aws:iam::1:user/bob" } }],
  ["a token", { jwt: { claims: { sub: "ada" } } }, { jwt: { claims: { sub: "bob" } } }],
  ["an authorizer of one's own", { lambda: { principalId: "ada" } }, { lambda: { principalId: "bob" } }],
] as const;

it.each(FROM)("an Idempotency-Key belongs to who asks, as %s tells", async (_how, ada, bob) => {
  const placeAs = async (authorizer: object | undefined) => {
    const requestContext = { http: { method: "POST" }, stage: "$default", authorizer };
    const event = { version: "2.0", rawPath: "/orders", headers: { "idempotency-key": "k-1" }, requestContext };
    const answer = await handleHttp(event as unknown as APIGatewayProxyEventV2, options());
    return answer.headers?.location;
  };
  const locations = [await placeAs(ada), await placeAs(bob), await placeAs(undefined)];
  expect(new Set(locations).size).toBe(3);
  expect(await placeAs(ada)).toBe(locations[0]);
});

it("a header says who asks where the deployment says which, and nothing else does", async () => {
  const placeAs = async (headers: Readonly<Record<string, string>>, authorizer: object = {}) => {
    const requestContext = { http: { method: "POST" }, stage: "$default", authorizer };
    const event = {
      version: "2.0",
      rawPath: "/orders",
      headers: { "idempotency-key": "k-1", ...headers },
      requestContext,
    };
    const told = { ...options(), principalHeader: "x-user" };
    return (await handleHttp(event as unknown as APIGatewayProxyEventV2, told)).headers?.location;
  };
  const [ada, bob] = [await placeAs({ "x-user": "ada" }), await placeAs({ "x-user": "bob" })];
  expect(ada).not.toBe(bob);
  expect(await placeAs({ "x-user": "ada" }, { jwt: { claims: { sub: "bob" } } })).toBe(ada);
});

it("logs what code is at fault for, and answers that nothing is promised; an edge whose path begins with another's is its own", async () => {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const { statusCode, body } = await ask("PUT", "/orders-late", { headers: JSON_TYPE, body: JSON.stringify(ORDER) });
  expect([statusCode, body.detail]).toEqual([503, "unexpected: ask again with the same Idempotency-Key"]);
  const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)));
  const stack = expect.stringMatching(/adapters\/core\/edge\/test-orders\.ts:\d+:\d+/);
  expect(lines).toMatchObject([{ level: "error", msg: "TypeError: orders cannot be late", stack }]);
  expect((await ask("PUT", "/orders")).headers?.allow).toBe("POST");
  expect((await ask("POST", "/orders-late")).headers?.allow).toBe("PUT");
  expect(said).toEqual([]);
});
