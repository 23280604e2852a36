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
    "content-type": contentType,
    "ce-specversion": "1.0",
    "ce-id": "e-1",
    "ce-source": "/conformance",
    "ce-type": Probe.type,
    ...headers,
  },
  body: Buffer.from(body as string),
});

export const batch = (events: readonly unknown[]): Sending => raw(JSON.stringify(events), BATCH);

/** A structured event of exactly so many bytes. */
export function ofSize(bytes: number): Sending {
  const rest = structured({ data: "" }).body.byteLength;
  return structured({ data: "x".repeat(bytes - rest) });
}
