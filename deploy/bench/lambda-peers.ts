import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CACHE, run } from "../engines/engine.ts";

const PEERS = join(CACHE, "peers/lambda");
const PACKAGES = [
  "@aws-sdk/client-sns@3.1169.0",
  "@aws-sdk/client-dynamodb@3.1169.0",
  "@aws-sdk/lib-dynamodb@3.1169.0",
  "@aws-lambda-powertools/batch@2.35.0",
  "@aws-lambda-powertools/idempotency@2.35.0",
];

/** Where the packages are that only the comparison needs. Installs them when they are not there. */
export async function installPeers(): Promise<string> {
  if (!existsSync(join(PEERS, "node_modules/@aws-lambda-powertools/idempotency"))) {
    await mkdir(PEERS, { recursive: true });
    await run(["npm", "install", "--prefix", PEERS, "--no-fund", "--no-audit", "--ignore-scripts", ...PACKAGES]);
  }
  return join(PEERS, "node_modules");
}

const PUBLISH_BY_SDK = `
const sns = new SNSClient({});
const publish = async (said) => {
  for (const { topic, body } of said)
    await sns.send(new PublishCommand({ TopicArn: process.env.TOPIC_ARN_PREFIX + topic, Message: body }));
};
`;

/** The modules that are measured against the built zips, by name. */
export const PEER_ENTRIES: Readonly<Record<string, string>> = {
  hello: `export const handler = async (event, context) => ({ batchItemFailures: [] });`,

  // The same adapter, the same documents, on AWS's clients.
  "aws-sdk": `
    import { DynamoDBClient, BatchWriteItemCommand, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
    import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
    import { randomUUID } from "node:crypto";
    import { createCharge } from "./adapters/effects/charge.ts";
    import { createWithdraw } from "./adapters/effects/withdraw.ts";
    import { createConsumer } from "./adapters/lambda/receive.ts";
    import { createBilling } from "./functions/billing/handler.ts";
    const dynamo = new DynamoDBClient({});
    const TableName = process.env.LEDGER_TABLE;
    const ledger = {
      async load(key) {
        const { Item } = await dynamo.send(new GetItemCommand({ TableName, Key: { id: { S: key } }, ConsistentRead: true }));
        return Item ? { entry: JSON.parse(Item.entry.S), version: Item.version.S } : {};
      },
      async save(key, entry, { expected }) {
        const Item = { id: { S: key }, entry: { S: JSON.stringify(entry) }, version: { S: randomUUID() } };
        const condition = expected
          ? { ConditionExpression: "version = :v", ExpressionAttributeValues: { ":v": { S: expected } } }
          : { ConditionExpression: "attribute_not_exists(id)" };
        await dynamo.send(new PutItemCommand({ TableName, Item, ...condition }));
        return true;
      },
      loadAll: (keys) => Promise.all(keys.map((key) => ledger.load(key))),
      async put(rows) {
        const PutRequests = rows.map(({ key, entry }) => ({ PutRequest: { Item: { id: { S: key }, entry: { S: JSON.stringify(entry) } } } }));
        await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: PutRequests } }));
      },
      maxBytes: 390_000,
    };
    ${PUBLISH_BY_SDK}
    const ports = { ledger, publish, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 };
    export const handler = createConsumer(createBilling({ charge: createCharge({}), withdraw: createWithdraw({}) }), ports);
  `,

  // As its documentation shows it, around the same charge and the same schema.
  powertools: `
    import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
    import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
    import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
    import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
    import { createCharge } from "./adapters/effects/charge.ts";
    import { createWithdraw } from "./adapters/effects/withdraw.ts";
    import { createBilling } from "./functions/billing/handler.ts";
    const billing = createBilling({ charge: createCharge({}), withdraw: createWithdraw({}) });
    ${PUBLISH_BY_SDK}
    const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env.LEDGER_TABLE });
    const config = new IdempotencyConfig({ eventKeyJmesPath: "[source, id]" });
    const handle = makeIdempotent(
      async (event) => {
        const clause = billing.on.get(event.type);
        if (!clause) return;
        const { emit = [] } = await clause.react({ ...event, data: clause.event.parse(event.data) }, undefined);
        await publish(emit.map((said) => ({ topic: "bills", body: JSON.stringify(said) })));
      },
      { persistenceStore, config },
    );
    const processor = new BatchProcessor(EventType.SQS);
    const perRecord = async ({ body }) => { await handle(JSON.parse(body)); };
    export const handler = async (event, context) => {
      config.registerLambdaContext(context);
      return processPartialResponse(event, perRecord, processor, { context });
    };
  `,

  // The same ports, the SDK for CloudEvents in the place of our decoder.
  cloudevents: `
    import { HTTP } from "cloudevents";
    import { createCharge } from "./adapters/effects/charge.ts";
    import { createWithdraw } from "./adapters/effects/withdraw.ts";
    import { dispatch } from "./adapters/core/dispatch/dispatch.ts";
    import { parseLambdaConfig } from "./adapters/lambda/config.ts";
    import { createPorts } from "./adapters/lambda/ports.ts";
    import { createBilling } from "./functions/billing/handler.ts";
    const billing = createBilling({ charge: createCharge({}), withdraw: createWithdraw({}) });
    const ports = createPorts(parseLambdaConfig(process.env), { eventTypes: [] });
    const headers = { "content-type": "application/cloudevents+json" };
    export const handler = async ({ Records }, context) => {
      const batchItemFailures = [];
      for (const { messageId, body } of Records) {
        const outcome = await dispatch(billing, { event: HTTP.toEvent({ headers, body }) }, ports);
        if (outcome.kind === "retry") batchItemFailures.push({ itemIdentifier: messageId });
      }
      return { batchItemFailures };
    };
  `,
};
