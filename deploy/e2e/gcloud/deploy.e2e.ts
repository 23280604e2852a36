import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firestoreEmulator } from "../../engines/firestore-emulator.ts";
import { pubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { createDeployer, type Deployer, lint } from "./shim.ts";
import { type GcloudShop, PROJECT, placeOrder, SUBSCRIPTIONS, startGcloudShop, TOPICS, toReach } from "./shop.ts";

const missing = pubsubEmulator.missing() ?? firestoreEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

describe.skipIf(missing)("deploy.sh and destroy.sh", () => {
  let shop: GcloudShop;
  let deployer: Deployer;
  beforeAll(async () => {
    shop = await startGcloudShop(mkdtempSync(join(tmpdir(), "loosely-gcloud-")));
    deployer = createDeployer(shop);
  });
  afterAll(() => shop?.stop());

  const list = async (kind: "topics" | "subscriptions") => {
    const answer = await shop.pubsub.call("GET", `projects/${PROJECT}/${kind}`);
    return ((answer as Record<string, readonly Readonly<Record<string, unknown>>[]>)[kind] ?? []).map((each) => ({
      ...each,
      name: String(each.name).split("/").at(-1) as string,
    }));
  };
  const names = async (kind: "topics" | "subscriptions") => (await list(kind)).map(({ name }) => name).sort();
  const everySubscription = [...SUBSCRIPTIONS.map(([name, topic]) => `${name}-${topic}`), "dead-letters"].sort();

  it("a first run makes what orders need to get through, with retries and dead letters on", async () => {
    await deployer.run("deploy.sh", []);
    expect(await names("topics")).toEqual([...TOPICS, "dead-letters"].sort());
    expect(await names("subscriptions")).toEqual(everySubscription);
    const pushes = (await list("subscriptions")).filter(({ name }) => name !== "dead-letters");
    for (const [name, topic] of SUBSCRIPTIONS) {
      const made = pushes.find((each) => each.name === `${name}-${topic}`);
      expect(made).toMatchObject({
        topic: `projects/${PROJECT}/topics/${topic}`,
        ackDeadlineSeconds: 60,
        pushConfig: { pushEndpoint: `${shop.urls[name]}/${topic}`, noWrapper: { writeMetadata: true } },
        deadLetterPolicy: { deadLetterTopic: `projects/${PROJECT}/topics/dead-letters`, maxDeliveryAttempts: 30 },
        retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
      });
    }
    await toReach(shop, { orderId: await placeOrder(shop), status: "shipped" });
  });

  it("schedules ask each function at a path that it answers", async () => {
    const flagsOf = (command: readonly string[]) =>
      Object.fromEntries(command.filter((word) => word.startsWith("--")).map((word) => word.split(/=(.*)/s)));
    const jobs = deployer.commands().filter(([group, , verb]) => group === "scheduler" && verb === "create");
    const asked = jobs.map((job) => flagsOf(job)["--uri"] as string);
    const uris = Object.entries(shop.urls).flatMap(([name, url]) => (name === "orders" ? [] : `${url}/~relay`));
    expect(asked.toSorted()).toEqual(uris.toSorted());
    for (const uri of asked) expect((await fetch(uri, { method: "POST" })).status).toBe(204);
  });

  it("a second run changes nothing that matters, and orders still get through", async () => {
    const before = await list("subscriptions");
    const printed = await deployer.run("deploy.sh", ["--public"], { isThere: true });
    expect(printed).not.toMatch(/(topics|subscriptions|databases|service-accounts|jobs|policies) create/);
    expect(await list("subscriptions")).toEqual(before);
    await toReach(shop, { orderId: await placeOrder(shop), status: "shipped" });
  });

  it("alerts keep whom somebody has added to them, unless it is told another", async () => {
    const channels = async (args: readonly string[]) => {
      const printed = await deployer.run("deploy.sh", ["--only", "alerts", ...args], {
        isThere: true,
        notesOnly: true,
      });
      return [...printed.matchAll(/policies update .*--set-notification-channels=(\S+)/g)].map(([, to]) => to);
    };
    const [there, told] = ["projects/p/notificationChannels/7", "projects/p/notificationChannels/8"];
    expect(await channels([])).toEqual([there, there]);
    expect(await channels(["--notify", told])).toEqual([told, told]);
  });

  it("destroy.sh leaves the dead letters, and takes them only when it is told", async () => {
    await deployer.run("destroy.sh", [], { isThere: true });
    expect(await names("topics")).toEqual(["dead-letters"]);
    expect(await names("subscriptions")).toEqual(["dead-letters"]);
    await deployer.run("destroy.sh", ["--data"], { isThere: true });
    expect([await names("topics"), await names("subscriptions")]).toEqual([[], []]);
  });

  it("gcloud's own parser takes every command of every variant", async () => {
    for (const options of [["--triggers"], ["--ordered"], ["--notify", "projects/p/notificationChannels/8"]])
      for (const isThere of [false, true]) await deployer.run("deploy.sh", options, { isThere, notesOnly: true });
    const words = (command: readonly string[]) => ["gcloud", ...command.map(quote)].join(" ");
    const commands = [...new Set(deployer.commands().map(words))];
    expect(commands.length).toBeGreaterThan(60);
    expect(await lint(commands, shop.folder)).toEqual([]);
    expect(await lint(["gcloud functions deploy billing --gen3"], shop.folder)).toHaveLength(1);
  });
});

const quote = (word: string): string => (/^[\w./:@=,()-]+$/.test(word) ? word : `'${word}'`);
