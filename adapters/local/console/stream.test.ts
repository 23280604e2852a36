import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../test-shop.ts";
import type { Happenings, Status } from "./api-types.ts";
import { createStream } from "./stream.ts";
import { createTestHistory } from "./test-history.ts";

/** With these, more than sockets hold by themselves. */
const MUCH = 7_000;
const LONG = "x".repeat(2_000);

async function open({ patienceMs = 30_000 } = {}) {
  const history = createTestHistory();
  let letters = 0;
  const status = { read: () => ({ letters }) as unknown as Status };
  const stream = createStream({ history, status, patienceMs });
  const responses: ServerResponse[] = [];
  const server = createServer(({ url }, response) => {
    responses.push(response);
    const after = new URL(url ?? "", "http://x").searchParams.get("after");
    if (!stream.open(response, after === null ? undefined : Number(after))) response.writeHead(503).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    history,
    responses,
    close: () => stream.close(),
    die: () => {
      letters++;
    },
    async connect(after?: number) {
      const request = get({ port, host: "127.0.0.1", path: after === undefined ? "/" : `/?after=${after}` });
      request.on("error", () => {});
      const [response] = (await once(request, "response")) as [IncomingMessage];
      return response;
    },
  };
}

/** Reads the stream as a browser does. */
function read(response: IncomingMessage) {
  const seen = { ids: [] as number[], last: "", events: 0, letters: [] as number[], isCut: false };
  const rest: string[] = [];
  response.setEncoding("utf8");
  response.on("error", () => {});
  response.on("close", () => {
    seen.isCut = true;
  });
  response.on("data", (chunk: string) => {
    rest.push(chunk);
    // Only where an event may have ended.
    if (!chunk.includes("\n")) return;
    const parts = rest.splice(0).join("").split("\n\n");
    rest.push(parts.pop() ?? "");
    for (const part of parts) {
      const fields = new Map(part.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const data = JSON.parse(fields.get("data") ?? "null");
      if (fields.get("event") === "happenings") {
        seen.events++;
        seen.ids.push(...(data as Happenings).map(({ id }) => id));
        seen.last = fields.get("id") ?? "";
      }
      if (fields.get("event") === "status") seen.letters.push((data as Status).letters);
    }
  });
  return seen;
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

it("tells what happens from now on, what happens together in one event, with the id of the last", async () => {
  const { history, connect } = await open();
  history.happen(5);
  const seen = read(await connect());
  await until(() => seen.letters.length > 0, "it is open");
  history.happen(3);
  history.happen(1);
  await until(() => seen.ids.length === 4, "what happened is there");
  expect(seen).toMatchObject({ ids: [6, 7, 8, 9], events: 2, last: "9" });
});

it("tells whoever comes again what happened meanwhile, each once", async () => {
  const { history, connect } = await open();
  history.happen(2_500);
  const seen = read(await connect(2));
  history.happen(10);
  await until(() => seen.ids.length >= 2_508, "all is there");
  expect(seen.ids).toEqual(upTo(2_510, 3));
});

it("tells whoever remembers what was forgotten since what there is now", async () => {
  const { history, connect } = await open();
  history.happen(2);
  const seen = read(await connect(900));
  await until(() => seen.ids.length === 2, "what there is is there");
  expect(seen.ids).toEqual([1, 2]);
});

it("tells how it stands at once, then when it has changed, at most twice a second", async () => {
  const { connect, die } = await open();
  const seen = read(await connect());
  await until(() => seen.letters.length === 1, "it is told at once");
  const began = Date.now();
  for (let times = 0; times < 5; times++) die();
  await until(() => seen.letters.length === 2, "the change is told");
  die();
  await until(() => seen.letters.length === 3, "the next change is told");
  expect(seen.letters).toEqual([0, 5, 6]);
  expect(Date.now() - began).toBeGreaterThan(500);
});

it("holds nothing for a reader that is slow, which misses nothing once it reads on", async () => {
  const { history, responses, connect } = await open();
  const slow = await connect();
  slow.pause();
  for (let times = 0; times < MUCH / 1_000; times++) history.happen(1_000, LONG);
  expect(responses[0]?.writableLength).toBeLessThan(3 * 1024 * 1024);
  const seen = read(slow);
  slow.resume();
  await until(() => seen.ids.length >= MUCH, "all is there");
  expect(seen.ids).toEqual(upTo(MUCH));
});

it("cuts a reader that takes nothing for long, and keeps those that read", async () => {
  const { history, connect, responses } = await open({ patienceMs: 1_500 });
  const slow = await connect();
  slow.pause();
  slow.on("error", () => {});
  const seen = read(await connect());
  for (let times = 0; times < MUCH / 1_000; times++) history.happen(1_000, LONG);
  await until(() => responses[0]?.destroyed === true, "the slow one is cut");
  history.happen(1);
  await until(() => seen.ids.at(-1) === history.last, "the other one reads on");
  expect(seen.isCut).toBe(false);
});

it("lets in so many at once, and another when one has gone", async () => {
  const { connect } = await open();
  const all = await Promise.all(Array.from({ length: 64 }, () => connect()));
  const refused = await connect();
  expect(refused.statusCode).toBe(503);
  refused.resume();
  all[0]?.destroy();
  await until(async () => {
    const next = await connect();
    next.resume();
    return next.statusCode === 200;
  }, "there is room");
});

it("ends with all that read", async () => {
  const { connect, close, history } = await open();
  const seen = read(await connect());
  close();
  await until(() => seen.isCut, "it is cut");
  history.happen(1);
  expect(seen.ids).toEqual([]);
});
