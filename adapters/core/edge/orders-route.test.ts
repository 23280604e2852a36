import { expect, it } from "vitest";
import { toWanted } from "./orders-route.ts";

const refused = (status: number, allow?: string) => ({
  refused: {
    status,
    headers: { "content-type": "application/problem+json; charset=utf-8", ...(allow ? { allow } : {}) },
    body: { type: "about:blank", status, detail: allow ? `allowed: ${allow}` : "nothing is served here" },
  },
});
const LONG = "x".repeat(250_000);

it.each([
  ["POST", "/orders", { place: true }],
  ["POST", "/orders/", { place: true }],
  ["POST", "/%6Frders", { place: true }],
  ["GET", "/orders/o-1", { show: "o-1" }],
  ["HEAD", "/orders/o-1/", { show: "o-1" }],
  ["GET", "/orders/o%2D1", { show: "o-1" }],
  ["GET", "/orders/a%2Fb", { show: "a/b" }],
  ["GET", "/orders/%00", { show: "\0" }],
  ["GET", "/orders/%E0%A4%A", { show: "%E0%A4%A" }],
  ["GET", "/orders/%", { show: "%" }],
  ["GET", `/orders/${LONG}`, { show: LONG }],
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
