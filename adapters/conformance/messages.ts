import { Probe } from "./handlers.ts";
import type { Sending } from "./host.ts";

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

/** A valid event with other members; `undefined` takes one away. */
export const event = (members: object = {}): Readonly<Record<string, unknown>> => ({
  specversion: "1.0",
  id: "e-1",
  source: "/conformance",
  type: Probe.type,
  data: { n: 1 },
  ...members,
});

export const structured = (members: object = {}, contentType = STRUCTURED): Sending =>
  raw(JSON.stringify(event(members)), contentType);

/** A structured event whose data is this JSON text. */
export const withData = (json: string): Sending =>
  raw(`${JSON.stringify(event({ data: undefined })).slice(0, -1)},"data":${json}}`);

export const raw = (body: string | Uint8Array, contentType: string | undefined = STRUCTURED): Sending => ({
  headers: contentType === "" ? {} : { "content-type": contentType },
  body: Buffer.from(body as string),
});

export const binary = (
  contentType: string,
  { body, headers = {} }: { readonly body: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> },
): Sending => ({
  headers: {
    ...(contentType === "" ? {} : { "content-type": contentType }),
    "ce-specversion": "1.0",
    "ce-id": "e-1",
    "ce-source": "/conformance",
    "ce-type": Probe.type,
    ...headers,
  },
  body: Buffer.from(body as string),
});

/** A record of Kafka in binary mode, as daprd hands it over: headers as the bytes of UTF-8, a label that is not the record's. */
export const record = (headers: Readonly<Record<string, string>>, body: string): Sending => {
  const texts = { ce_specversion: "1.0", ce_id: "e-1", ce_source: "/conformance", ce_type: Probe.type, ...headers };
  const onTheWire = Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString("latin1")]);
  return { headers: { "content-type": STRUCTURED, ...Object.fromEntries(onTheWire) }, body: Buffer.from(body) };
};

/** A bulk of as many events as labels, as daprd hands over raw payloads: the bytes that were published. */
export const bulk = (labels: readonly string[]): Sending => {
  const entries = labels.map((contentType, index) => ({
    entryId: `entry-${index}`,
    event: Buffer.from(JSON.stringify(event({ id: `e-${index}` }))).toString("base64"),
    contentType,
  }));
  return raw(JSON.stringify({ id: "bulk", entries }), "application/json");
};

export const batch = (events: readonly unknown[]): Sending => raw(JSON.stringify(events), BATCH);

/** A structured event of exactly so many bytes. */
export function ofSize(bytes: number): Sending {
  const rest = structured({ data: "" }).body.byteLength;
  return structured({ data: "x".repeat(bytes - rest) });
}
