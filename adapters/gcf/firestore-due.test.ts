import { expect, it } from "vitest";
import { fromDueAnswers, toDueQueries, toPlace } from "./firestore-due.ts";

const told = (key: string, at: number) => ({
  document: {
    name: `projects/p/databases/d/documents/ledger/${key}`,
    fields: { due: { stringValue: toPlace(key, { of: "order", at }) } },
  },
});
const NONE = { readTime: "2026-11-25T10:00:00Z" };
const answer = (...body: readonly object[]) => ({ status: 200, body });

it.each([
  ["a second after the epoch", 1_000, "0000000000001000"],
  ["now", 1_764_000_000_100, "0001764000000100"],
  ["the last time that there is", 8.64e15, "8640000000000000"],
  ["part of a millisecond, never too early", 1_000.1, "0000000000001001"],
])("keeps times in their order as text: %s", (_what, at, digits) => {
  expect(toPlace("order-a1", { of: "order", at })).toBe(`order/1/${digits}`);
});

it("asks each quarter for what is due, and for no document with it", () => {
  const queries = toDueQueries({ collection: "ledger", of: "order", until: 1_000, most: 10 });
  expect(queries).toEqual(
    Array.from({ length: 4 }, (_, shard) =>
      expect.objectContaining({
        select: { fields: [{ fieldPath: "due" }] },
        from: [{ collectionId: "ledger" }],
        limit: 10,
        where: {
          compositeFilter: {
            op: "AND",
            filters: [
              ["GREATER_THAN_OR_EQUAL", `order/${shard}/`],
              ["LESS_THAN_OR_EQUAL", `order/${shard}/0000000000001000`],
            ].map(([op, stringValue]) => ({
              fieldFilter: { field: { fieldPath: "due" }, op, value: { stringValue } },
            })),
          },
        },
      }),
    ),
  );
});

it("tells what all quarters answer as if they were one, the earliest first", () => {
  const answers = [answer(told("order-a1", 2), told("order-b1", 4)), answer(NONE), answer(told("order-c2", 3), NONE)];
  expect(fromDueAnswers(answers)).toEqual(["order-a1", "order-c2", "order-b1"]);
});

it.each<[what: string, answer: { readonly status: number; readonly body: unknown }]>([
  ["is refused", { status: 403, body: [{ error: { status: "PERMISSION_DENIED" } }] }],
  ["breaks off", answer(told("order-a1", 1), { error: { status: "UNAVAILABLE" } })],
  ["is not of Firestore", { status: 200, body: "<html>" }],
])("throws where one of the answers %s: what is not known is not nothing", (_what, wrong) => {
  expect(() => fromDueAnswers([answer(NONE), wrong])).toThrow(/^ask Firestore what is due: answered \d+/);
});
