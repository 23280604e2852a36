import { expect, it } from "vitest";
import { toDeadLetter } from "../core/dispatch/dead-letter.ts";
import type { Message } from "../core/event/decode.ts";
import { toPushJobs } from "./push.ts";

function letterOf(message: Message) {
  const [job] = toPushJobs(message, { topic: "orders" });
  if (!job || "event" in job) throw new Error("expected a refusal");
  const { refused: dead, message: refused } = job;
  const passport = { dead, functionName: "billing", topic: "orders", time: "2026-11-25T10:00:00Z" };
  return JSON.parse(toDeadLetter({ message: refused }, passport).body);
}

type Published = { readonly id: string; readonly key?: string; readonly data: string; readonly hops?: object };
const attributes = { tenant: "t-1", "x-api-key": "s3cret" };

const wrapped = ({ id, key, data, hops }: Published): Message => ({
  headers: { "content-type": "application/json", authorization: "Bearer s3cret", ...hops },
  body: Buffer.from(
    JSON.stringify({
      message: {
        data: Buffer.from(data).toString("base64"),
        attributes: { ...attributes, googclient_deliveryattempt: JSON.stringify(hops) ?? "" },
        messageId: id,
        publishTime: "2026-11-25T10:00:00Z",
        ...(key === undefined ? {} : { orderingKey: key }),
      },
      deliveryAttempt: hops ? 2 : 1,
      subscription: "projects/p/subscriptions/s",
    }),
  ),
});

const bare = ({ id, key, data, hops }: Published): Message => ({
  headers: {
    ...{ authorization: "Bearer s3cret", "content-type": "application/octet-stream", "user-agent": "APIs-Google" },
    ...attributes,
    "x-goog-pubsub-message-id": id,
    ...(key === undefined ? {} : { "x-goog-pubsub-ordering-key": key }),
    ...hops,
  },
  body: Buffer.from(data),
});

it.each([
  ["with wrapper", wrapped],
  ["without wrapper", bare],
])(
  "a push %s that is no event keeps its attributes, its message id and its ordering key, and no secret",
  (_what, push) => {
    const letter = letterOf(push({ id: "m-1", key: "o-1", data: '{"n":1}' }));
    expect(letter).toMatchObject({ deadmessageid: "m-1", deadkey: "o-1" });
    expect(JSON.parse(letter.deadheaders)).toEqual(expect.arrayContaining([["tenant", "t-1"]]));
    expect(JSON.stringify(letter)).not.toContain("s3cret");
  },
);

it.each([
  ["with wrapper", wrapped],
  ["without wrapper", bare],
])("a push %s that comes twice is one letter, and two messages alike are two", (_what, push) => {
  const [one, again, other] = [
    push({ id: "m-1", data: "x" }),
    push({
      id: "m-1",
      data: "x",
      hops: { traceparent: "00-1", "x-cloud-trace-context": "2", date: "now", "x-request-id": "3" },
    }),
    push({ id: "m-2", data: "x" }),
  ].map((message) => letterOf(message).id);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});
