import type { Due, DueOptions } from "../core/ledger/ledger.ts";
import { SHARDS, shardOf } from "../core/ledger/shard.ts";
import { errorOf, type RestAnswer, toGoogleError } from "./rest.ts";

/** No time has more: 8.64e15 ms. source: ECMA-262, "Time Values and Time Range" */
const DIGITS = 16;
const toDigits = (at: number) => String(Math.ceil(at)).padStart(DIGITS, "0");

/** Where a document stands in the agenda: `<function>/<shard>/<time>`, one field of which the index is Firestore's own. */
export const toPlace = (key: string, { of, at }: Due): string => `${of}/${shardOf(key)}/${toDigits(at)}`;

interface Agenda extends DueOptions {
  readonly collection: string;
  readonly of: string;
}

/** out: what to ask, one query a shard. source: Firestore REST, StructuredQuery */
export const toDueQueries = ({ collection, of, until, most }: Agenda): readonly object[] =>
  Array.from({ length: SHARDS }, (_, shard) => {
    const filter = (op: string, place: string) => ({
      fieldFilter: { field: { fieldPath: "due" }, op, value: { stringValue: place } },
    });
    const start = `${of}/${shard}/`;
    const end = start + toDigits(until);
    return {
      select: { fields: [{ fieldPath: "due" }] },
      from: [{ collectionId: collection }],
      where: {
        compositeFilter: {
          op: "AND",
          filters: [filter("GREATER_THAN_OR_EQUAL", start), filter("LESS_THAN_OR_EQUAL", end)],
        },
      },
      orderBy: [{ field: { fieldPath: "due" }, direction: "ASCENDING" }],
      limit: most,
    };
  });

/** One of a query's answers, or that it has none. */
interface Told {
  readonly document?: {
    /** Ends with `/<key>`. */
    readonly name: string;
    readonly fields: { readonly due: { readonly stringValue: string } };
  };
}

/**
 * in      what all shards answer
 * out     keys, earliest first
 * throws  when one of them cannot tell, or not all: a stream says so at its end
 */
export function fromDueAnswers(answers: readonly RestAnswer[]): readonly string[] {
  const found = answers.flatMap((answer) => {
    if (!Array.isArray(answer.body) || answer.status !== 200 || errorOf(answer.body).status !== undefined)
      throw toGoogleError("ask Firestore what is due", answer);
    return answer.body.flatMap(({ document }: Told) => document ?? []);
  });
  const timeOf = ({ fields }: (typeof found)[number]) => Number(fields.due.stringValue.slice(-DIGITS));
  found.sort((one, other) => timeOf(one) - timeOf(other));
  return found.map(({ name }) => name.slice(name.lastIndexOf("/") + 1));
}
