import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OrderCreated } from "../../../functions/events/index.ts";
import { firestoreEmulator } from "../../engines/firestore-emulator.ts";
import { pubsubEmulator } from "../../engines/pubsub-emulator.ts";
import {
  createTopics,
  eventually,
  type GcloudShop,
  PROJECT,
  placeOrder,
  publish,
  SUBSCRIPTIONS,
  startGcloudShop,
  subscribe,
  takeLetters,
  toReach,
} from "./shop.ts";

const ATTEMPTS = 5;
const missing = pubsubEmulator.missing() ?? firestoreEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

describe.skipIf(missing)("the shop on Pub/Sub when things go wrong", () => {
  let shop: GcloudShop;
  beforeAll(async () => {
    shop = await startGcloudShop(mkdtempSync(join(tmpdir(), "loosely-gcloud-")));
    await createTopics(shop);
    for (const subscription of SUBSCRIPTIONS) await subscribe(shop, subscription, { attempts: ATTEMPTS });
  });
  afterAll(() => shop?.stop());

  const created = (id: string, data: object) => ({
    specversion: "1.0",
    id,
    source: "/test",
    type: OrderCreated.type,
    data,
  });
  const lettersUntil = async (count: number) => {
    const letters = [...(await takeLetters(shop))];
    return eventually(
      async () => {
        letters.push(...(await takeLetters(shop)));
        return letters;
      },
      { until: (all) => all.length >= count, withinMs: 60_000 },
    );
  };

  it("an event that breaks its schema is a dead letter at its first delivery, once for each consumer", async () => {
    const { customer: _, ...broken } = OrderCreated.sample;
    await publish(shop, { topic: "orders", event: created("broken-1", broken) });
    const letters = await lettersUntil(2);
    const seen = letters.map(({ event, attributes }) => ({
      id: event.id,
      code: event.deadcode,
      by: event.deadfunction,
      from: event.deadtopic,
      byRedrive: "CloudPubSubDeadLetterSourceSubscription" in attributes,
    }));
    expect(seen.sort((a, b) => String(a.by).localeCompare(String(b.by)))).toEqual(
      ["billing", "notification"].map((by) => ({
        id: "broken-1",
        code: "schema",
        by,
        from: "orders",
        byRedrive: false,
      })),
    );
  });

  it("an event whose handler always throws is a dead letter after its attempts, and lives again by a replay", async () => {
    // A folder is no file to write to: every charge throws.
    await shop.start("billing", { EFFECTS_LOG: shop.folder });
    const orderId = await placeOrder(shop);
    const looksLike = (...args: readonly string[]) =>
      execFileSync(
        process.execPath,
        [
          join(import.meta.dirname, "../../dead/main.ts"),
          ...args,
          "--host=gcloud",
          `--project=${PROJECT}`,
          "--prefix=",
        ],
        { encoding: "utf8", env: { ...process.env, PUBSUB_EMULATOR_HOST: shop.pubsub.host } },
      );
    const listed = await eventually(async () => looksLike("list", "--all"), {
      until: (said) => said.includes("1 dead letter"),
    });
    expect(listed).toContain(`${OrderCreated.type} `);
    expect(listed).toContain("at billing on orders");
    expect(listed).toContain(`not handled in ${ATTEMPTS} deliveries by billing-orders`);
    expect(shop.effects().filter(({ key }) => key === orderId)).toEqual([]);

    await shop.start("billing");
    expect(looksLike("replay")).toContain("replayed: ");
    await toReach(shop, { orderId, status: "shipped" });
    expect(looksLike("list")).toBe("no dead letters\n");
  });

  it("SIGKILL in the middle of a delivery: it is delivered again, and charged once", async () => {
    const pipe = join(shop.folder, "nobody-reads");
    execFileSync("bash", ["-c", `mkfifo "$0"`, pipe]);
    // Writing to a pipe that nobody reads stops the process where it is: in its handler.
    const stuck = await shop.start("billing", { EFFECTS_LOG: pipe });
    const orderId = await placeOrder(shop);
    const isStuck = () =>
      fetch(shop.urls.billing, { signal: AbortSignal.timeout(2_000) }).then(
        () => false,
        () => true,
      );
    await eventually(isStuck, { until: (yes) => yes });
    await stuck.kill();
    await shop.start("billing");
    await toReach(shop, { orderId, status: "shipped" });
    expect(shop.effects().filter(({ kind, key }) => kind === "charge" && key === orderId)).toHaveLength(1);
  });

  it("a delivery that takes longer than its ack deadline comes twice at once: one mail", async () => {
    const slow = await startSlowProxy(shop.firestore.host);
    await shop.start("notification", { FIRESTORE_EMULATOR_HOST: slow.host, DISPATCH_TIMEOUT_MS: "40000" });
    const orderId = await placeOrder(shop);
    const mailed = () => shop.effects().filter(({ kind, key }) => kind === "mail" && key.startsWith(`${orderId}/`));
    // The mail is out and its save waits, longer than Pub/Sub does.
    await eventually(async () => mailed().length, { until: (mails) => mails > 0 });
    const log = () => readFileSync(join(shop.folder, "notification.log"), "utf8");
    await eventually(async () => log(), { until: (lines) => lines.includes('"contention"'), withinMs: 60_000 });
    slow.letGo();
    await toReach(shop, { orderId, status: "shipped" });
    await eventually(async () => mailed().length, { until: (mails) => mails >= 3 });
    expect(
      mailed()
        .map(({ key }) => key.slice(orderId.length + 1))
        .sort(),
    ).toEqual(["com.example.order.created.v1", "com.example.order.paid.v1", "com.example.order.shipped.v1"]);
    await slow.close();
  });
});

interface SlowProxy {
  readonly host: string;
  letGo(): void;
  close(): Promise<void>;
}

/** Firestore, but the second save of the first document, with which a leased function ends, waits until it is let go. */
async function startSlowProxy(target: string): Promise<SlowProxy> {
  const saved: string[] = [];
  const held = Promise.withResolvers<void>();
  const server: Server = createServer(async (incoming, outgoing) => {
    const { method = "GET", url = "/", headers } = incoming;
    const body = await buffer(incoming);
    if (url.endsWith(":commit")) {
      saved.push(JSON.parse(body.toString()).writes[0].update.name);
      const isSecond = saved.filter((name) => name === saved[0]).length === 2;
      if (isSecond && saved.at(-1) === saved[0]) await held.promise;
    }
    const onward = request(`http://${target}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy()).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    letGo: held.resolve,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
