import { expect, it } from "vitest";
import { type Attempt, type Fate, faultsOf, parseAttempts, sumUp } from "./sums.ts";

const fates = new Map<string, Fate>([
  ["a", "shipped"],
  ["b", "cancelled"],
]);
const mail = (order: string, step: string): Attempt => ({ kind: "mail", key: `${order}/com.example.order.${step}.v1` });
const complete: readonly Attempt[] = [
  { kind: "charge", key: "a" },
  { kind: "charge", key: "b" },
  { kind: "book", key: "a" },
  ...["created", "paid", "shipped"].map((step) => mail("a", step)),
  ...["created", "cancelled"].map((step) => mail("b", step)),
];

it("finds nothing wrong where every order ended and every effect happened", () => {
  const sums = sumUp(fates, [...complete, { kind: "charge", key: "somebody else's" }]);
  expect(sums).toEqual({
    accepted: 2,
    shipped: 1,
    cancelled: 1,
    open: 0,
    effects: {
      charge: { expected: 2, missing: 0, repeated: 0, unexpected: 0 },
      mail: { expected: 5, missing: 0, repeated: 0, unexpected: 0 },
      book: { expected: 1, missing: 0, repeated: 0, unexpected: 0 },
    },
  });
  expect(faultsOf(sums)).toEqual([]);
});

it.each([
  {
    what: "an order that never ends",
    sums: sumUp(new Map([...fates, ["c", "open"]]), [...complete, { kind: "charge", key: "c" }]),
    fault: "1 accepted orders are neither shipped nor cancelled",
  },
  { what: "a charge that is missing", sums: sumUp(fates, complete.slice(1)), fault: "charge: 1 never tried" },
  { what: "a mail that is missing", sums: sumUp(fates, complete.slice(0, -1)), fault: "mail: 1 never tried" },
  {
    what: "a parcel for a cancelled order",
    sums: sumUp(fates, [...complete, { kind: "book", key: "b" }]),
    fault: "book: 1 tried although nothing asked for it",
  },
])("names $what", ({ sums, fault }) => {
  expect(faultsOf(sums)).toEqual([fault]);
});

it.each([
  { what: "no charge of an order that was withdrawn before one", charge: [], fate: "cancelled", faults: [] },
  { what: "its charge where there was one", charge: ["c"], fate: "cancelled", faults: [] },
  { what: "one where it was shipped all the same", charge: [], fate: "shipped", faults: ["charge: 1 never tried"] },
] as const)("expects $what", ({ charge, fate, faults }) => {
  const steps = fate === "shipped" ? ["created", "paid", "shipped"] : ["created", "cancelled"];
  const sums = sumUp(new Map([...fates, ["c", fate]]), [
    ...complete,
    ...charge.map((key) => ({ kind: "charge", key })),
    { kind: "withdraw", key: "c" },
    ...steps.map((step) => mail("c", step)),
    ...(fate === "shipped" ? [{ kind: "book", key: "c" }] : []),
  ]);
  expect(faultsOf(sums)).toEqual(faults);
});

it("counts repetitions without calling them faults, since a key makes them harmless", () => {
  const sums = sumUp(fates, [...complete, ...complete.slice(0, 1)]);
  expect(sums.effects.charge?.repeated).toBe(1);
  expect(faultsOf(sums)).toEqual([]);
});

it("reads a log whose last line a crash cut off", () => {
  expect(parseAttempts('{"kind":"charge","key":"a","event":"e"}\n{"kind":"cha')).toEqual([
    { kind: "charge", key: "a" },
  ]);
});
