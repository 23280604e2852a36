import { randomUUID } from "node:crypto";
import type { CallOptions, Entry, Held, Ledger, SaveOptions } from "../core/ledger.ts";
import { type AwsAnswer, AwsError, type CallAws } from "./aws-client.ts";

interface DynamoOptions {
  readonly aws: CallAws;
  /** Its partition key is the string `id`, its TTL attribute `expires`. */
  readonly table: string;
  readonly now?: () => number;
}

interface Item {
  readonly entry: { readonly S: string };
  readonly version: { readonly S: string };
  /** Seconds since the epoch. */
  readonly expires?: { readonly N: string };
}

/**
 * A ledger in one DynamoDB table: strongly consistent reads, puts on condition of the version that was read. The table's
 * TTL sweeps within days, so expiry is looked at here as well.
 *
 * source  Amazon DynamoDB API reference, "GetItem", "PutItem"; developer guide, "Using time to live"
 */
export function createDynamoLedger({ aws, table, now = Date.now }: DynamoOptions): Ledger {
  const call = (operation: string, input: object, { signal }: CallOptions) =>
    aws({
      service: "dynamodb",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` },
      body: JSON.stringify({ TableName: table, ...input }),
      ...(signal ? { signal } : {}),
    });

  const load = async (key: string, options: CallOptions = {}): Promise<Held> => {
    const answer = await call("GetItem", { Key: { id: { S: key } }, ConsistentRead: true }, options);
    if (answer.status !== 200) throw toError("GetItem", answer);
    const { Item: item } = JSON.parse(answer.text) as { Item?: Item };
    if (!item) return {};
    const version = item.version.S;
    const isExpired = item.expires !== undefined && Number(item.expires.N) * 1_000 <= now();
    return isExpired ? { version } : { version, entry: JSON.parse(item.entry.S) as Entry };
  };

  const save = async (key: string, entry: Entry, { expected, ttlMs, ...options }: SaveOptions): Promise<boolean> => {
    // Never given twice, so that a document that was swept and made anew is not mistaken for what it was.
    const version = randomUUID();
    const condition =
      expected === undefined
        ? { ConditionExpression: "attribute_not_exists(id)" }
        : {
            ConditionExpression: "#version = :expected",
            ExpressionAttributeNames: { "#version": "version" },
            ExpressionAttributeValues: { ":expected": { S: expected } },
          };
    const input = {
      Item: {
        id: { S: key },
        entry: { S: JSON.stringify(entry) },
        version: { S: version },
        ...(ttlMs === undefined ? {} : { expires: { N: String(Math.ceil((now() + ttlMs) / 1_000)) } }),
      },
      ...condition,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
    const answer = await call("PutItem", input, options);
    if (answer.status === 200) return true;
    const refused = typeOf(answer) === "ConditionalCheckFailedException";
    if (!refused) throw toError("PutItem", answer);
    // The first try may have saved before its answer was lost: then the condition fails on our own version.
    const { Item: held } = JSON.parse(answer.text) as { Item?: Item };
    return held?.version.S === version;
  };

  return { load, save };
}

/** out: `ValidationException` of `com.amazonaws.dynamodb.v20120810#ValidationException` */
function typeOf({ text }: AwsAnswer): string {
  try {
    const { __type: type } = JSON.parse(text) as { __type?: unknown };
    return String(type).replace(/.*#/, "");
  } catch {
    return "no JSON";
  }
}

const toError = (operation: string, answer: AwsAnswer): AwsError =>
  new AwsError(`dynamodb ${operation}: answered ${answer.status} ${typeOf(answer)}`);
