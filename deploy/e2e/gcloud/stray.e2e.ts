import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { served, settings } from "../../../adapters/core/edge/test-orders.ts";
import { createMemoryLedger } from "../../../adapters/core/ledger/memory-ledger.ts";
import type { Said } from "../../../adapters/core/relay/publish.ts";
import { registerEdges } from "../../../adapters/gcf/edge.ts";
import { pathOf } from "../../../adapters/gcf/framework.ts";
import { type PubsubEmulator, pubsubEmulator, startPubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { eventually, PROJECT } from "./shop.ts";

const missing = pubsubEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

describe.skipIf(missing)("a push subscription that leads to the edge by mistake", () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-gcloud-"));
  const said: Said[] = [];
  const publish = async (events: readonly Said[]) => void said.push(...events);
  const ports = {
    ledger: createMemoryLedger(),
    publish,
    isRelayed: true,
    now: Date.now,
    deadlineMs: 5_000,
    leaseMs: 10_000,
  };
  registerEdges("edge", [served], { settings, ports });
  const server = getTestServer("edge");
  /** Statuses, by path: what one subscription gets again goes on beside the next. */
  const answered = new Map<string, number[]>();
  server.on("request", (request, response) => {
    const path = pathOf(request);
    response.once("finish", () => answered.set(path, [...(answered.get(path) ?? []), response.statusCode]));
  });
  let pubsub: PubsubEmulator;

  beforeAll(async () => {
    pubsub = await startPubsubEmulator({ folder });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await pubsub?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["/", {}, 404],
    ["/bills", {}, 404],
    ["/orders", {}, 422],
    ["/orders/", { noWrapper: { writeMetadata: true } }, 503],
  ])("to %s, as %j: %i, and the event comes again", async (path, form, status) => {
    const name = `stray${path.replaceAll("/", "-")}x`;
    const topic = `projects/${PROJECT}/topics/${name}`;
    const { port } = server.address() as AddressInfo;
    const pushConfig = { ...form, pushEndpoint: `http://127.0.0.1:${port}${path}` };
    await pubsub.call("PUT", topic, {});
    await pubsub.call("PUT", `projects/${PROJECT}/subscriptions/${name}`, { topic, pushConfig });
    const event = JSON.stringify({ specversion: "1.0", id: "e-1", source: "/s", type: "t", data: {} });
    const attributes = { "content-type": "application/cloudevents+json" };
    const messages = [{ data: Buffer.from(event).toString("base64"), attributes }];
    await pubsub.call("POST", `${topic}:publish`, { messages });
    const heard = async () => answered.get(path) ?? [];
    const statuses = await eventually(heard, { until: ({ length }) => length >= 3 });
    expect([...new Set(statuses)]).toEqual([status]);
    expect(said).toEqual([]);
  });
});
