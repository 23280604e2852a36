import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DECLINED_AMOUNT } from "../../../adapters/effects/charge.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { OrderCreated, OrderPaid } from "../../../functions/events/index.ts";
import { system } from "../../../functions/index.ts";
import { daprd, startDaprd } from "../../engines/daprd.ts";
import type { Running } from "../../engines/engine.ts";
import { lambdaRic } from "../../engines/lambda-ric.ts";
import { awsEnvironment, moto } from "../../engines/moto.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { type AwsShop, type Order, PREFIX, startAwsShop, until } from "./shop.ts";

const missing = moto.missing() ?? lambdaRic.missing();
const noDaprd = daprd.missing();
for (const line of [missing, noDaprd]) if (line) process.stdout.write(`skipped: ${line}\n`);
const ORDERS = 100;
const MOST_RECEIVES = 5;
const NAMES = ["order", "billing", "notification", "shipping"];
const STEPS = ["created", "paid", "shipped"].map((step) => `com.example.order.${step}.v1`);

describe.skipIf(missing)(`the shop on Lambda${missing ? ` (${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-aws-"));
  let shop: AwsShop;
  beforeAll(async () => {
    shop = await startAwsShop({ folder });
  });
  afterAll(async () => {
    await shop?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // Nobody gets to see more than ten of them at once.
  afterEach(() => shop.dropDeadLetters());

  const place = async (): Promise<string> => {
    const [status, { orderId }] = await shop.ask("POST", "/orders", { "idempotency-key": randomUUID() });
    expect(status).toBe(202);
    return orderId;
  };
  const isShipped = (id: string) =>
    until(() => shop.ask("GET", `/orders/${id}`), {
      isDone: ([, order]: [number, Order]) => order.status === "shipped",
    });
  /** How often something was done for an order, by what it was. */
  const done = (kind: string, id: string) =>
    shop.effects().filter((effect) => effect.kind === kind && effect.key.startsWith(id));
  const mailsOf = (id: string) => done("mail", id).map(({ key }) => key.slice(id.length + 1));
  const eventOf = (type: string, data: unknown) =>
    JSON.stringify({
      specversion: "1.0",
      id: randomUUID(),
      source: "/test",
      type,
      datacontenttype: "application/json",
      data,
    });
  const letterFrom = (name: string, of: string) =>
    until(() => shop.deadLetters(), {
      isDone: (letters) => letters.some(({ body }) => body.includes(`"deadfunction":"${name}"`) && body.includes(of)),
    });

  it(`ships ${ORDERS} orders: one charge and one parcel each, one mail per step`, async () => {
    const ids: string[] = [];
    for (let n = 0; n < ORDERS; n++) ids.push(await place());
    for (const id of ids) await isShipped(id);
    // The last mail follows the last event.
    await until(() => shop.effects().filter(({ kind }) => kind === "mail").length, {
      isDone: (mails) => mails >= ORDERS * STEPS.length,
    });
    for (const id of ids) {
      expect([done("charge", id).length, done("book", id).length]).toEqual([1, 1]);
      expect(mailsOf(id).sort()).toEqual(STEPS);
    }
    expect(await shop.deadLetters()).toEqual([]);
  });

  it("cancels an order that cannot be charged", async () => {
    const orderId = randomUUID();
    const total = { amount: DECLINED_AMOUNT, currency: "EUR" };
    await shop.publish("orders", eventOf(OrderCreated.type, { ...OrderCreated.sample, orderId, total }));
    await until(() => done("charge", orderId).length, { isDone: (charges) => charges === 1 });
    expect(done("book", orderId)).toEqual([]);
  });

  it("puts an event that breaks its schema with the dead letters at its first delivery", async () => {
    const orderId = `broken-${randomUUID()}`;
    await shop.publish("orders", eventOf(OrderCreated.type, { orderId }));
    for (const name of ["billing", "notification"]) {
      await letterFrom(name, orderId);
      const seen = shop.lambdas.receipts(PREFIX + name).filter(({ body }) => body.includes(orderId));
      expect(seen.map(({ receiveCount }) => receiveCount)).toEqual([1]);
    }
  });

  it("sends dead letters to the queue where they died, by hand", async () => {
    const orderId = `replayed-${randomUUID()}`;
    await shop.publish("orders", eventOf(OrderCreated.type, { orderId }));
    for (const name of ["billing", "notification"]) await letterFrom(name, orderId);
    const broken = `${OrderCreated.type} \\S+ at billing on ${PREFIX}billing, .* ago: schema: data\\.customer`;
    expect(await shop.dead(["list", "--all"])).toMatch(new RegExp(broken));
    expect(await shop.dead(["replay", "--function", "billing"])).toMatch(/^replayed: /m);
    const receipts = () =>
      shop.lambdas.receipts(`${PREFIX}billing`).filter(({ body }) => body.includes(orderId)).length;
    await until(receipts, { isDone: (count) => count === 2 });
  });

  it.each([
    ["an object", () => ({ note: randomUUID() })],
    [
      "an event of EventBridge around none",
      () => ({ "detail-type": "note", detail: { type: "t", note: randomUUID() } }),
    ],
    ["an event that lost its type", () => ({ specversion: "1.0", id: randomUUID(), source: "/test" })],
  ])("lets %s without a type through every filter, so that each subscriber sees it dead", async (_what, make) => {
    const body = JSON.stringify(make());
    await shop.publish("orders", body);
    for (const name of ["billing", "notification", "shipping"]) {
      await letterFrom(name, Buffer.from(body).toString("base64"));
      const seen = shop.lambdas.receipts(PREFIX + name).filter((receipt) => receipt.body === body);
      expect(seen.map(({ receiveCount }) => receiveCount)).toEqual([1]);
    }
  });

  /** What a function has been given of an order, by its types. */
  const typesAt = (name: string, of: string) =>
    shop.lambdas.receipts(PREFIX + name).flatMap(({ body }) => (body.includes(of) ? JSON.parse(body).type : []));

  it("brings a function of all that is said about an order what it consumes, and nothing else", async () => {
    const id = await place();
    await isShipped(id);
    await until(() => mailsOf(id).length, { isDone: (mails) => mails === STEPS.length });
    const [created, paid, shipped] = STEPS;
    expect([typesAt("billing", id), typesAt("shipping", id)]).toEqual([[created], [paid]]);
    expect(typesAt("notification", id).toSorted()).toEqual([created, paid, shipped]);
  });

  it("withholds nothing that is in no catalogue, with a type beside it or without", async () => {
    for (const beside of ["com.example.order.returned.v1", undefined]) {
      const id = randomUUID();
      const event = { ...JSON.parse(eventOf("com.example.order.returned.v1", {})), id };
      await shop.publish("orders", JSON.stringify(event), beside);
      for (const name of ["billing", "notification", "shipping"])
        await until(() => typesAt(name, id).length, { isDone: (receipts) => receipts === 1 });
    }
  });

  it.each([
    ["type null", JSON.stringify({ specversion: "1.0", id: "e-null", source: "/test", type: null })],
    ["type 5", JSON.stringify({ specversion: "1.0", id: "e-five", source: "/test", type: 5 })],
    ["an empty type", JSON.stringify({ specversion: "1.0", id: "e-empty", source: "/test", type: "" })],
    ["no JSON", "{ e-none"],
  ])("puts an event of %s with the dead letters of each subscriber", async (_what, body) => {
    await shop.publish("orders", body);
    for (const name of ["billing", "notification", "shipping"])
      await letterFrom(name, Buffer.from(body).toString("base64"));
  });

  it("delivers again what a handler throws at, then redrives it to the dead letters", async () => {
    const name = `${PREFIX}shipping`;
    const orderId = `unlucky-${randomUUID()}`;
    await shop.setVisibility("shipping", 1);
    await shop.lambdas.setEnvironment(name, { EFFECTS_LOG: join(folder, "no/such/folder") });
    await shop.publish("orders", eventOf(OrderPaid.type, { ...OrderCreated.sample, orderId }));
    const letters = await until(() => shop.deadLetters(), {
      isDone: (found) => found.some(({ body }) => body.includes(orderId)),
    });
    const seen = shop.lambdas.receipts(name).filter(({ body }) => body.includes(orderId));
    expect(seen.map(({ receiveCount }) => receiveCount)).toEqual(
      Array.from({ length: MOST_RECEIVES }, (_, n) => n + 1),
    );
    // As it was sent: nobody but the queue put it there.
    expect(letters.find(({ body }) => body.includes(orderId))?.body).not.toContain("deadreason");
    await shop.lambdas.setEnvironment(name, { EFFECTS_LOG: join(folder, "effects.jsonl") });
    await shop.setVisibility("shipping", 30);
  });

  it("finishes the batch that a function died in: charged under one key, each order shipped", async () => {
    const name = `${PREFIX}billing`;
    await shop.lambdas.pause(name);
    await shop.setVisibility("billing", 5);
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await place());
    const charged = () => ids.filter((id) => done("charge", id).length > 0).length;
    await shop.lambdas.resume(name);
    await until(charged, { isDone: (count) => count > 0 });
    await shop.lambdas.kill(name);
    for (const id of ids) await isShipped(id);
    const received = shop.lambdas.receipts(name).filter(({ body }) => ids.some((id) => body.includes(id)));
    expect(Math.max(...received.map(({ receiveCount }) => receiveCount))).toBeGreaterThan(1);
    for (const id of ids) {
      expect(new Set(done("charge", id).map(({ key }) => key))).toEqual(new Set([id]));
      expect(done("book", id)).toHaveLength(1);
    }
    await until(() => ids.map((id) => mailsOf(id).length), { isDone: (mails) => mails.every((count) => count >= 3) });
    for (const id of ids) expect(mailsOf(id).sort()).toEqual(STEPS);
  });

  /** What a rule of EventBridge invokes, by rule. */
  const targetsOf = async () => {
    const { Rules: rules } = await shop.lambdas.api.json("AWSEvents.ListRules", {});
    return Promise.all(
      (rules as { Name: string; ScheduleExpression: string }[]).map(async ({ Name, ScheduleExpression: every }) => {
        const { Targets: targets } = await shop.lambdas.api.json("AWSEvents.ListTargetsByRule", { Rule: Name });
        return { name: Name, every, targets: targets as { Arn: string; Input: string }[] };
      }),
    );
  };

  it("has rules that invoke each function with what it takes for its turn to say what is not said", async () => {
    const rules = await targetsOf();
    const turns = rules.flatMap(({ every, targets }) => targets.map((target) => ({ every, ...target })));
    const functions = turns.map(({ Arn }) => Arn.split(":").at(-1) ?? "");
    expect(functions.toSorted()).toEqual(NAMES.map((name) => PREFIX + name).toSorted());
    for (const { Arn, Input, every } of turns) {
      const name = Arn.split(":").at(-1) ?? "";
      expect([every, await shop.lambdas.invoke(name, JSON.parse(Input))]).toEqual(["rate(1 minute)", null]);
    }
  });

  describe.skipIf(noDaprd)("behind a real daprd that publishes", () => {
    let sidecar: Running;
    let url: string;
    beforeAll(async () => {
      const [httpPort = 0, grpcPort = 0, internalGrpcPort = 0] = await freePorts(FIRST_PORT + 50, 3);
      const resources = join(folder, "resources");
      mkdirSync(resources);
      writeFileSync(join(resources, "pubsub.yaml"), componentOn(shop.url));
      const logFile = join(folder, "daprd.log");
      sidecar = await startDaprd({
        appId: "foreign",
        httpPort,
        grpcPort,
        internalGrpcPort,
        resources: [resources],
        logFile,
      });
      url = `http://127.0.0.1:${httpPort}/v1.0/publish/pubsub/${PREFIX}orders`;
    });
    afterAll(() => sidecar?.stop());

    const publish = async (contentType: string, body: string) => {
      // As our clients say it for Kafka: SNS passes it over.
      const about = `metadata.content-type=${encodeURIComponent(contentType)}`;
      const answer = await fetch(`${url}?${about}`, { method: "POST", headers: { "content-type": contentType }, body });
      expect(answer.status).toBe(204);
    };

    it("handles what it says, though it comes without any attribute", async () => {
      const orderId = `foreign-${randomUUID()}`;
      await publish("application/cloudevents+json", eventOf(OrderCreated.type, { ...OrderCreated.sample, orderId }));
      await until(() => [done("charge", orderId).length, mailsOf(orderId).length], {
        isDone: ([charges, mails]) => charges === 1 && mails === 1,
      });
    });

    it("handles an event that daprd has wrapped, because its publisher did not say that it is one", async () => {
      const orderId = `wrapped-${randomUUID()}`;
      await publish("application/json", eventOf(OrderCreated.type, { ...OrderCreated.sample, orderId }));
      await until(() => done("charge", orderId).length, { isDone: (charges) => charges === 1 });
    });

    it("puts what breaks its schema with the dead letters, and what daprd wrapped and is no event", async () => {
      const orderId = `foreign-broken-${randomUUID()}`;
      await publish("application/json", JSON.stringify({ note: "no event" }));
      await publish("application/cloudevents+json", eventOf(OrderCreated.type, { orderId }));
      await letterFrom("billing", orderId);
      for (const name of ["billing", "notification", "shipping"]) await letterFrom(name, '"deadcode":"type"');
    });
  });

  /** The filter before a function's queue, to read and to set. */
  const filterOf = async (name: string) => {
    const { api } = shop.lambdas;
    const about = { Version: "2010-03-31" };
    const all = await api.form("sns", { ...about, Action: "ListSubscriptions" });
    const member = all.split("<member>").find((each) => each.includes(`:${PREFIX}${name}<`)) ?? "";
    const [, SubscriptionArn = ""] = /<SubscriptionArn>(.*?)</.exec(member) ?? [];
    return {
      async get() {
        const text = await api.form("sns", { ...about, Action: "GetSubscriptionAttributes", SubscriptionArn });
        return JSON.parse(/<key>FilterPolicy<\/key>\s*<value>(.*?)</.exec(text)?.[1]?.replaceAll("&quot;", '"') ?? "");
      },
      async set(policy: object) {
        const what = { AttributeName: "FilterPolicy", AttributeValue: JSON.stringify(policy) };
        await api.form("sns", { ...about, Action: "SetSubscriptionAttributes", SubscriptionArn, ...what });
      },
    };
  };

  it("upload.sh run again changes what is there, a table of before it had an index as well, and makes nothing twice", async () => {
    const rules = await targetsOf();
    const { api } = shop.lambdas;
    const TableName = `${PREFIX}ledger`;
    const Item = { id: { S: "order-0" }, due_of: { S: "order#0" }, due_at: { N: "1" } };
    const findDue = () =>
      api.json("DynamoDB_20120810.Query", {
        ...{ TableName, IndexName: "due", KeyConditionExpression: "due_of = :of" },
        ExpressionAttributeValues: { ":of": Item.due_of },
      });
    const secretOf = async (name: string, variable: string) => {
      const { Environment } = await api.rest("lambda", `/2015-03-31/functions/${PREFIX}${name}/configuration`);
      return (Environment as { readonly Variables: Readonly<Record<string, string>> }).Variables[variable];
    };
    const secretsOf = async () => [
      await secretOf("edge", "EDGE_SECRET"),
      await secretOf("order", "LETTER_SECRET"),
      await secretOf("shipping", "LETTER_SECRET"),
    ];
    const GlobalSecondaryIndexUpdates = [{ Delete: { IndexName: "due" } }];
    await api.json("DynamoDB_20120810.UpdateTable", { TableName, GlobalSecondaryIndexUpdates });
    await api.json("DynamoDB_20120810.PutItem", { TableName, Item });
    await expect(findDue()).rejects.toThrow("Invalid index");

    const secrets = await secretsOf();
    for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
    // One for all letters, and another than the edge's.
    expect(new Set(secrets).size).toBe(2);

    // One that withholds what is now consumed, and one of earlier versions, which names what passes.
    const [shipping, billing] = [await filterOf("shipping"), await filterOf("billing")];
    const filters = [await shipping.get(), await billing.get()];
    await shipping.set({ type: [{ exists: false }, { "anything-but": [OrderPaid.type] }] });
    await billing.set({
      type: [
        { exists: false },
        ...system.functions.flatMap(({ name, definition }) => (name === "billing" ? [...definition.on.keys()] : [])),
      ],
    });

    const said = await shop.upload("--concurrency", "5", "--timeout", "20", "--url-auth", "NONE", "--filter-wait", "1");
    expect(said).toContain("waits 1 s until SNS brings what it withheld and is now consumed: shipping\n");
    expect([await shipping.get(), await billing.get()]).toEqual(filters);
    expect(await secretsOf()).toEqual(secrets);
    expect(await findDue()).toMatchObject({ Items: expect.arrayContaining([Item]) });
    const { EventSourceMappings: mappings } = await api.rest("lambda", "/2015-03-31/event-source-mappings/");
    const { Functions: functions } = await api.rest("lambda", "/2015-03-31/functions/");
    const subscriptions = await api.form("sns", { Action: "ListSubscriptions", Version: "2010-03-31" });
    const concurrency = (mappings as { ScalingConfig: { MaximumConcurrency: number } }[]).map(
      ({ ScalingConfig }) => ScalingConfig.MaximumConcurrency,
    );
    expect(concurrency).toEqual([5, 5, 5, 5]);
    expect((functions as { Timeout: number }[]).map(({ Timeout }) => Timeout)).toEqual([20, 20, 20, 20, 20]);
    expect(subscriptions.match(/<SubscriptionArn>/g)).toHaveLength(6);
    expect(await targetsOf()).toEqual(rules);
    for (const name of NAMES) {
      const { Policy: policy } = await api.rest("lambda", `/2015-03-31/functions/${PREFIX}${name}/policy`);
      const statements = JSON.parse(policy as string).Statement as { Sid: string; Condition: object }[];
      // moto 5.2.5 keeps a second statement of the same Sid, which AWS refuses with a ResourceConflictException.
      const distinct = [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()];
      expect(distinct.map(({ Sid, Condition }) => [Sid, Condition])).toEqual([
        ["relay", { ArnLike: { "AWS:SourceArn": expect.stringMatching(`:rule/${PREFIX}${name}-relay$`) } }],
      ]);
    }
    const { Attributes: queue } = await api.json("AmazonSQS.GetQueueAttributes", {
      QueueUrl: await shop.lambdas.queueUrl(`${PREFIX}order`),
      AttributeNames: ["VisibilityTimeout"],
    });
    expect(queue).toEqual({ VisibilityTimeout: "120" });
  });
});

const componentOn = (url: string) => {
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_REGION: region } = awsEnvironment(url);
  const metadata = Object.entries({ region, endpoint: url, accessKey, secretKey }).map(([name, value]) => ({
    name,
    value,
  }));
  return JSON.stringify({
    apiVersion: "dapr.io/v1alpha1",
    kind: "Component",
    metadata: { name: "pubsub" },
    spec: { type: "pubsub.aws.snssqs", version: "v1", metadata },
  });
};
