import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { parseLambdaConfig } from "./config.ts";
import { createPorts } from "./ports.ts";

const MINUTE_MS = 60_000;
/** What AWS lets a signature differ by. */
const PATIENCE_MS = 5 * MINUTE_MS;
const START = Date.parse("2026-11-25T10:00:00.400Z");
const KEY = "order-1";

interface Asked {
  readonly service: string;
  /** Refused for the time of its signature. */
  readonly isRefused: boolean;
  readonly body: string;
}

let server: Server;
/** The time, as AWS knows it. */
let time: number;
let asked: Asked[];
let dateOf: () => string | undefined;
let env: Readonly<Record<string, string>>;
let lines: { readonly level: string; readonly msg: string }[];

/** An AWS that looks at nothing but the time of what was signed. */
beforeEach(async () => {
  time = START;
  asked = [];
  lines = [];
  dateOf = () => new Date(time).toUTCString();
  vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(JSON.parse(String(line))) > 0);
  server = createServer(async (request, response) => {
    const body = await text(request);
    const { authorization = "", "x-amz-date": stamp } = request.headers;
    const service = authorization.split("/")[3] ?? "";
    const at = Date.parse(String(stamp).replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5"));
    const isRefused = Math.abs(at - time) > PATIENCE_MS;
    asked.push({ service, isRefused, body });
    const date = dateOf();
    response.sendDate = false;
    if (date !== undefined) response.setHeader("date", date);
    const why =
      at < time ? "Signature expired: x is now earlier than y" : "Signature not yet current: x is still later";
    if (!isRefused) response.end(service === "sns" ? "<PublishResponse/>" : "{}");
    else if (service === "sns")
      response.writeHead(403).end(`<Error><Code>SignatureDoesNotMatch</Code><Message>${why}</Message></Error>`);
    else
      response
        .writeHead(400)
        .end(JSON.stringify({ __type: "com.amazon.coral.service#InvalidSignatureException", message: why }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  env = {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AKID",
    AWS_SECRET_ACCESS_KEY: "secret",
    LEDGER_TABLE: "ledger",
    TOPIC_ARN_PREFIX: "arn:aws:sns:eu-west-1:123456789012:",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
});
afterEach(() => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

/** What a function has whose host's clock is off. */
function start(off: number) {
  vi.spyOn(Date, "now").mockImplementation(() => time + off);
  const ports = createPorts(parseLambdaConfig(env), { eventTypes: [] });
  return { ...ports, error: () => ports.now() - time };
}
const expectRight = (error: number) => expect(Math.abs(error)).toBeLessThanOrEqual(600);

it.each([
  ["ahead", 10 * MINUTE_MS],
  ["behind", -10 * MINUTE_MS],
])(
  "a clock that is 10 min %s: what is refused for it gets through at the next try, and that is told once",
  async (_what, off) => {
    const { ledger, error } = start(off);
    await expect(ledger.load(KEY)).resolves.toEqual({});
    expect(asked.map(({ isRefused }) => isRefused)).toEqual([true, false]);
    expectRight(error());
    await ledger.load(KEY);
    expect(asked.map(({ isRefused }) => isRefused)).toEqual([true, false, false]);
    expect(lines).toMatchObject([{ level: "warn", msg: expect.stringMatching(/^clock: corrected by -?(600|599) s/) }]);
  },
);

it("what SNS refuses for the clock gets through as well", async () => {
  const { publish, error } = start(10 * MINUTE_MS);
  await publish([{ topic: "orders", key: "k", body: "{}" }]);
  expect(asked.map(({ service, isRefused }) => [service, isRefused])).toEqual([
    ["sns", true],
    ["sns", false],
  ]);
  expectRight(error());
});

it("a clock that is a minute off, which no signature tells, is corrected by two answers of two services", async () => {
  const { ledger, publish, error } = start(-MINUTE_MS);
  await ledger.load(KEY);
  expect(error()).toBe(-MINUTE_MS);
  time += 1_000;
  await publish([{ topic: "orders", key: "k", body: "{}" }]);
  expectRight(error());
  expect(lines).toHaveLength(1);
  await ledger.save(KEY, { v: 1 }, { expected: undefined, ttlMs: MINUTE_MS });
  const { Item } = JSON.parse(asked.at(-1)?.body ?? "");
  expect(Math.abs(Number(Item.expires.N) * 1_000 - (time + MINUTE_MS))).toBeLessThanOrEqual(1_600);
});

it.each<[string, number, () => string | undefined]>([
  ["a right clock", 0, () => new Date(time).toUTCString()],
  ["no Date", MINUTE_MS, () => undefined],
  ["a Date that is none", MINUTE_MS, () => "yesterday"],
  ["a Date that something between has kept", 0, () => new Date(START - 60 * MINUTE_MS).toUTCString()],
])("time is this host's own with %s", async (_what, off, says) => {
  dateOf = says;
  const { ledger, error } = start(off);
  for (let calls = 0; calls < 4; calls++) {
    await ledger.load(KEY);
    time += 700;
  }
  expect([error(), lines]).toEqual([off, []]);
});

it("what is refused for the clock and has no Date is refused, after three tries", async () => {
  dateOf = () => undefined;
  const { ledger } = start(10 * MINUTE_MS);
  await expect(ledger.load(KEY)).rejects.toThrow("answered 400 InvalidSignatureException");
  expect(asked).toHaveLength(3);
});

it("what a store holds is no refusal", async () => {
  const { ledger, error } = start(-MINUTE_MS);
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    request.resume();
    response.setHeader("date", new Date(time).toUTCString());
    const entry = { S: '{"note":"Signature expired"}' };
    response.end(JSON.stringify({ Item: { id: { S: KEY }, entry, version: { S: "1" } } }));
  });
  expect(await ledger.load(KEY)).toMatchObject({ version: "1" });
  expect(error()).toBe(-MINUTE_MS);
});
