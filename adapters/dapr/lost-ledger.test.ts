import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { BillPaid } from "../../functions/events/index.ts";
import { endOf, faultsOf, ready, run } from "./test-service.ts";

const CLIENTS = 8;
const BEFORE = 40;

async function startBroker(): Promise<string> {
  const broker = createServer((incoming, answer) => {
    incoming.resume().once("end", () => answer.writeHead(204).end());
  }).listen(0, "127.0.0.1");
  await once(broker, "listening");
  onTestFinished(() => {
    broker.closeAllConnections();
    broker.close();
  });
  return String((broker.address() as AddressInfo).port);
}

/** An order service whose ledger is in a folder of its own, and customers who do not cease to order. */
async function startOrders() {
  const folder = join(mkdtempSync(join(tmpdir(), "loosely-lost-")), "data");
  onTestFinished(() => rmSync(join(folder, ".."), { recursive: true, force: true }));
  mkdirSync(folder);
  const file = join(folder, "ledger.db");
  const env = { APP_PORT: "0", EDGE_DEMO: "on", DAPR_HTTP_PORT: await startBroker(), LEDGER: `sqlite:${file}` };
  const child = run("order", env);
  const { address, edge, lines } = await ready(child);
  const place = async (key: string) => {
    const answer = await fetch(`${edge}/orders`, { method: "POST", headers: { "idempotency-key": key } });
    return { status: answer.status, location: answer.headers.get("location") };
  };
  return { child, env, file, folder, address, lines, place };
}

it.each<[what: string, lose: (at: { readonly file: string; readonly folder: string }) => void]>([
  ["file is deleted", ({ file }) => rmSync(file)],
  ["folder is deleted", ({ folder }) => rmSync(folder, { recursive: true })],
  ["-wal is deleted", ({ file }) => rmSync(`${file}-wal`)],
])("promises nothing once the ledger's %s, is unwell, and ends with 1 within seconds", async (_what, lose) => {
  const { child, env, file, folder, address, lines, place } = await startOrders();
  const ended = once(child, "exit");
  const answers: { readonly status: number; readonly isLate: boolean }[] = [];
  let isLost = false;
  const client = async (name: number) => {
    for (let nth = 0; ; nth++) {
      const isLate = isLost;
      // Its end is the end of the connections.
      const answer = await place(`${name}-${nth}`).catch(() => undefined);
      if (!answer) return;
      answers.push({ status: answer.status, isLate });
      if (answers.length === BEFORE) {
        lose({ file, folder });
        isLost = true;
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  const lostAt = await untilTrue(() => isLost);
  const headers = { "content-type": "application/cloudevents+json" };
  const event = { specversion: "1.0", id: "e-1", source: "/shop/billing", type: BillPaid.type, data: BillPaid.sample };
  const [readiness, life, delivery, repetition] = await Promise.all([
    untilAnswered(`${address}/readyz`, 503),
    fetch(`${address}/healthz`),
    fetch(`${address}/bills`, { method: "POST", headers, body: JSON.stringify(event) }),
    place("0-0"),
  ]);
  expect([readiness, life.status, delivery.status, await delivery.json(), repetition.status]).toEqual([
    503,
    200,
    503,
    { status: "RETRY" },
    503,
  ]);
  expect((await ended)[0]).toBe(1);
  expect(performance.now() - lostAt).toBeLessThan(10_000);
  await clients;
  expect(new Set(answers.flatMap(({ isLate, status }) => (isLate ? [status] : [])))).toEqual(new Set([503]));
  const fatal = lines.filter(({ level }) => level === 60);
  expect(fatal[0]?.err).toMatchObject({
    message: expect.stringMatching(/ledger\.db(-wal|-shm)?: is not there any more$/),
  });

  mkdirSync(folder, { recursive: true });
  const again = await ready(run("order", env));
  const answer = await fetch(`${again.edge}/orders`, { method: "POST", headers: { "idempotency-key": "0-0" } });
  expect(answer.status).toBe(202);
});

it("keeps what it promised when only the -wal is deleted: it is written down at the end", async () => {
  const { child, env, file, address: first, place } = await startOrders();
  const placed = await place("k");
  const ended = once(child, "exit");
  rmSync(`${file}-wal`);
  // Nobody asks for anything but how it is.
  expect([placed.status, await untilAnswered(`${first}/readyz`, 503), (await ended)[0]]).toEqual([202, 503, 1]);
  const { edge } = await ready(run("order", env));
  expect((await fetch(edge + placed.location)).status).toBe(200);
});

it.each([
  ["in no folder", "/nowhere/at/all/ledger.db"],
  ["that is a folder", tmpdir()],
  ["that is no database", import.meta.filename],
])("says in one line that its ledger is a file %s, and ends with 1", async (_what, file) => {
  const { code, stdout, stderr } = await endOf(run("billing", { LEDGER: `sqlite:${file}`, APP_PORT: "0" }));
  expect([code, stdout, faultsOf(stderr)]).toEqual([
    1,
    "",
    [expect.stringMatching(/^LEDGER: must be sqlite:<file>, /)],
  ]);
});

async function untilTrue(isTrue: () => boolean): Promise<number> {
  while (!isTrue()) await new Promise(setImmediate);
  return performance.now();
}

async function untilAnswered(url: string, status: number): Promise<number> {
  for (;;) if ((await fetch(url)).status === status) return status;
}
