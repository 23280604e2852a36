import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { parseGcfConfig } from "./config.ts";
import { createPorts } from "./ports.ts";

const MINUTE_MS = 60_000;
const START = Date.parse("2026-11-25T10:00:00.400Z");
const KEY = "order-1";

let server: Server;
/** The time, as Google knows it. */
let time: number;
let dateOf: () => string | undefined;
let bodies: string[];
let lines: { readonly severity: string; readonly message: string }[];
let env: Readonly<Record<string, string>>;

/** A Firestore that has nothing, and a Pub/Sub that takes everything. */
beforeEach(async () => {
  time = START;
  bodies = [];
  lines = [];
  dateOf = () => new Date(time).toUTCString();
  vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(JSON.parse(String(line))) > 0);
  server = createServer(async (request, response) => {
    bodies.push(await text(request));
    const date = dateOf();
    response.sendDate = false;
    if (date !== undefined) response.setHeader("date", date);
    response.writeHead(request.method === "GET" ? 404 : 200).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  env = { GOOGLE_CLOUD_PROJECT: "a-project", FIRESTORE_EMULATOR_HOST: host, PUBSUB_EMULATOR_HOST: host };
});
afterEach(() => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

/** What a function has whose host's clock is off. */
function start(off: number) {
  vi.spyOn(Date, "now").mockImplementation(() => time + off);
  const ports = createPorts(parseGcfConfig(env), { eventTypes: [] });
  return { ...ports, error: () => ports.now() - time };
}
const expectRight = (error: number) => expect(Math.abs(error)).toBeLessThanOrEqual(600);

it.each([
  ["ahead", 10 * MINUTE_MS],
  ["behind", -10 * MINUTE_MS],
])(
  "a clock that is 10 min %s is corrected by two answers of two services, and that is told once",
  async (_what, off) => {
    const { ledger, publish, error } = start(off);
    await ledger.load(KEY);
    expect(error()).toBe(off);
    time += 1_000;
    await publish([{ topic: "orders", key: "k", body: "{}" }]);
    expectRight(error());
    time += 1_000;
    await ledger.save(KEY, { v: 1 }, { expected: undefined, ttlMs: MINUTE_MS });
    const [write] = JSON.parse(bodies.at(-1) ?? "").writes;
    expectRight(Date.parse(write.update.fields.expires.timestampValue) - (time + MINUTE_MS));
    expect(lines).toMatchObject([
      { severity: "WARNING", message: expect.stringMatching(/^clock: corrected by -?(600|599) s/) },
    ]);
  },
);

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
