import { expect, it } from "vitest";
import { toWanted as wantedOf } from "./route.ts";
import { served } from "./test-orders.ts";

const toWanted = (line: Parameters<typeof wantedOf>[1]) => wantedOf([served], line);

const refused = (status: number, allow?: string) => ({
  refused: {
    status,
    headers: { "content-type": "application/problem+json; charset=utf-8", ...(allow ? { allow } : {}) },
    body: { type: "about:blank", status, detail: allow ? `allowed: ${allow}` : "nothing is served here" },
  },
});
const LONG = "x".repeat(250_000);

it.each([
  ["POST", "/orders", { place: served }],
  ["POST", "/orders/", { place: served }],
  ["POST", "/%6Frders", { place: served }],
  ["GET", "/orders/o-1", { show: "o-1", of: served }],
  ["HEAD", "/orders/o-1/", { show: "o-1", of: served }],
  ["GET", "/orders/o%2D1", { show: "o-1", of: served }],
  ["GET", "/orders/a%2Fb", { show: "a/b", of: served }],
  ["GET", "/orders/%00", { show: "\0", of: served }],
  ["GET", "/orders/%E0%A4%A", { show: "%E0%A4%A", of: served }],
  ["GET", "/orders/%", { show: "%", of: served }],
  ["GET", `/orders/${LONG}`, { show: LONG, of: served }],
])("%s %s is served", (method, path, wanted) => {
  expect(toWanted({ method, path })).toEqual(wanted);
});

it.each(["PUT", "GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "post"])(
  "%s /orders: 405, which names what is allowed",
  (method) => {
    expect(toWanted({ method, path: "/orders" })).toEqual(refused(405, "POST"));
  },
);

it.each(["PUT", "POST", "DELETE", "OPTIONS", "M-SEARCH"])(
  "%s /orders/{id}: 405, which names what is allowed",
  (method) => {
    expect(toWanted({ method, path: "/orders/%" })).toEqual(refused(405, "GET, HEAD"));
  },
);

it.each([
  ["GET", "/"],
  ["GET", ""],
  ["OPTIONS", "*"],
  ["POST", "/%"],
  ["POST", "/bills"],
  ["POST", "orders"],
  ["POST", "//orders"],
  ["POST", "/orders//"],
  ["GET", "/orders%2Fo-1"],
  ["GET", "/orders/o-1/items"],
  ["GET", "/orders/o-1//"],
  ["POST", "/.env"],
  ["POST", "/".repeat(250_000)],
])("%s %s: 404, for whoever strays here is no subscription", (method, path) => {
  expect(toWanted({ method, path })).toEqual(refused(404));
});
