import { expect, it } from "vitest";
import { eventsOf } from "./redis-stream.ts";

it.each([
  ["first", ["data", '{"id":"a"}', "metadata", '{"partitionKey":"k"}']],
  ["last", ["metadata", '{"partitionKey":"k"}', "data", '{"id":"a"}']],
  ["alone", ["data", '{"id":"a"}']],
])("finds the event where its field comes %s", (_where, fields) => {
  expect(eventsOf(JSON.stringify([["1-0", fields]]))).toEqual([{ id: "a" }]);
});
