import { once } from "node:events";
import { Agent, createServer, type IncomingHttpHeaders, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { OrderCreated } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { endOf, faultsOf, run } from "./test-service.ts";

/** As many as there may be requests of the ledger under way: with more, some would wait for others. */
const IN_FLIGHT = 4;

it("says everything that is wrong with its environment at once and exits with 1", async () => {
  const { code, stdout, stderr } = await endOf(
    run("order", { APP_PORT: "x", TOPICS: "a b", APP_API_TOKEN: "top secret" }),
  );
  expect([code, stdout]).toEqual([1, ""]);
  expect(faultsOf(stderr)?.map((line) => line.split(":")[0])).toEqual(["APP_PORT", "APP_API_TOKEN", "TOPICS"]);
  expect(stderr).not.toContain("top secret");
});

it.each([
  [
    "a service that does not exist",
    "orders",
    {},
    new RegExp(`^function: must be one of ${system.functions.map(({ name }) => name).join(", ")}, got orders$`),
  ],
  ["a port that others can reach without a token", "order", { APP_HOST: "0.0.0.0" }, /^APP_API_TOKEN: must be set/],
  [
    "one port for events and for the edge",
    "order",
    { APP_PORT: "1", EDGE_PORT: "1" },
    /^EDGE_PORT: must differ from APP_PORT$/,
  ],
])("refuses to start for %s", async (_what, service, env, message) => {
  const { code, stderr } = await endOf(run(service, env));
  expect([code, faultsOf(stderr)]).toEqual([1, [expect.stringMatching(message)]]);
});

/** A service whose sidecar holds back every answer until told. */
async function startHeld(service = "billing") {
  const held: ServerResponse[] = [];
  /** Documents asked for, and items to be saved. */
  let heldKeys = 0;
  let released = false;
  let look = () => {};
  const sidecar = createServer(async (incoming, answer) => {
    const body = await text(incoming);
    // A process takes a slot before its first handler.
    if (incoming.url?.endsWith("/bulk"))
      answer.end(JSON.stringify(JSON.parse(body).keys.map((key: string) => ({ key }))));
    else if (released || body.includes("-slot-")) answer.writeHead(204).end();
    else {
      held.push(answer);
      heldKeys += body === "" ? 1 : JSON.parse(body).length;
    }
    look();
  }).listen(0, "127.0.0.1");
  await once(sidecar, "listening");
  const { port } = sidecar.address() as AddressInfo;
  onTestFinished(() => {
    sidecar.closeAllConnections();
    sidecar.close();
  });

  const child = run(service, { APP_PORT: "0", DAPR_HTTP_PORT: String(port), EDGE_DEMO: "on" });
  const lines: string[] = [];
  const edge = Promise.withResolvers<string>();
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      lines.push(line);
      const { msg, address, edge: at } = JSON.parse(line);
      if (msg !== "ready") return;
      resolve(address);
      edge.resolve(at);
    });
  });
  const agent = new Agent({ keepAlive: true });
  const deliver = async (id: string) => {
    const { port: appPort } = new URL(await ready);
    const outgoing = request({ agent, host: "127.0.0.1", port: appPort, method: "POST", path: "/orders" });
    outgoing.setHeader("content-type", "application/cloudevents+json");
    const event = { specversion: "1.0", id, source: "/shop/order", type: OrderCreated.type, data: OrderCreated.sample };
    outgoing.end(JSON.stringify(event));
    const [answer] = await once(outgoing, "response");
    return { status: answer.statusCode, headers: answer.headers as IncomingHttpHeaders, body: await text(answer) };
  };
  const place = async () => {
    const outgoing = request(new URL("/orders", await edge.promise), { agent, method: "POST" });
    outgoing.end();
    const [answer] = await once(outgoing, "response");
    await text(answer);
    return [answer.statusCode, answer.headers.connection];
  };
  return {
    child,
    ready,
    edge: edge.promise,
    lines,
    deliver,
    place,
    allHeld: () =>
      new Promise<void>((resolve) => {
        look = () => heldKeys === IN_FLIGHT && resolve();
        look();
      }),
    release() {
      released = true;
      for (const answer of held) answer.writeHead(204).end();
    },
  };
}

