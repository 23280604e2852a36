import { describe, expect, it } from "vitest";
import type { Message } from "../core/event/decode.ts";
import { toPushJobs } from "./push.ts";

const STRUCTURED = { "content-type": "application/cloudevents+json" };
const MESSAGE_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished";

describe("an envelope that is refused is a matter of the event in it, whatever type envelopes have", () => {
  const SOURCE = "//pubsub.googleapis.com/projects/p/topics/orders";
  const envelope = { specversion: "1.0", id: "7", source: SOURCE, type: MESSAGE_PUBLISHED, data: { message: {} } };
  const binary = { "ce-specversion": "1.0", "ce-id": "7", "ce-source": SOURCE, "ce-type": MESSAGE_PUBLISHED };
  const json = { "content-type": "application/json" };
  it.each<[string, Message]>([
    [
      "too large",
      { headers: STRUCTURED, body: Buffer.from(JSON.stringify({ ...envelope, pad: "x".repeat(300_000) })) },
    ],
    [
      "with a malformed extension",
      { headers: STRUCTURED, body: Buffer.from(JSON.stringify({ ...envelope, traceId: "x" })) },
    ],
    ["no JSON", { headers: { ...binary, ...json }, body: Buffer.from("{") }],
    ["with a malformed time", { headers: { ...binary, ...json, "ce-time": "today" }, body: Buffer.from("{}") }],
    ["cut", { headers: { ...binary, ...json }, body: Buffer.from("{"), overflow: { length: 2 ** 25, sha256: "00" } }],
    ["with an attribute that nobody can write again", deepAttribute()],
  ])("%s", (_what, message) => {
    const [job] = toPushJobs(message, { topic: "orders" });
    expect(job).toMatchObject({ refused: { name: "Dead" }, topic: "orders" });
    expect(job).not.toHaveProperty("about");
  });

  function deepAttribute(): Message {
    const deep = "[".repeat(9_000) + "]".repeat(9_000);
    return { headers: json, body: Buffer.from(`{"subscription":"s","message":{"attributes":{"ce-id":${deep}}}}`) };
  }
});
