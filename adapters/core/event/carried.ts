import { hash } from "node:crypto";
import { SENT } from "./about.ts";
import { asBuffer } from "./as-buffer.ts";
import type { Message } from "./decode.ts";
import { derivedId } from "./ids.ts";
import { splitObject } from "./json-members.ts";

type Headers = Message["headers"];

/** What the carrier of a message says of it, beside its headers and its body. */
export interface Carried {
  /** As its producer chose it: of Kafka, the ordering key of Pub/Sub, the partition key of Kinesis, a message group. */
  readonly key?: string | undefined;
  readonly topic?: string | undefined;
  readonly partition?: string | undefined;
  /** Its place there: an offset, a sequence number. */
  readonly offset?: string | undefined;
  /** The same at each delivery. */
  readonly messageId?: string | undefined;
  /** What its producer wrote beside it. */
  readonly attributes?: Headers | undefined;
  /** What came beside it, from its producer or from any hop. Left out: the headers of the message, unless attributes are known. */
  readonly headers?: Headers | undefined;
  /** What makes two deliveries the same, in the place of a body that is another one each time. */
  readonly same?: string | undefined;
}

type Pair = readonly [name: string, text: string];

const MOST_BYTES = 8 * 1024;
const MOST_CHARACTERS = 1_000;

/** Names by which somebody may be let in. `author` is none. */
const SECRET =
  /auth(?!or(?:s|ed|name|id)?$)|token|(?:api|access|private|subscription|functions?|sas|shared|master|signing)[-_. ]?key|cookie|secret|passw|passphrase|signature|credential|jwt|oidc|assertion|bearer|[cx]srf|(?:^|[-_.])(?:pwd|pass|sas|sig)$/i;
/** Of HTTP alone: as attributes they are words like others. source: RFC 9110, 7.6.1; what is said between two ends of one connection, or of how the body travelled on it */
const OF_CONNECTION =
  /^(?:connection|keep-alive|proxy-.*|te|trailers?|transfer-encoding|upgrade|http2-settings|content-length|host|expect|accept|accept-.*)$/i;
/** What hops write at each delivery anew, also among attributes. */
const OF_HOP =
  /^(?:(?:ce[-_])?(?:traceparent|tracestate|baggage|traceid)|googclient_.*|cloudpubsubdeadletter.*|.*(?:attempt|(?:receive|delivery|retry)[-_.]?count|redelivered|lockeduntil(?:utc)?|request-?id|trace-context|trace-?header)|x-(?:.+-)?death(?:-.*)?|date|user-agent|x-forwarded-.*|forwarded|via|x-b3-.*|b3|x-amzn-.*|x-envoy-.*|grpc-.*|.*subscription.*)$/i;
const OF_PRODUCER = /^(?:ce[-_].*|content-type)$/;

/** Whether it would let in whoever reads it. */
export const isSecret = (name: string): boolean => SECRET.test(name);

/** Whether each delivery may say something else in a header of that name. */
export const isOfHop = (name: string): boolean => OF_HOP.test(name) || OF_CONNECTION.test(name);

/**
 * What a letter keeps of all that came beside a message: no secrets, nothing of the connection, 8 KiB as they stand in the letter.
 *
 * out  deadheaders: JSON, pairs of name and value, those of CloudEvents first; deadleftout: what there was no room for
 */
export function headersOf(message: Message, carried: Carried) {
  const { headers, attributes } = besidesOf(message, carried);
  const ofConnection = new Set(
    String(headers.connection ?? "")
      .toLowerCase()
      .split(/\s*,\s*/),
  );
  const all = [
    ...pairsOf(attributes),
    ...pairsOf(headers).filter(([name]) => !OF_CONNECTION.test(name) && !ofConnection.has(name)),
  ].filter(([name]) => name !== "content-type" && !isSecret(name));
  const kept: Pair[] = [];
  let bytes = 0;
  let cut = 0;
  for (const [name, text] of all.toSorted(ofEventsFirst)) {
    const pair: Pair = [name, text.slice(0, MOST_CHARACTERS)];
    const more = Buffer.byteLength(JSON.stringify(JSON.stringify(pair)));
    if (bytes + more > MOST_BYTES) continue;
    bytes += more;
    kept.push(pair);
    if (text.length > MOST_CHARACTERS) cut++;
  }
  const without = all.length - kept.length;
  return {
    deadheaders: kept.length > 0 ? JSON.stringify(kept) : undefined,
    deadleftout: without + cut > 0 ? `${without} of ${all.length} headers, ${cut} cut` : undefined,
  };
}

/**
 * The id of the letter of what was no event, the same whenever the message comes: it follows from what its producer and its
 * carrier's place for it say, and from nothing that a hop may say otherwise next time.
 */
export function letterId(message: Message, { topic, ...carried }: Carried): string {
  const { key, partition, offset, messageId } = carried;
  const { headers, attributes } = besidesOf(message, carried);
  const said = [
    ...pairsOf(attributes).filter(([name]) => !OF_HOP.test(name)),
    // Of a request nobody can tell who wrote what, but for these.
    ...pairsOf(headers).filter(([name]) => OF_PRODUCER.test(name) && !isOfHop(name)),
  ].filter(([name]) => !isSecret(name));
  // Most carriers keep them in a map: their order may be another one each time.
  const texts = said.map((pair) => JSON.stringify(pair)).toSorted();
  return derivedId(bodyOf(message, carried), JSON.stringify([key, topic, partition, offset, messageId, texts]));
}

const besidesOf = (message: Message, { attributes, headers = attributes ? {} : message.headers }: Carried) => ({
  headers,
  attributes: attributes ?? {},
});

/** A digest: what begins alike may go on differently. */
function bodyOf({ body, overflow }: Message, { same }: Carried): string {
  if (same === undefined && overflow) return overflow.sha256;
  return hash("sha256", same ?? inEnvelope(body) ?? body);
}

/** An envelope that a sidecar makes at each delivery has another id and time each time: what is in it is the same. */
function inEnvelope(body: Uint8Array): string | undefined {
  if (!asBuffer(body).includes(`"${SENT}"`)) return undefined;
  try {
    // As text: two numbers that are one as doubles are two.
    const members = splitObject(Buffer.from(body).toString("utf8"));
    if (JSON.parse(members.get("type") ?? "null") !== SENT) return undefined;
    return JSON.stringify([members.get("data"), members.get("data_base64")]);
  } catch {
    return undefined;
  }
}

const pairsOf = (headers: Headers): readonly Pair[] =>
  Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]));

const ofEventsFirst = ([one]: Pair, [other]: Pair): number => rank(one) - rank(other);
const rank = (name: string): number => (/^(?:ce[-_]|__)/.test(name) ? 0 : 1);
