import { describe, expect, it } from "vitest";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { toDeadLetter } from "../dispatch/dead-letter.ts";
import type { Carried } from "./carried.ts";
import { decode, type Message } from "./decode.ts";

type Headers = Message["headers"];

/** out: the letter as a consumer gets it. throws: when it is no event */
function letterOf(
  carried: Carried | undefined,
  { headers = {}, body = "null" }: { headers?: Headers; body?: string } = {},
) {
  const message = { headers, body: Buffer.from(body), ...(carried ? { carried: () => carried } : {}) };
  const passport = { dead: new Dead("json", "why"), functionName: "fn", topic: "orders", time: "2026-11-25T10:00:00Z" };
  const letter = toDeadLetter({ message }, passport);
  const [one] = decode({
    headers: { "content-type": "application/cloudevents+json" },
    body: Buffer.from(letter.body),
  });
  if (!one || "refused" in one) throw one?.refused;
  return { ...one.event, bytes: Buffer.byteLength(letter.body) } as Readonly<Record<string, unknown>>;
}

const headersIn = (letter: Readonly<Record<string, unknown>>) =>
  JSON.parse(String(letter.deadheaders ?? "[]")) as readonly (readonly [string, string])[];

const PLACE = { key: "o-1", topic: "orders", partition: "3", offset: "17" };

