import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CallAws, createAws } from "./aws-client.ts";
import { createSnsPublisher } from "./sns-publish.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const CREDENTIALS = { region: "eu-west-1", accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "token" };
const PREFIX = "arn:aws:sns:eu-west-1:123456789012:shop-";

let server: Server;
let answers: Answer[];
let asked: URLSearchParams[];
let aws: CallAws;
beforeEach(async () => {
  answers = [];
  asked = [];
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    asked.push(new URLSearchParams(body));
    (answers.shift() ?? say(200))(request, response, body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  aws = createAws({ ...CREDENTIALS, endpoints: { sns: url, dynamodb: url } });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const say =
  (status: number, body = ""): Answer =>
  (_request, response) =>
    response.writeHead(status).end(body);
const reset: Answer = (request) => request.socket.destroy();
const ask = (signal?: AbortSignal) =>
  aws({ service: "dynamodb", headers: {}, body: "{}", ...(signal ? { signal } : {}) });
const said = (topic: string, n: number) => ({ topic, key: "k", body: `{"id":"e-${n}"}` });

describe("createAws", () => {
  it.each([
    ["a connection that was closed", reset],
    ["an error of the service", say(500)],
    ["too many requests", say(429)],
    ["a table that throttles", say(400, '{"__type":"com.amazonaws#ProvisionedThroughputExceededException"}')],
  ])("asks again after %s", async (_what, first) => {
    answers.push(first);
    expect(await ask()).toEqual({ status: 200, text: "" });
    expect(asked).toHaveLength(2);
  });

  it("takes a refusal for an answer", async () => {
    answers.push(say(400, '{"__type":"ValidationException"}'));
    expect((await ask()).status).toBe(400);
    expect(asked).toHaveLength(1);
  });

  it("gives up after three tries, with the service and the cause and no credentials in its words", async () => {
    answers.push(reset, reset, reset);
    const error = await ask().then(
      () => new Error("answered"),
      (reason: Error) => reason,
    );
    expect(error.message).toBe("dynamodb: socket hang up");
    expect(error.message).not.toMatch(/secret|token|AKID/);
    expect(asked).toHaveLength(3);
  });

  it("ends with the dispatch it belongs to, without another try", async () => {
    const controller = new AbortController();
    answers.push(() => controller.abort());
    await expect(ask(controller.signal)).rejects.toThrow(/abort/);
    expect(asked).toHaveLength(1);
  });

  it("signs each try and shows the session", async () => {
    let headers: IncomingMessage["headers"] = {};
    answers.push((request, response) => {
      headers = request.headers;
      response.end();
    });
    await ask();
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/dynamodb\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(headers["x-amz-security-token"]).toBe("token");
  });
});

describe("createSnsPublisher", () => {
  const publish = (...events: Parameters<ReturnType<typeof createSnsPublisher>>[0]) =>
    createSnsPublisher({ aws, topicArnPrefix: PREFIX })(events);
  const took = (...ids: number[]) =>
    say(200, `<Failed/><Successful>${ids.map((id) => `<member><Id>${id}</Id></member>`).join("")}</Successful>`);

  it("publishes one event by itself, as it was encoded", async () => {
    await publish(said("orders", 1));
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      Version: "2010-03-31",
      Action: "Publish",
      TopicArn: `${PREFIX}orders`,
      Message: '{"id":"e-1"}',
    });
  });

  it.each([
    ["one", (n: number) => [`Publish`, `MessageAttributes.entry.1.`, n] as const, 1],
    [
      "several",
      (n: number) => [`PublishBatch`, `PublishBatchRequestEntries.member.${n}.MessageAttributes.entry.1.`, n] as const,
      2,
    ],
  ])("says the type beside the event, for filters: of %s", async (_what, at, count) => {
    answers.push(took(0, 1));
    await publish(
      ...Array.from({ length: count }, (_, n) => ({
        ...said("orders", n),
        body: `{"type":"com.example.t${n + 1}.v1"}`,
      })),
    );
    for (let n = 1; n <= count; n++) {
      const [action, entry] = at(n);
      const told = ["Name", "Value.DataType", "Value.StringValue"].map((name) => asked[0]?.get(entry + name));
      expect([asked[0]?.get("Action"), ...told]).toEqual([action, "type", "String", `com.example.t${n}.v1`]);
    }
  });

  it.each(["", "a b", "x".repeat(201)])(
    "says no type that SNS would refuse, and the event all the same: %j",
    async (type) => {
      const body = JSON.stringify({ type });
      await publish({ ...said("orders", 1), body });
      expect([asked[0]?.get("Message"), asked[0]?.get("MessageAttributes.entry.1.Name")]).toEqual([body, null]);
    },
  );

  it("escapes what SQS takes for no character: the event would be lost on its way to a queue", async () => {
    const body = JSON.stringify({ note: "a\uffff\ufffe\u{1f600}é\u0001" });
    await publish({ ...said("orders", 1), body });
    const message = asked[0]?.get("Message") ?? "";
    expect(message).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
    expect(JSON.parse(message)).toEqual(JSON.parse(body));
  });

  it("puts the trace context in the event", async () => {
    await publish({ ...said("orders", 1), traceparent: "00-a-b-01" });
    expect(JSON.parse(asked[0]?.get("Message") ?? "")).toEqual({ traceparent: "00-a-b-01", id: "e-1" });
    const trace = { traceparent: "00-a-b-01", tracestate: 'a=1 "\\,b=2' };
    await publish({ ...said("orders", 1), ...trace });
    expect(JSON.parse(asked[1]?.get("Message") ?? "")).toEqual({ ...trace, id: "e-1" });
  });

  it("publishes runs of one topic in batches of ten at most, in their order", async () => {
    answers.push(took(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), took(0, 1));
    await publish(...Array.from({ length: 12 }, (_, n) => said("orders", n)), said("bills", 12), said("orders", 13));
    const calls = asked.map((call) => `${call.get("Action")} ${call.get("TopicArn")?.slice(PREFIX.length)}`);
    expect(calls).toEqual(["PublishBatch orders", "PublishBatch orders", "Publish bills", "Publish orders"]);
    expect(asked[1]?.get("PublishBatchRequestEntries.member.2.Message")).toBe('{"id":"e-11"}');
  });

  it("keeps a batch within 256 KiB", async () => {
    const large = { topic: "orders", key: "k", body: JSON.stringify("x".repeat(150 * 1024)) };
    await publish(large, large);
    expect(asked.map((call) => call.get("Action"))).toEqual(["Publish", "Publish"]);
  });

  it("publishes what a batch left one by one", async () => {
    answers.push(took(0, 2));
    await publish(said("orders", 0), said("orders", 1), said("orders", 2));
    expect(asked.slice(1).map((call) => call.get("Message"))).toEqual(['{"id":"e-1"}']);
  });

  it.each([
    ["an event", [said("orders", 0)], [say(400, "<Code>InvalidParameter</Code>")]],
    ["a batch", [said("orders", 0), said("orders", 1)], [say(403, "<Code>AuthorizationError</Code>")]],
    ["the rest of a batch", [said("orders", 0), said("orders", 1)], [took(0), say(404, "<Code>NotFound</Code>")]],
  ])("throws for %s that SNS refuses, with its code and no more", async (_what, events, given) => {
    answers.push(...given);
    await expect(publish(...events)).rejects.toThrow(/^sns publish to orders: answered 40\d [A-Z]\w+$/);
  });
});