const ids = Array.from({ length: IN_FLIGHT }, (_, n) => `e-${n}`);

it("answers everything in flight after SIGTERM, tells clients to close, and exits with 0 without waiting for kept connections", async () => {
  const { child, ready, deliver, allHeld, release, lines } = await startHeld();
  const answers = Promise.all(ids.map(deliver));
  await allHeld();
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await refused(await ready);
  release();
  for (const { status, headers, body } of await answers)
    expect([status, headers.connection, body]).toEqual([200, "close", '{"status":"SUCCESS"}']);
  const answered = performance.now();
  expect((await exit)[0]).toBe(0);
  // They are kept for 72 s, and the grace period is 20.
  expect(performance.now() - answered).toBeLessThan(5_000);
  const events = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "event");
  expect(events).toHaveLength(IN_FLIGHT);
  expect(events[0]).toMatchObject({ function: "billing", type: OrderCreated.type, outcome: "ack" });
  expect(lines.join()).not.toContain(OrderCreated.sample.customer.email);
});

it("answers whoever asks at the edge as well after SIGTERM, and lets nobody else in at either port", async () => {
  const { child, ready, edge, place, allHeld, release } = await startHeld("order");
  const answers = Promise.all(ids.map(place));
  await allHeld();
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.all([refused(await ready), refused(await edge)]);
  release();
  expect(await answers).toEqual(ids.map(() => [202, "close"]));
  expect((await exit)[0]).toBe(0);
});

it("serves metrics on a port of their own where it is told to", async () => {
  const child = run("billing", { APP_PORT: "0", METRICS_PORT: "0", LEDGER: "memory" });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const { msg, address, metricsPort } = JSON.parse(line);
    if (msg !== "ready") continue;
    const { status } = await fetch(`${address}/metrics`);
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect([status, metrics]).toEqual([404, expect.stringContaining("# TYPE loosely_events_total counter")]);
    break;
  }
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
});

it("lets an event whose type is in no catalogue come again for as long as it is told, then acknowledges it, warning once", async () => {
  const child = run("billing", { APP_PORT: "0", LEDGER: "memory", UNKNOWN_TYPE_RETRY_MS: "100" });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async (wanted: string) => {
    let line: Readonly<Record<string, unknown>>;
    do line = JSON.parse(String((await lines.next()).value));
    while (line.msg !== wanted);
    return line;
  };
  const { address } = await next("ready");
  const event = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.order.created.v2" };
  const seen: unknown[] = [];
  const levels: unknown[] = [];
  do {
    const headers = { "content-type": "application/cloudevents+json" };
    const answer = await fetch(`${address}/orders`, { method: "POST", headers, body: JSON.stringify(event) });
    const { level, outcome, code, how } = await next("event");
    levels.push(level);
    seen.push([answer.status, outcome, code ?? how]);
  } while ((seen.at(-1) as unknown[])[0] !== 200);
  expect(new Set(levels.slice(1))).toEqual(new Set([30]));
  expect([levels[0], seen[0], seen.at(-1)]).toEqual([40, [503, "retry", "unknown"], [200, "ack", "unknown"]]);
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
});

it("ends at once at a second signal", async () => {
  const { child, ready, deliver, allHeld } = await startHeld();
  const answers = Promise.allSettled(ids.map(deliver));
  await allHeld();
  child.kill("SIGTERM");
  await refused(await ready);
  const exit = once(child, "exit");
  const started = performance.now();
  child.kill("SIGTERM");
  expect((await exit)[0]).toBe(1);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set(["rejected"]));
});

/** Resolves when new connections find nobody: then the signal has arrived. */
async function refused(address: string): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    const outgoing = request(`${address}/healthz`, { agent: false }).end();
    const [answer] = await once(outgoing, "response").catch(() => []);
    if (!answer) return;
    answer.resume();
  }
  throw new Error("still listening");
}