describe("the letter of what was no event", () => {
  it("tells of two tombstones what was deleted: each has its key, its place and an id of its own", () => {
    const [one, other] = [letterOf({ key: "o-1" }), letterOf({ key: "o-2" })];
    expect([one.deadkey, other.deadkey]).toEqual(["o-1", "o-2"]);
    expect(one.id).not.toBe(other.id);
    expect(letterOf({ ...PLACE, messageId: "m-1" })).toMatchObject({
      deadkey: "o-1",
      deadpartition: "3",
      deadoffset: "17",
      deadmessageid: "m-1",
    });
  });

  it("keeps headers and attributes by their names, those of events first", () => {
    const headers = { "x-tenant": "t-1", "ce-type": "t", __timestamp: "5", "content-type": "text/plain" };
    const letter = letterOf(undefined, { headers });
    expect(letter.deadcontenttype).toBe("text/plain");
    expect(headersIn(letter)).toEqual([
      ["ce-type", "t"],
      ["__timestamp", "5"],
      ["x-tenant", "t-1"],
    ]);
    expect(headersIn(letterOf({ attributes: { tenant: "t-1" } }, { headers }))).toEqual([["tenant", "t-1"]]);
  });

  it.each([
    ...["dapr-api-token", "authorization", "Authorization", "cookie", "set-cookie", "x-api-key", "apikey"],
    ...["x-hub-signature-256", "client_secret", "password", "x-goog-iap-jwt-assertion", "ocp-apim-subscription-key"],
    ...["x-amz-security-token", "x-serverless-authorization", "ce-authtoken", "proxy-authorization", "x-auth"],
    ...["api_key", "Access_Key", "private.key", "x-functions-key", "aeg-sas-key", "SharedAccessKey", "db_pwd"],
    ...["x-xsrf", "x-sig", "bearer"],
  ])("keeps no secret: %s", (name) => {
    const kept = JSON.stringify([
      letterOf(undefined, { headers: { [name]: "s3cret" } }),
      letterOf({ attributes: { [name]: "s3cret" } }),
    ]);
    expect(kept).not.toContain("s3cret");
  });

  it.each(["author", "ce-author", "ce-authorid", "x-partition-key", "idempotency-key", "sessionid", "compass"])(
    "keeps %s, which is none",
    (name) => {
      expect(headersIn(letterOf(undefined, { headers: { [name]: "x" } }))).toEqual([[name, "x"]]);
    },
  );

  it.each([
    ...[
      "connection",
      "keep-alive",
      "transfer-encoding",
      "te",
      "trailer",
      "upgrade",
      "content-length",
      "host",
      "expect",
    ],
    ...["accept", "accept-encoding", "proxy-connection"],
  ])("keeps nothing of the connection: %s", (name) => {
    expect(letterOf(undefined, { headers: { [name]: "x" } })).not.toHaveProperty("deadheaders");
  });

  it.each(["host", "te", "upgrade", "expect", "accept"])(
    "keeps an attribute %s: it says nothing of a connection, and may be all that tells two messages apart",
    (name) => {
      const [one, other] = ["a", "b"].map((value) => letterOf({ attributes: { [name]: value } }));
      expect(headersIn(one ?? {})).toEqual([[name, "a"]]);
      expect(one?.id).not.toBe(other?.id);
    },
  );

  it.each<[string, string, string]>([
    ["an integer of eight bytes", "\0\0\0\0\0\0\0*", "%00%00%00%00%00%00%00*"],
    ["noncharacters", "a\uffff\u0085b", "a%EF%BF%BF%C2%85b"],
  ])(
    "has a key that no attribute may hold as it would be in a URL, so that it can be told: %s",
    (_what, key, deadkey) => {
      expect(letterOf({ key })).toMatchObject({ deadkey });
    },
  );

  it("keeps nothing that Connection names as its own", () => {
    const headers = { connection: "X-Hop, close", "x-hop": "1", "x-kept": "1" };
    expect(headersIn(letterOf(undefined, { headers }))).toEqual([["x-kept", "1"]]);
  });

  it("keeps 8 KiB of them as they stand in the letter, and says what it left out", () => {
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x-${n}`, '"\u0007'.repeat(100)]));
    const without = letterOf(undefined).bytes as number;
    const letter = letterOf(undefined, { headers: { ...headers, "ce-id": "last" } });
    const kept = headersIn(letter);
    expect((letter.bytes as number) - without).toBeLessThan(8 * 1024 + 200);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept[0]).toEqual(["ce-id", "last"]);
    expect(letter.deadleftout).toBe(`${101 - kept.length} of 101 headers, 0 cut`);
    expect(letterOf(undefined, { headers: { "x-1": "1" } })).not.toHaveProperty("deadleftout");
  });

  it("has names that CloudEvents allows, and texts that an attribute may hold", () => {
    const nasty = "a\u0007\ud800\uffffb".repeat(2_000);
    const letter = letterOf(
      { key: nasty, partition: nasty, offset: nasty, messageId: nasty, attributes: { [nasty]: nasty } },
      { headers: { "content-type": nasty } },
    );
    for (const name of Object.keys(letter)) expect(name).toMatch(/^[a-z0-9_]{1,20}$/);
    expect(letter.bytes).toBeLessThan(16 * 1024);
  });

  it("is written whatever its carrier says in the place of texts", () => {
    const strange = { key: 5, messageId: {}, attributes: null } as unknown as Carried;
    expect(letterOf(strange)).toMatchObject({ deadcode: "json" });
    const throws = () => {
      throw new TypeError("no such thing");
    };
    const message = { headers: {}, body: Buffer.alloc(0), carried: throws };
    expect(
      toDeadLetter(
        { message },
        { dead: new Dead("x", "y"), functionName: "f", topic: "t", time: "2026-11-25T10:00:00Z" },
      ).body,
    ).toContain("undecodable");
  });
});

describe("the id of such a letter", () => {
  const headers = { "ce-id": "e", "ce-type": "t", "content-type": "application/json" };
  const id = letterOf(PLACE, { headers }).id;

  it.each<[string, Carried, string?, Headers?]>([
    ["body", PLACE, "{}"],
    ["key", { ...PLACE, key: "o-2" }],
    ["topic", { ...PLACE, topic: "bills" }],
    ["partition", { ...PLACE, partition: "4" }],
    ["offset", { ...PLACE, offset: "18" }],
    ["message id", { ...PLACE, messageId: "m" }],
    ["header of an event", PLACE, "null", { ...headers, "ce-id": "f" }],
    ["attribute of its producer", { ...PLACE, attributes: { tenant: "t" } }],
  ])("is another one for another %s", (_what, carried, body = "null", others = headers) => {
    expect(letterOf(carried, { headers: others, body }).id).not.toBe(id);
  });

  it.each([
    ...["traceparent", "tracestate", "baggage", "date", "user-agent", "x-request-id", "x-forwarded-for", "forwarded"],
    ...["x-forwarded-proto", "x-cloud-trace-context", "via", "b3", "x-b3-traceid", "x-amzn-trace-id", "grpc-trace-bin"],
    ...["x-envoy-attempt-count", "ce-traceparent", "ce-tracestate", "googclient_deliveryattempt"],
    ...[
      "x-goog-pubsub-delivery-attempt",
      "x-goog-pubsub-subscription-name",
      "ApproximateReceiveCount",
      "AWSTraceHeader",
    ],
    ...["CloudPubSubDeadLetterSourceDeliveryCount", "dapr-api-token", "authorization"],
    ...["metadata.DeliveryCount", "metadata.LockedUntilUtc", "metadata.LockToken"],
    ...["x-death", "x-first-death-queue", "x-delivery-count", "x-retry-count", "redelivered"],
  ])("is the same whatever a hop writes into %s", (name) => {
    const attributes = { tenant: "t" };
    for (const [one, other] of [
      [letterOf(PLACE, { headers }), letterOf(PLACE, { headers: { ...headers, [name]: "1" } })],
      [
        letterOf(PLACE, { headers: { ...headers, [name]: "1" } }),
        letterOf(PLACE, { headers: { ...headers, [name]: "2" } }),
      ],
      [
        letterOf({ attributes: { ...attributes, [name]: "1" } }),
        letterOf({ attributes: { ...attributes, [name]: "2" } }),
      ],
    ] as const)
      expect(one.id).toBe(other.id);
  });

  it.each(["content-length", "connection"])("is the same whatever a hop writes into the header %s", (name) => {
    expect(letterOf(PLACE, { headers: { ...headers, [name]: "1" } }).id).toBe(id);
  });

  it("is the same in whatever order a carrier's map gives the attributes away", () => {
    const [one, other] = [letterOf({ attributes: { a: "1", b: "2" } }), letterOf({ attributes: { b: "2", a: "1" } })];
    expect(one.id).toBe(other.id);
  });

  it("is another one for another number in such an envelope, also where both are one as doubles", () => {
    const [one, other] = ["12345678901234567", "12345678901234568"].map(
      (data) => letterOf(PLACE, { body: `{"type":"com.dapr.event.sent","id":"1","data":${data}}` }).id,
    );
    expect(one).not.toBe(other);
  });

  it("is the same for headers of a request that nobody knows: any hop may have written them", () => {
    expect(letterOf(PLACE, { headers: { ...headers, "x-mesh-hop": "7" } }).id).toBe(id);
  });

  it("is the same for an envelope that a sidecar makes anew at each delivery", () => {
    const envelope = (members: object) =>
      JSON.stringify({ specversion: "1.0", type: "com.dapr.event.sent", source: "Dapr", data: null, ...members });
    const [one, again, other] = [{ id: "1" }, { id: "2", time: "2026-11-25T10:00:00Z" }, { id: "1", data: 5 }].map(
      (members) => letterOf(PLACE, { body: envelope(members) }).id,
    );
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});
