import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OrderCreated } from "../../../functions/events/index.ts";
import type { System } from "../../../functions/kernel/system.ts";
import { run } from "../../engines/engine.ts";
import { firestoreEmulator } from "../../engines/firestore-emulator.ts";
import { pubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { renderGcloud } from "../../generate/gcloud.ts";
import { EDGE } from "../../generate/wiring.ts";
import { SECOND } from "../../second/sources.ts";
import { createDeployer, type Deployer, lint, PREFIX } from "./shim.ts";
import {
  eventually,
  type GcloudShop,
  PROJECT,
  placeOrder,
  publish,
  SUBSCRIPTIONS,
  startGcloudShop,
  TOPICS,
  toReach,
} from "./shop.ts";

const missing = pubsubEmulator.missing() ?? firestoreEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

const LETTER_SECRET = "a-secret-of-tests";

describe.skipIf(missing)("deploy.sh and destroy.sh", () => {
  let shop: GcloudShop;
  let deployer: Deployer;
  beforeAll(async () => {
    shop = await startGcloudShop(mkdtempSync(join(tmpdir(), "loosely-gcloud-")), {
      TOPIC_PREFIX: PREFIX,
      LETTER_SECRET,
    });
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
  const DEAD_LETTERS = `${PREFIX}dead-letters`;
  const LABELS = { system: "shop", "managed-by": "loosely" };
  const everySubscription = [...SUBSCRIPTIONS.map(([name, topic]) => `${PREFIX}${name}-${topic}`), DEAD_LETTERS].sort();
  const everyTopic = [...TOPICS.map((topic) => `${PREFIX}${topic}`), DEAD_LETTERS].sort();

  it("a topic of somebody else, that has a name of ours, stops a deployment and stays as it is", async () => {
    const theirs = `${PREFIX}orders`;
    await deployer.gcloud("pubsub", "topics", "create", "orders", theirs, "--labels=team=logistics");
    const before = await list("topics");
    await expect(deployer.run("deploy.sh", [])).rejects.toThrow(
      new RegExp(`Nothing is deployed.*\n {2}topic ${theirs}\n`),
    );
    expect(await deployer.run("destroy.sh", ["--data"])).toContain(`\n  topic ${theirs}\n`);
    expect(await list("topics")).toEqual(before);
    expect(await names("subscriptions")).toEqual([]);
    await deployer.gcloud("pubsub", "topics", "delete", theirs);
  });

  it("a first run makes what orders need to get through, with retries and dead letters on", async () => {
    await deployer.run("deploy.sh", []);
    expect(await names("topics")).toEqual(["orders", ...everyTopic]);
    for (const { name, ...topic } of await list("topics"))
      if (name !== "orders") expect(topic).toEqual({ labels: LABELS });
    expect(await names("subscriptions")).toEqual(everySubscription);
    const made = await list("subscriptions");
    for (const [name, topic] of SUBSCRIPTIONS)
      expect(made.find((each) => each.name === `${PREFIX}${name}-${topic}`)).toMatchObject({
        topic: `projects/${PROJECT}/topics/${PREFIX}${topic}`,
        labels: LABELS,
        ackDeadlineSeconds: 60,
        pushConfig: { pushEndpoint: `${shop.urls[name]}/${topic}`, noWrapper: { writeMetadata: true } },
        deadLetterPolicy: { deadLetterTopic: `projects/${PROJECT}/topics/${DEAD_LETTERS}`, maxDeliveryAttempts: 30 },
        retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
      });
    await toReach(shop, { orderId: await placeOrder(shop), status: "shipped" });
  });

  it("schedules ask each function at a path that it answers", async () => {
    const flagsOf = (command: readonly string[]) =>
      Object.fromEntries(command.filter((word) => word.startsWith("--")).map((word) => word.split(/=(.*)/s)));
    const jobs = deployer.commands().filter(([group, , verb]) => group === "scheduler" && verb === "create");
    const asked = jobs.map((job) => flagsOf(job)["--uri"] as string);
    const uris = Object.entries(shop.urls).flatMap(([name, url]) => (name === "edge" ? [] : `${url}/~relay`));
    expect(asked.toSorted()).toEqual(uris.toSorted());
    for (const uri of asked) expect((await fetch(uri, { method: "POST" })).status).toBe(204);
  });

  it("a second run changes nothing that matters, and orders still get through", async () => {
    const before = await list("subscriptions");
    const printed = await deployer.run("deploy.sh", ["--public"]);
    expect(printed).not.toMatch(/(topics|subscriptions|databases|service-accounts|jobs|policies|secrets) create/);
    expect(await list("subscriptions")).toEqual(before);
    await toReach(shop, { orderId: await placeOrder(shop), status: "shipped" });
  });

  it("alerts keep whom somebody has added to them, unless it is told another", async () => {
    const channels = async (args: readonly string[]) => {
      const printed = await deployer.run("deploy.sh", ["--only", "alerts", ...args]);
      return [...printed.matchAll(/policies update .*--set-notification-channels=(\S+)/g)].map(([, to]) => to);
    };
    const [there, told] = ["projects/p/notificationChannels/7", "projects/p/notificationChannels/8"];
    expect(await channels([])).toEqual([there, there]);
    expect(await channels(["--notify", told])).toEqual([told, told]);
  });

  it("dead letters are listed, and go back to the topic where they died", async () => {
    const event = { specversion: "1.0", id: "e-1", source: "/test", type: OrderCreated.type, data: {} };
    await publish(shop, { topic: `${PREFIX}orders`, event });
    const look = (...args: readonly string[]) =>
      run(
        [
          process.execPath,
          join(import.meta.dirname, "../../dead/main.ts"),
          ...args,
          "--host",
          "gcloud",
          "--project",
          PROJECT,
        ],
        {
          env: { PUBSUB_EMULATOR_HOST: shop.pubsub.host, LETTER_SECRET },
        },
      );
    const twice = { until: (said: string) => said.includes("2 dead letters") };
    const listed = await eventually(() => look("list", "--all"), twice);
    expect(listed).toMatch(new RegExp(`${OrderCreated.type} e-1 at billing on orders, .* ago: schema: `));
    expect(await look("replay")).toMatch(new RegExp(`^replayed: \\w+ ${OrderCreated.type} e-1 to orders$`, "m"));
    // Each reaches the function where it died, and dies there again.
    await eventually(() => look("list"), twice);
  });

  it("destroy.sh leaves the dead letters and what is not ours, and takes the dead letters only when it is told", async () => {
    await deployer.run("destroy.sh", []);
    expect(await names("topics")).toEqual(["orders", DEAD_LETTERS]);
    expect(await names("subscriptions")).toEqual([DEAD_LETTERS]);
    await deployer.run("destroy.sh", ["--data"]);
    expect([await names("topics"), await names("subscriptions")]).toEqual([["orders"], []]);
  });

  it("gcloud's own parser takes every command of every variant", async () => {
    const domain = ["--project", "example.com:shop-1"];
    // Made, then updated, then gone.
    for (const options of [
      ["--triggers"],
      ["--ordered", "--demo"],
      ["--notify", "projects/p/notificationChannels/8"],
      domain,
    ])
      await deployer.run("deploy.sh", options, { notesOnly: true });
    await deployer.run("destroy.sh", [...domain, "--data"], { notesOnly: true });
    const words = (command: readonly string[]) => ["gcloud", ...command.map(quote)].join(" ");
    const commands = [...new Set(deployer.commands().map(words))];
    expect(commands.length).toBeGreaterThan(60);
    expect(await lint(commands, shop.folder)).toEqual([]);
    const fleet = printedFor(SECOND.system, shop.folder);
    expect(fleet.length).toBeGreaterThan(60);
    expect(await lint(fleet, shop.folder)).toEqual([]);
    expect(await lint(["gcloud functions deploy billing --gen3"], shop.folder)).toHaveLength(1);
  });
});

/** The commands that deploy.sh would run for another system, as words of a shell. */
function printedFor(system: System<never>, into: string): readonly string[] {
  const root = join(into, system.name);
  cpSync(join(import.meta.dirname, "../../gcloud"), join(root, "deploy/gcloud"), { recursive: true });
  for (const [path, text] of renderGcloud(system)) writeFileSync(join(root, path), text);
  for (const { name } of [...system.functions, { name: EDGE }])
    mkdirSync(join(root, "dist/gcf", name), { recursive: true });
  const options = ["--project", "p1", "--region", "r1", "--public", "--demo", "--dry-run"];
  const printed = execFileSync("bash", [join(root, "deploy/gcloud/deploy.sh"), ...options], { encoding: "utf8" });
  return printed.split("\n").flatMap((line) => (line.startsWith("+ gcloud ") ? line.slice("+ ".length) : []));
}

const quote = (word: string): string => (/^[\w./:@=,()-]+$/.test(word) ? word : `'${word}'`);
