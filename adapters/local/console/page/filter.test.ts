import { expect, test } from "vitest";
import type { Happening } from "../api-types.ts";
import { after, createShown, noteTold, toQuery, toTest } from "./filter.ts";
import type { Row } from "./store.ts";

const row = (part: Partial<Row>): Row => ({ id: 1, order: part.id ?? 1, at: 0, kind: "told", outcome: "ack", ...part });
const ids = (rows: readonly Happening[]) => rows.map(({ id }) => id);

test.each([
  ["what happened leaves the steps out", "", row({ kind: "delivered" }), false],
  [
    "what happened leaves an answer out that its app has told more of",
    "",
    row({ kind: "answered", outcome: "success" }),
    false,
  ],
  ["what happened has what was said", "", row({ kind: "published" }), true],
  ["what happened has who came and went", "", row({ kind: "service", outcome: "died" }), true],
  ["what happened has what never reached an app", "", row({ kind: "answered", outcome: "illegible" }), true],
  ["every step has all", "steps", row({ kind: "saved" }), true],
  ["trouble leaves out what went well", "trouble", row({ how: "handled" }), false],
  ["trouble has what is dead", "trouble", row({ outcome: "dead" }), true],
  ["trouble has what somebody broke", "trouble", row({ kind: "fault" }), true],
  ["a name that is none of these shows what happened", "nonsense", row({ kind: "delivered" }), false],
])("%s", (_, show, one, is) => {
  expect(toTest({ show })(one)).toBe(is);
});

test("that something comes again is shown by its answer, unless its app has told why", () => {
  const answered = row({ kind: "answered", outcome: "retry", app: "billing", event: "e-1" });
  expect(toTest({})(answered)).toBe(true);
  noteTold([row({ outcome: "retry", app: "billing", event: "e-1", code: "effect" })]);
  expect(toTest({})(answered)).toBe(false);
  expect(toTest({})({ ...answered, app: "shipping" })).toBe(true);
});

test.each([
  ["an id", "abc-1", true],
  ["a part of a reason, however it is written", "TIMED out", true],
  ["what would mean something in a pattern", "(5 s)", true],
  ["what stands nowhere", "xyz", false],
])("%s is found as it is typed", (_, find, is) => {
  expect(toTest({ find })(row({ event: "abc-1", reason: "timed out (5 s)" }))).toBe(is);
});

test("a function, a topic and a text are all to be met", () => {
  const isShown = toTest({ app: "billing", topic: "orders", find: "mug" });
  const one = row({ app: "billing", topic: "orders", subject: "mug-1" });
  expect(isShown(one)).toBe(true);
  for (const part of [{ app: "order" }, { topic: "bills" }, { subject: "lamp" }])
    expect(isShown({ ...one, ...part })).toBe(false);
});

test("the server is asked for what it can leave out, and only for that", () => {
  expect(toQuery({})).toBe("");
  expect(toQuery({ show: "trouble" })).toBe("");
  expect(toQuery({ show: "effect", app: "billing", find: " a&b " })).toBe("&app=billing&find=a%26b&kind=effect");
});

test("a list grows with what passes, and loses what memory has lost", () => {
  const all = [1, 2, 3, 4, 5, 6].map((id) => row({ id, app: id % 2 === 0 ? "even" : "odd" }));
  const tested: number[] = [];
  const shown = createShown(({ id, app }) => {
    tested.push(id);
    return app === "even";
  });
  expect(ids(shown.of(all.slice(0, 3)))).toEqual([2]);
  expect(ids(shown.of(all))).toEqual([2, 4, 6]);
  expect(ids(shown.of(all.slice(3)))).toEqual([4, 6]);
  // Each once: with 100,000 rows in memory a look at all of them for each new one would be too slow.
  expect(tested).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([
  [0, 0],
  [2, 1],
  [5, 2],
  [9, 3],
])("those up to %i are found without looking at all", (id, count) => {
  expect(
    after(
      [2, 4, 6].map((each) => row({ id: each })),
      id,
    ),
  ).toBe(count);
});
