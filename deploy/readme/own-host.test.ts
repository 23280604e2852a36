import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { expect, it, onTestFinished } from "vitest";
import { TOPIC } from "../../adapters/conformance/handlers.ts";
import { createHost, type Sending } from "../../adapters/conformance/host.ts";
import { describeConformance } from "../../adapters/conformance/suite.ts";
import { defineEvent, defineFunction, when } from "../../functions/kernel/define.ts";
import { createPorts, serve } from "./own-host.ts";

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, "close");
}

/** Not by fetch: it sends no headers that an event may have. */
async function post(port: number, path: string, { headers, body }: Pick<Sending, "headers" | "body">): Promise<number> {
  const outgoing = request({ host: "127.0.0.1", port, path: `/${path}`, method: "POST" });
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) outgoing.setHeader(name, value);
  outgoing.end(body);
  const [answer] = await once(outgoing, "response");
  answer.resume();
  return answer.statusCode;
}

describeConformance(
  createHost({
    name: "your own, in 40 lines",
    lacks: {
      token: "nobody is asked for one",
      "graceful-stop": "a signal is for a process of its own",
      "record-headers": "they are the business of the Dapr app",
      bulk: "it is the business of the Dapr app",
    },
    async serve(fn, { ports }) {
      const server = serve(fn, ports);
      const port = await listen(server);
      const deliver = async (message: Sending) => ((await post(port, TOPIC, message)) === 204 ? "done" : "again");
      return { deliver, stop: () => stop(server) };
    },
  }),
);

const data = v.object({ id: v.string() });
const subject = ({ id }: { id: string }) => id;
const Asked = defineEvent({ type: "com.example.asked.v1", topic: "asked", data, subject });
const Told = defineEvent({ type: "com.example.told.v1", topic: "told", data, subject });
const count = v.object({ count: v.number() });
const teller = defineFunction<v.InferOutput<typeof count>>({
  name: "teller",
  state: count,
  on: [when(Asked, ({ data }, state) => ({ state: { count: (state?.count ?? 0) + 1 }, emit: [Told(data)] }))],
  emits: [Told],
});

it("it keeps its ledger in a file, says what follows to a broker, and once more what the broker did not take, the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-own-host-"));
  const said: string[] = [];
  const answers = [503, 204];
  const broker = createServer(async (incoming, response) => {
    said.push(`${incoming.url} ${await text(incoming)}`);
    response.writeHead(answers[said.length - 1] ?? 204).end();
  });
  const ports = createPorts(join(folder, "ledger.sqlite"), `http://127.0.0.1:${await listen(broker)}`);
  const host = serve(teller, ports);
  const port = await listen(host);
  onTestFinished(async () => {
    await Promise.all([stop(host), stop(broker)]);
    await ports.ledger.close?.();
    rmSync(folder, { recursive: true });
  });
  const event = { specversion: "1.0", id: "1", source: "/test", ...Asked({ id: "a" }) };
  const headers = { "content-type": "application/cloudevents+json" };
  const deliver = (topic: string) => post(port, topic, { headers, body: Buffer.from(JSON.stringify(event)) });
  expect([await deliver("asked"), await deliver("asked"), await deliver("asked")]).toEqual([503, 204, 204]);
  expect(said).toHaveLength(2);
  expect(said[1]).toBe(said[0]);
  expect(said[0]).toMatch(/^\/told .*"type":"com\.example\.told\.v1"/);
  expect(await deliver("elsewhere")).toBe(503);
});

it("it has 40 lines", () => {
  const lines = readFileSync(join(import.meta.dirname, "own-host.ts"), "utf8")
    .trimEnd()
    .split("\n");
  expect(lines.length).toBeLessThanOrEqual(40);
});
