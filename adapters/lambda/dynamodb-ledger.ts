import { randomUUID } from "node:crypto";
import {
  type CallOptions,
  type Document,
  type Held,
  type Ledger,
  textOf,
  type Unsaved,
} from "../core/ledger/ledger.ts";
import { shardOf } from "../core/ledger/shard.ts";
import { AwsError, type CallAws, pauseAfter } from "./aws-client.ts";
import type { Page } from "./dynamodb-due.ts";

interface DynamoOptions {
  readonly aws: CallAws;
  /** Its partition key is the string `id`, its TTL attribute `expires`, its index `due` of the string `due_of` and the number `due_at`. */
  readonly table: string;
  readonly now?: () => number;
}

interface Item {
  readonly id: { readonly S: string };
  readonly entry: { readonly S: string };
  readonly version: { readonly S: string };
  /** Seconds since the epoch. */
  readonly expires?: { readonly N: string };
  /** `<function>#<shard>` */
  readonly due_of?: { readonly S: string };
  /** ms since the epoch */
  readonly due_at?: { readonly N: string };
}

/** By table. */
type Batch = Readonly<Record<string, unknown>>;

interface Answer extends Page {
  /** `com.amazonaws.dynamodb.v20120810#ValidationException`, of what was not done */
  readonly __type?: string;
  readonly Item?: Item;
  readonly Responses?: Readonly<Record<string, readonly Item[]>>;
  readonly UnprocessedKeys?: Batch;
  readonly UnprocessedItems?: Batch;
}

/** Of a batch of which something is left each time. */
const TRIES = 5;

/**
 * A ledger in one DynamoDB table: strongly consistent reads, puts on condition of the version that was read. The table's
 * TTL sweeps within days, so expiry is looked at here as well.
 *
 * source  Amazon DynamoDB API reference, "GetItem", "PutItem", "BatchGetItem", "BatchWriteItem"; developer guide, "Using
 *         time to live"
 */
export function createDynamoLedger({ aws, table, now = Date.now }: DynamoOptions): Ledger {
  /** throws: whatever is not done, but for what a condition refuses */
  const ask = async (operation: string, input: object, { signal }: CallOptions = {}): Promise<Answer> => {
    const { status, text } = await aws({
      service: "dynamodb",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` },
      body: JSON.stringify(input),
      signal,
    });
    const answer = parse(text);
    const type = answer.__type?.replace(/.*#/, "");
    const isDone = status === 200 && !type;
    if (isDone || type === "ConditionalCheckFailedException") return answer;
    throw new AwsError(`dynamodb ${operation}: answered ${status} ${type}`);
  };

  /** What a table that is busy leaves of a batch is asked for again. */
  const askAll = async (operation: string, asked: unknown, options?: CallOptions): Promise<readonly Item[]> => {
    const items: Item[] = [];
    let left: Batch = { [table]: asked };
    for (let tries = 1; ; tries++) {
      const answer = await ask(operation, { RequestItems: left }, options);
      items.push(...Object.values(answer.Responses ?? {}).flat());
      left = answer.UnprocessedKeys ?? answer.UnprocessedItems ?? {};
      if (Object.keys(left).length === 0) return items;
      if (tries === TRIES) throw new AwsError(`dynamodb ${operation}: not all of it after ${TRIES} tries`);
      await pauseAfter(tries);
    }
  };

  const toHeld = (item?: Item): Held => {
    if (!item) return {};
    const version = item.version.S;
    const isExpired = item.expires !== undefined && Number(item.expires.N) * 1_000 <= now();
    return isExpired ? { version } : { version, entry: JSON.parse(item.entry.S) as Document };
  };

  const toItem = ({ key, entry, ttlMs, due }: Unsaved): Item => ({
    id: { S: key },
    entry: { S: textOf(entry) },
    // Never given twice, so that a document that was swept and made anew is not mistaken for what it was.
    version: { S: randomUUID() },
    ...(ttlMs === undefined ? {} : { expires: { N: String(Math.ceil((now() + ttlMs) / 1_000)) } }),
    ...(due && { due_of: { S: `${due.of}#${shardOf(key)}` }, due_at: { N: String(due.at) } }),
  });

  return {
    // An item has 400 KiB, of which its names, key, version and expiry take some.
    maxBytes: 390_000,

    async load(key, options) {
      const input = { TableName: table, Key: { id: { S: key } }, ConsistentRead: true };
      return toHeld((await ask("GetItem", input, options)).Item);
    },

    async loadAll(keys, options) {
      if (keys.length === 0) return [];
      const Keys = keys.map((key) => ({ id: { S: key } }));
      const items = await askAll("BatchGetItem", { Keys, ConsistentRead: true }, options);
      return keys.map((key) => toHeld(items.find(({ id }) => id.S === key)));
    },

    async save(key, entry, { expected, ...options }) {
      const item = toItem({ key, entry, ...options });
      const input = {
        ...{ TableName: table, Item: item },
        ConditionExpression: expected === undefined ? "attribute_not_exists(id)" : "version = :expected",
        ...(expected && { ExpressionAttributeValues: { ":expected": { S: expected } } }),
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      };
      const { __type: refused, Item: held } = await ask("PutItem", input, options);
      const version = item.version.S;
      // The first try may have saved before its answer was lost: then the condition fails on our own version.
      return (!refused || held?.version.S === version) && version;
    },

    async put(rows, options) {
      if (rows.length === 0) return;
      const puts = rows.map((row) => ({ PutRequest: { Item: toItem(row) } }));
      await askAll("BatchWriteItem", puts, options);
    },

    async due(of, options) {
      return (await import("./later.ts")).tellDue(ask, { table, of, ...options });
    },
  };
}

function parse(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return { __type: "no JSON" };
  }
}
