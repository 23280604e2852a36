import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toPushJobs } from "../../../adapters/gcf/push.ts";
import { type PubsubEmulator, pubsubEmulator, startPubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { eventually, PROJECT } from "./shop.ts";

const missing = pubsubEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

const FORMS = {
  "with wrapper": {},
  "without wrapper": { noWrapper: { writeMetadata: true } },
  "without wrapper and metadata": { noWrapper: { writeMetadata: false } },
} as const;
type Form = keyof typeof FORMS;

describe.skipIf(missing)("what the Pub/Sub emulator pushes", () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-gcloud-"));
  const received: { readonly form: string; readonly event: object }[] = [];
  const server = createServer(async (request, response) => {
    const { "content-type": contentType, ...headers } = request.headers;
    const message = { headers: { ...headers, "content-type": contentType }, body: await buffer(request) };
    const form = decodeURIComponent((request.url ?? "").slice(1));
    for (const job of toPushJobs(message)) received.push({ form, event: "event" in job ? job.event : job.refused });
    response.writeHead(204).end();
  });
  let pubsub: PubsubEmulator;

  beforeAll(async () => {
    pubsub = await startPubsubEmulator({ folder });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const topic = `projects/${PROJECT}/topics/orders`;
    await pubsub.call("PUT", topic, {});
    for (const [form, pushConfig] of Object.entries(FORMS))
      await pubsub.call("PUT", `projects/${PROJECT}/subscriptions/${form.replaceAll(" ", "-")}`, {
        topic,
        pushConfig: { ...pushConfig, pushEndpoint: `http://127.0.0.1:${port}/${encodeURIComponent(form)}` },
      });
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await pubsub?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const DATA = '{"n":1}';
  const ALL = Object.keys(FORMS) as Form[];
  const WITH_ATTRIBUTES: readonly Form[] = ["with wrapper", "without wrapper"];
  const bytes = new Uint8Array(Buffer.from(DATA));
  const structured = (id: string) =>
    JSON.stringify({ specversion: "1.0", id, source: "/s", type: "t", data: { n: 1 } });
  const binary = (id: string) => ({ "ce-specversion": "1.0", "ce-id": id, "ce-source": "/s", "ce-type": "t" });
  it.each([
    ["structured, without attributes", ALL, structured, () => ({}), { data: { n: 1 } }],
    [
      "structured, beside application/octet-stream",
      ALL,
      structured,
      () => ({ "content-type": "application/octet-stream" }),
      { data: { n: 1 } },
    ],
    [
      "binary, with ce-datacontenttype",
      WITH_ATTRIBUTES,
      () => DATA,
      (id: string) => ({ ...binary(id), "ce-datacontenttype": "application/json" }),
      { datacontenttype: "application/json", data: { n: 1 } },
    ],
    [
      "binary, with bytes",
      WITH_ATTRIBUTES,
      () => DATA,
      (id: string) => ({ ...binary(id), "content-type": "application/octet-stream" }),
      { datacontenttype: "application/octet-stream", data: bytes },
    ],
  ])("%s: is the event in %j", async (_what, forms, toData, toAttributes, event) => {
    const id = randomUUID();
    const data = Buffer.from(toData(id)).toString("base64");
    const messages = [{ data, attributes: toAttributes(id) }];
    await pubsub.call("POST", `projects/${PROJECT}/topics/orders:publish`, { messages });
    const mine = () => received.filter((each) => "id" in each.event && each.event.id === id);
    const found = await eventually(async () => mine(), { until: (all) => all.length >= forms.length });
    const byForm = found.toSorted((a, b) => ALL.indexOf(a.form as Form) - ALL.indexOf(b.form as Form));
    const expected = { specversion: "1.0", id, source: "/s", type: "t", ...event };
    expect(byForm).toEqual(forms.map((form) => ({ form, event: expected })));
  });
});
