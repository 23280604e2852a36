import { expect, test } from "vitest";
import { parseRoute, toHash } from "./route.ts";

test.each([
  ["", { view: "events", query: {} }],
  ["#/", { view: "events", query: {} }],
  ["#/?app=billing&find=a%20b", { view: "events", query: { app: "billing", find: "a b" } }],
  ["#/story/o%2F1?row=3", { view: "story", id: "o/1", query: { row: "3" } }],
  ["#/letters", { view: "letters", query: {} }],
  ["#/nowhere/x", { view: "events", id: "x", query: {} }],
  ["#/story/%zz", { view: "story", id: "%zz", query: {} }],
])("the address %s shows what it says", (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
});

test.each([
  [{ view: "events" as const }, "#/"],
  [{ view: "events" as const, query: { app: "", find: "a b" } }, "#/?find=a+b"],
  [{ view: "story" as const, id: "o/1 ü?", query: { row: "3" } }, "#/story/o%2F1%20%C3%BC%3F?row=3"],
])("%o has an address that leads back to it", (route, hash) => {
  expect(toHash(route)).toBe(hash);
  expect(toHash(parseRoute(hash))).toBe(hash);
});
