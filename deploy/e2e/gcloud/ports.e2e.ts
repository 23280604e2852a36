import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeLedger } from "../../../adapters/core/ledger/ledger-contract.ts";
import { createFirestoreLedger } from "../../../adapters/gcf/firestore.ts";
import { createPublisher } from "../../../adapters/gcf/pubsub.ts";
import { createRest, type Rest } from "../../../adapters/gcf/rest.ts";
import { firestoreEmulator, startFirestoreEmulator } from "../../engines/firestore-emulator.ts";
import { type PubsubEmulator, pubsubEmulator, startPubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { PROJECT } from "./shop.ts";

const project = async () => PROJECT;
const restTo = (host: string) =>
  createRest({ origin: `http://${host}`, token: async () => "owner", timeoutMs: 10_000 });
const newFolder = () => mkdtempSync(join(tmpdir(), "loosely-gcloud-"));
for (const engine of [firestoreEmulator, pubsubEmulator]) {
  const missing = engine.missing();
  if (missing) process.stdout.write(`skipped: ${missing}\n`);
}

async function openFirestore() {
  const emulator = await startFirestoreEmulator({ folder: newFolder() });
  const rest = restTo(emulator.host);
  let passed = 0;
  return {
    ledger: createFirestoreLedger({ rest, project, database: "loosely", now: () => Date.now() + passed }),
    advance: (ms: number) => {
      passed += ms;
    },
    async close() {
      await rest.close();
      await emulator.stop();
    },
  };
}

describe.skipIf(firestoreEmulator.missing())("Firestore", () => {
  // No case takes as long: it is passed over, not waited for.
  describeLedger("Firestore", openFirestore, { ttlMs: 60_000, hasAgenda: true });

  it("tells of every save the version that a load gives, to the last digit, and takes it for the next", async () => {
    const { ledger, close } = await openFirestore();
    let expected: string | undefined;
    for (let state = 0; state < 50; state++) {
      const saved = await ledger.save("order-1", { state }, { expected });
      expect(saved).toMatch(/^\d{4}-.*Z$/);
      expect(await ledger.load("order-1")).toEqual({ entry: { state }, version: saved });
      expected = String(saved);
    }
    expect(await ledger.loadAll(["order-1"])).toEqual([{ entry: { state: 49 }, version: expected }]);
    await close();
  });
});

describe.skipIf(pubsubEmulator.missing())("Pub/Sub", () => {
  let emulator: PubsubEmulator;
  let rest: Rest;
  beforeAll(async () => {
    emulator = await startPubsubEmulator({ folder: newFolder() });
    rest = restTo(emulator.host);
    for (const topic of ["orders", "bills"]) {
      await emulator.call("PUT", `projects/${PROJECT}/topics/${topic}`, {});
      await emulator.call("PUT", `projects/${PROJECT}/subscriptions/${topic}`, {
        topic: `projects/${PROJECT}/topics/${topic}`,
        enableMessageOrdering: true,
      });
    }
  });
  afterAll(async () => {
    await rest?.close();
    await emulator?.stop();
  });

  const pull = async (topic: string) => {
    const path = `projects/${PROJECT}/subscriptions/${topic}:pull`;
    const answer = await emulator.call("POST", path, { maxMessages: 10, returnImmediately: true });
    const { receivedMessages = [] } = answer as { receivedMessages?: { message: Record<string, unknown> }[] };
    return receivedMessages.map(({ message: { data, attributes, orderingKey } }) => ({
      body: Buffer.from(String(data), "base64").toString(),
      attributes,
      orderingKey,
    }));
  };

  it("takes every event to its topic, in order, the subject as ordering key where it is wanted", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const type = { "content-type": "application/cloudevents+json" };
    await createPublisher({ rest, project, ordered: true })([
      { topic: "orders", key: "o-1", body: '{"n":"ż"}', traceparent, tracestate: "a=1" },
      { topic: "orders", key: "o-1", body: "2" },
      { topic: "bills", key: "o-2", body: "3" },
    ]);
    expect(await pull("orders")).toEqual([
      {
        body: '{"n":"ż"}',
        attributes: { ...type, "ce-traceparent": traceparent, "ce-tracestate": "a=1" },
        orderingKey: "o-1",
      },
      { body: "2", attributes: type, orderingKey: "o-1" },
    ]);
    expect(await pull("bills")).toEqual([{ body: "3", attributes: type, orderingKey: "o-2" }]);
    await createPublisher({ rest, project })([{ topic: "bills", key: "o-2", body: "4" }]);
    expect(await pull("bills")).toMatchObject([{ body: "4", orderingKey: undefined }]);
  });

  it("says which topic is missing", async () => {
    const publish = createPublisher({ rest, project });
    await expect(publish([{ topic: "nowhere", key: "o-1", body: "{}" }])).rejects.toThrow(
      "publish to nowhere: answered 404 NOT_FOUND",
    );
  });
});
