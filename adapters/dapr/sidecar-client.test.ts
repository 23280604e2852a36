import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createPublisher } from "./publisher.ts";
import { createSidecar } from "./sidecar-client.ts";

const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const said = { topic: "orders", key: "o-1", body: '{"id":"e-1"}' };

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function start(
  answer: (response: ServerResponse, nth: number) => void = (response) => response.writeHead(204).end(),
  { token, timeoutMs = 5_000 }: { readonly token?: string; readonly timeoutMs?: number } = {},
) {
  const seen: Seen[] = [];
  const server = createServer(async (incoming, response) => {
    const { method, url, headers } = incoming;
    const body = await text(incoming);
    seen.push({ method, url, headers, body });
    answer(response, seen.length);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sidecar = createSidecar({ endpoint: `http://127.0.0.1:${port}`, version: "v1.0", token, timeoutMs });
  const close = async () => {
    await sidecar.close();
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { publish: createPublisher({ sidecar, pubsubName: "pubsub" }), seen, close };
}

it("publishes a structured event, the trace context as a header, and its key and what it is for the broker", async () => {
  const { publish, seen } = await start(undefined, { token: "t-1" });
  await publish([{ ...said, key: "ü/&?", traceparent: TRACE, tracestate: 'a=1,b="2"' }]);
  expect(seen).toMatchObject([
    {
      method: "POST",
      url: "/v1.0/publish/pubsub/orders?metadata.partitionKey=%C3%BC%2F%26%3F&metadata.content-type=application%2Fcloudevents%2Bjson",
      headers: {
        "content-type": "application/cloudevents+json",
        traceparent: TRACE,
        tracestate: 'a=1,b="2"',
        "dapr-api-token": "t-1",
      },
      body: said.body,
    },
  ]);
});

it("sends neither token nor trace context where there is none", async () => {
  const { publish, seen } = await start();
  await publish([said]);
  expect(Object.keys(seen[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(["dapr-api-token"]));
  expect(seen[0]?.headers).not.toMatchObject({ traceparent: expect.anything() });
  expect(seen[0]?.headers).not.toMatchObject({ tracestate: expect.anything() });
});

it("publishes one after another, and nothing after a failure", async () => {
  const { publish, seen } = await start((response, nth) => response.writeHead(nth === 2 ? 500 : 204).end());
  await expect(publish(["one", "two", "three"].map((topic) => ({ ...said, topic })))).rejects.toThrow("publish to two");
  expect(seen.map(({ url }) => url?.split(/[/?]/)[4])).toEqual(["one", "two"]);
});

it.each([200, 201, 202, 301, 400, 401, 403, 404, 413, 429, 500, 503])(
  "takes %d for a failure: only 204 says that the broker has it",
  async (status) => {
    const { publish } = await start((response) => response.writeHead(status).end());
    await expect(publish([said])).rejects.toThrow(`publish to orders: the sidecar answered ${status}`);
  },
);

it.each([
  [
    '{"errorCode":"ERR_PUBSUB_NOT_FOUND","message":"pubsub x is not found","details":[]}',
    "ERR_PUBSUB_NOT_FOUND: pubsub x is not found",
  ],
  ["invalid api token\n", "invalid api token"],
  ["null", "the sidecar answered 500 null"],
  ["[]", "the sidecar answered 500"],
  ["", "the sidecar answered 500"],
])("fails with what the sidecar says of itself: %j", async (body, message) => {
  const { publish } = await start((response) => response.writeHead(500).end(body));
  await expect(publish([said])).rejects.toThrow(message);
});

it("cuts what a sidecar says: it ends in logs", async () => {
  const { publish } = await start((response) => response.writeHead(500).end("x".repeat(100_000)));
  const { message } = await publish([said]).then(
    () => new Error("published"),
    (error: Error) => error,
  );
  expect(message.length).toBeLessThan(300);
});

it("fails when there is no answer in time", async () => {
  const { publish } = await start(() => {}, { timeoutMs: 50 });
  await expect(publish([said])).rejects.toThrow("no answer within 50 ms");
});

it("fails when the answer breaks off", async () => {
  const { publish } = await start((response) => {
    response.writeHead(500, { "content-length": 100 }).write("begin");
    response.socket?.destroy();
  });
  await expect(publish([said])).rejects.toThrow();
});

it("fails when nobody listens", async () => {
  const { publish, close } = await start();
  await close();
  await expect(publish([said])).rejects.toThrow("ECONNREFUSED");
});

it("gives up at once when its caller does", async () => {
  const controller = new AbortController();
  const { publish, seen } = await start(() => controller.abort(new Error("too late")));
  await expect(publish([said, said], { signal: controller.signal })).rejects.toThrow();
  expect(seen).toHaveLength(1);
});

it("asks again when a connection that was kept turns out to be closed, and only then", async () => {
  const { publish, seen } = await start((response, nth) => {
    if (nth === 2) response.socket?.resetAndDestroy();
    else response.writeHead(204).end();
  });
  await publish([said]);
  await publish([said]);
  expect(seen).toHaveLength(3);
  const fresh = await start((response) => response.socket?.resetAndDestroy());
  await expect(fresh.publish([said])).rejects.toThrow();
  expect(fresh.seen).toHaveLength(1);
});

it("keeps its connections", async () => {
  const ports = new Set<number | undefined>();
  const { publish } = await start((response) => {
    ports.add(response.socket?.remotePort);
    response.writeHead(204).end();
  });
  for (let n = 0; n < 5; n++) await publish([said]);
  expect(ports.size).toBe(1);
});
