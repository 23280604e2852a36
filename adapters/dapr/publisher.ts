import type { HttpAnswer } from "../core/host/http-client.ts";
import type { CallOptions } from "../core/ledger/ledger.ts";
import { type Publish, type Said, withTrace } from "../core/relay/publish.ts";
import { createGroup, type Grouped } from "./group-commit.ts";
import { type Sidecar, SidecarError, STRUCTURED, toSidecarError } from "./sidecar-client.ts";

interface PublisherOptions {
  readonly sidecar: Sidecar;
  readonly pubsubName: string;
}

interface ToPublish extends Grouped {
  readonly said: Said;
}

/** Of the bulk publish: 1.14 has only the first, and one day there will be only the second. */
const VERSIONS = ["v1.0-alpha1", "v1.0"] as const;
/** An API that a sidecar has not: a local one says 501. */
const UNKNOWN = new Set([404, 501]);

/**
 * Publishes the events of a topic that are said in one turn of the event loop in one request, never two of one key: brokers get them
 * side by side. An event alone goes as a structured one. In a bulk they go as bytes, which no sidecar parses, and so carry their trace
 * context themselves; alone, it goes as a header: a sidecar would overwrite that of the event. On Kafka, metadata are the headers of
 * the record, and only one that has a `content-type` says to whoever reads it without Dapr what it is.
 *
 * throws  SidecarError for what is not known to be published
 * source  Dapr API reference, "Publish a message to a given topic" and "Publish multiple messages to a given topic"; CloudEvents,
 *         Kafka protocol binding 1.0.2, 3.3
 */
export function createPublisher(options: PublisherOptions): Publish {
  const bulk = createBulk(options);
  const byTopic = new Map<string, ReturnType<typeof createGroup<ToPublish, true>>>();
  const groupOf = (topic: string) => {
    const known = byTopic.get(topic);
    if (known) return known;
    const send = (calls: readonly ToPublish[], { signal }: CallOptions) =>
      publishAll(
        calls.map(({ said }) => said),
        { ...options, bulk, topic, signal },
      );
    const group = createGroup<ToPublish, true>({ isOrdered: true, send });
    byTopic.set(topic, group);
    return group;
  };
  return async (events, { signal } = {}) => {
    for (const said of events)
      await groupOf(said.topic)({ keys: [said.key], bytes: base64Bytes(said.body), said }, { signal });
  };
}

const base64Bytes = (text: string): number => Math.ceil(Buffer.byteLength(text) / 3) * 4;

interface Publishing extends PublisherOptions {
  readonly bulk: Bulk;
  readonly topic: string;
  readonly signal?: AbortSignal | undefined;
}

async function publishAll(all: readonly Said[], publishing: Publishing): Promise<readonly (true | Error)[]> {
  const [alone, ...others] = all;
  if (alone && others.length === 0) return [await publishOne(alone, publishing)];
  const answer = await publishing.bulk.publish(all, publishing);
  if (answer === undefined) {
    const results = await Promise.all(all.map((said) => publishOne(said, publishing).catch((error: Error) => error)));
    // A component that is not there is answered the same.
    if (results.includes(true)) publishing.bulk.forgo();
    return results;
  }
  if (answer.status === 204) return all.map(() => true);
  const what = `publish to ${publishing.topic}`;
  const failed = failedIn(answer);
  return all.map((_, nth) => {
    if (!failed) return toSidecarError(what, answer);
    const why = failed.get(entryId(nth));
    return why === undefined || new SidecarError(`${what}: ${why.slice(0, 200)}`);
  });
}

async function publishOne(said: Said, { sidecar, pubsubName, signal }: Publishing): Promise<true> {
  const { topic, key, body, traceparent, tracestate } = said;
  const type = `metadata.content-type=${encodeURIComponent(STRUCTURED)}`;
  const answer = await sidecar.call({
    method: "POST",
    path: `publish/${pubsubName}/${topic}?metadata.partitionKey=${encodeURIComponent(key)}&${type}`,
    headers: {
      "content-type": STRUCTURED,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(tracestate === undefined ? {} : { tracestate }),
    },
    body,
    ...(signal ? { signal } : {}),
  });
  if (answer.status !== 204) throw toSidecarError(`publish to ${topic}`, answer);
  return true;
}

interface Bulk {
  /** out: undefined where the sidecar knows no bulk publish */
  publish(all: readonly Said[], publishing: Publishing): Promise<HttpAnswer | undefined>;
  /** It is not asked again. */
  forgo(): void;
}

function createBulk({ sidecar, pubsubName }: PublisherOptions): Bulk {
  let versions: readonly string[] = VERSIONS;
  return {
    async publish(all, { topic, signal }) {
      if (versions.length === 0) return undefined;
      const body = JSON.stringify(all.map(toEntry));
      for (const version of versions) {
        const answer = await sidecar.call({
          ...{ method: "POST", version, body, headers: { "content-type": "application/json" } },
          path: `publish/bulk/${pubsubName}/${topic}?metadata.rawPayload=true`,
          ...(signal ? { signal } : {}),
        });
        if (UNKNOWN.has(answer.status)) continue;
        versions = [version];
        return answer;
      }
      return undefined;
    },
    forgo() {
      versions = [];
    },
  };
}

const entryId = (nth: number): string => String(nth);

const toEntry = (said: Said, nth: number) => ({
  entryId: entryId(nth),
  // What has a trace context of its own, as a letter may, keeps it.
  event: Buffer.from(said.body.includes('"traceparent"') ? said.body : withTrace(said.body, said)).toString("base64"),
  // Only what is binary is neither parsed nor rounded.
  contentType: "application/octet-stream",
  metadata: { partitionKey: said.key, "content-type": STRUCTURED },
});

/** out: why, by entry; undefined where the answer names none: then all of them have failed */
function failedIn({ text }: HttpAnswer): ReadonlyMap<string, string> | undefined {
  try {
    const { failedEntries } = JSON.parse(text) as {
      readonly failedEntries?: readonly { readonly entryId: string; readonly error?: string }[];
    };
    const failed = new Map(failedEntries?.map((one) => [one.entryId, one.error ?? "failed"]));
    return failed.size > 0 ? failed : undefined;
  } catch {
    return undefined;
  }
}
