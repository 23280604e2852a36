import type { CallOptions, DueOptions } from "../core/ledger/ledger.ts";
import { SHARDS } from "../core/ledger/shard.ts";

/** Of an index that projects keys only. */
interface Dated {
  readonly id: { readonly S: string };
  readonly due_at: { readonly N: string };
}

/** What a query answers. */
export interface Page {
  readonly Items?: readonly Dated[];
  readonly LastEvaluatedKey?: object;
}

type Ask = (operation: string, input: object, options: CallOptions) => Promise<Page>;

interface Agenda extends DueOptions {
  readonly table: string;
  readonly of: string;
}

const timeOf = ({ due_at }: Dated): number => Number(due_at.N);

/**
 * What is due in a table, by its index `due`: partition key `due_of`, `<function>#<shard>`, sort key `due_at`. A document that was
 * saved just now may still be missing, or be told of a time that it had before.
 *
 * in      ask: DynamoDB, throws for whatever is not done
 * out     keys, earliest first
 * source  Amazon DynamoDB API reference, "Query": 1 MB a page; developer guide, "Using write sharding"
 */
export async function tellDue(ask: Ask, { table, of, until, most, ...options }: Agenda): Promise<readonly string[]> {
  const ofShard = async (shard: number): Promise<readonly Dated[]> => {
    const found: Dated[] = [];
    const query = {
      ...{ TableName: table, IndexName: "due", KeyConditionExpression: "due_of = :of AND due_at <= :until" },
      ExpressionAttributeValues: { ":of": { S: `${of}#${shard}` }, ":until": { N: String(until) } },
    };
    let next: object = {};
    for (;;) {
      const page = await ask("Query", { ...query, ...next, Limit: most - found.length }, options);
      found.push(...(page.Items ?? []));
      if (!page.LastEvaluatedKey || found.length >= most) return found;
      next = { ExclusiveStartKey: page.LastEvaluatedKey };
    }
  };
  const found = (await Promise.all(Array.from({ length: SHARDS }, (_, shard) => ofShard(shard)))).flat();
  found.sort((one, other) => timeOf(one) - timeOf(other));
  return found.slice(0, most).map(({ id }) => id.S);
}
