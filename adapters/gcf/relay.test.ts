import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { Ports } from "../core/dispatch/ports.ts";
import { functionOf } from "../core/dispatch/test-function.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Relayed, relay } from "../core/relay/relay.ts";
import { registerFunctions } from "./receive.ts";

const { told } = vi.hoisted(() => ({ told: vi.fn<typeof relay>() }));
vi.mock("../core/relay/relay.ts", () => ({ relay: told }));

const NOTHING: Relayed = { looked: 0, said: 0, failed: 0, parked: 0, oldestMs: 0 };
const ports: Ports = {
  ledger: createMemoryLedger(),
  publish: async () => {},
  now: Date.now,
  deadlineMs: 5_000,
  leaseMs: 10_000,
};
const fn = functionOf(() => ({}));

registerFunctions([fn], { ports });
const server = getTestServer(fn.name);
let url = "";
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => void told.mockReset().mockResolvedValue(NOTHING));

/** out: the status, and what is logged meanwhile */
async function ask(path: string, method = "POST") {
  const lines: object[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((line) => lines.push(JSON.parse(String(line))) > 0),
  );
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return [(await fetch(url + path, { method })).status, lines];
}

it.each(["/~relay", "/~relay/", "/behind/a/proxy/~relay?x"])("a schedule asks at %s, and is told 204", async (path) => {
  expect(await ask(path)).toEqual([204, []]);
  expect(told.mock.calls.map(([asked]) => asked.name)).toEqual([fn.name]);
});

it.each([
  ["/~relay", "GET", 405],
  ["/relay", "POST", 503],
  ["/~relay/in", "POST", 204],
])("%s by %s is another matter: %i", async (path, method, status) => {
  const [answered] = await ask(path, method);
  expect([answered, told.mock.calls]).toEqual([status, []]);
});

it("answers 503, with the reason in the log, where the ledger cannot tell what is due", async () => {
  told.mockRejectedValue(new Error("away"));
  const message = expect.stringContaining("away");
  const stack_trace = expect.stringMatching(/^Error: away\n {4}at adapters\/gcf\/relay\.test\.ts:\d+/);
  expect(await ask("/~relay")).toEqual([503, [{ severity: "ERROR", message, stack_trace }]]);
});

it.each([
  ["INFO for what was said", { looked: 2, said: 3 }, "INFO", "fn: said 3 that had been saved, 0 of 2 documents failed"],
  [
    "WARNING for what failed, and will be looked at again",
    { looked: 2, said: 1, failed: 1, oldestMs: 61_000 },
    "WARNING",
    "fn: said 1 that had been saved, 1 of 2 documents failed",
  ],
])("logs one line: %s", async (_what, relayed, severity, message) => {
  told.mockResolvedValue({ ...NOTHING, ...relayed });
  expect(await ask("/~relay")).toEqual([204, [{ ...NOTHING, ...relayed, severity, message, function: "fn" }]]);
});
