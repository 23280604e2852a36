import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import type { Driver, Held } from "../letter.ts";
import { letterBytes, SECRET } from "../test-letters.ts";
import { openGcloud } from "./gcloud.ts";

interface Kept {
  readonly messageId: string;
  readonly data: string;
  readonly publishTime: string;
  readonly orderingKey?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  heldFor: number;
}

const ORDERS = "/v1/projects/p/topics/shop-orders:publish";

let server: Server;
let kept: Kept[];
let published: unknown[];
/** Another letter comes with each pull. */
let arriving: boolean;
/** What is refused once. */
let failing: Set<string>;
beforeEach(async () => {
  [kept, published, arriving, failing] = [[], [], false, new Set()];
  server = createServer(async (incoming, outgoing) => {
    const action = String(incoming.url).split(":").at(-1) ?? "";
    const asked = JSON.parse(await text(incoming));
    const answer = failing.delete(action) ? undefined : answerTo(action, { asked, url: incoming.url ?? "" });
    outgoing.writeHead(answer ? 200 : 403).end(JSON.stringify(answer ?? { error: { status: "PERMISSION_DENIED" } }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** As Pub/Sub does, two at a time. */
function answerTo(action: string, { asked, url }: { readonly asked: Record<string, never>; readonly url: string }) {
  const ids: readonly string[] = asked.ackIds ?? [];
  if (action === "pull") {
    if (arriving) keep(`late-${kept.length}`, Date.now() + 60_000);
    const seen = kept.filter(({ heldFor }) => heldFor === 0).slice(0, 2);
    for (const one of seen) one.heldFor = 10;
    return { receivedMessages: seen.map(({ heldFor: _, ...message }) => ({ ackId: message.messageId, message })) };
  }
  if (action === "modifyAckDeadline")
    for (const one of kept) if (ids.includes(one.messageId)) one.heldFor = asked.ackDeadlineSeconds ?? 0;
  if (action === "acknowledge") kept = kept.filter(({ messageId }) => !ids.includes(messageId));
  if (action === "publish") published.push([url, asked.messages]);
  return {};
}

function keep(id: string, time = Date.now() - 60_000, more: Partial<Kept> = {}): void {
  const data = letterBytes({ event: { id } }).toString("base64");
  kept.push({ messageId: `m-${id}`, data, publishTime: new Date(time).toISOString(), heldFor: 0, ...more });
}

const open = (): Promise<Driver> => {
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { PUBSUB_EMULATOR_HOST: host, LETTER_SECRET: SECRET };
  return openGcloud({ at: { project: "p" }, system, env });
};

async function all(driver: Driver): Promise<Held[]> {
  const found: Held[] = [];
  for await (const held of driver.letters({})) found.push(held);
  return found;
}

it("goes through the whole subscription, holds each letter, and gives all of them back", async () => {
  for (const id of ["e-1", "e-2", "e-3", "e-4", "e-5"]) keep(id);
  const driver = await open();
  expect((await all(driver)).map(({ letter }) => letter.eventId)).toEqual(["e-1", "e-2", "e-3", "e-4", "e-5"]);
  expect(kept.map(({ heldFor }) => heldFor)).toEqual([600, 600, 600, 600, 600]);
  await driver.close();
  expect(kept.map(({ heldFor }) => heldFor)).toEqual([0, 0, 0, 0, 0]);
});

it("comes to an end while others die", async () => {
  for (const id of ["e-1", "e-2", "e-3"]) keep(id);
  arriving = true;
  const driver = await open();
  const ids = (await all(driver)).map(({ letter }) => letter.eventId);
  expect(ids).toEqual(expect.arrayContaining(["e-1", "e-2", "e-3"]));
  await driver.close();
});

it("publishes a letter where it died, in its order, with its trace, and takes it out then", async () => {
  keep("e-1", undefined, { orderingKey: "k", attributes: { "ce-traceparent": "00-1", other: "1" } });
  const driver = await open();
  const [held] = (await all(driver)) as [Held];
  await driver.replay(held, { topic: "orders" });
  const attributes = { "ce-traceparent": "00-1", "content-type": "application/cloudevents+json" };
  expect(published).toEqual([[ORDERS, [{ data: expect.any(String), attributes, orderingKey: "k" }]]]);
  expect(kept).toEqual([]);
  await driver.close();
});

it.each([
  ["publish", /^\/v1\/projects\/p\/topics\/shop-orders:publish: answered 403/, 0],
  ["acknowledge", /^it was sent, and could not be taken out/, 1],
])("still has a letter where %s fails, and says what was done", async (action, message, times) => {
  keep("e-1");
  const driver = await open();
  const [held] = (await all(driver)) as [Held];
  failing.add(action);
  await expect(driver.replay(held, { topic: "orders" })).rejects.toThrow(message);
  expect([published.length, kept.length]).toEqual([times, 1]);
  await driver.close();
});
