import type { Publish, Said } from "../core/relay/publish.ts";
import { type Rest, toGoogleError } from "./rest.ts";

/** Of one request. source: Pub/Sub, "Quotas and limits": 1,000 messages, 10 MB, with what is around each of them. */
const MOST_MESSAGES = 1_000;
const MOST_BYTES = 9_500_000;

interface PublisherOptions {
  readonly rest: Rest;
  readonly project: () => Promise<string>;
  /** What the names of all topics begin with. */
  readonly topicPrefix?: string;
  /** Sends the subject as ordering key, for subscriptions that keep order. */
  readonly ordered?: boolean;
}

/**
 * Publishes one batch a topic, or as many as its limits make of it: structured events, so that a push without wrapper delivers them as they are. The trace
 * context is an attribute of its own: the body says the same on every run.
 *
 * throws  GoogleError for anything but 200
 * source  Pub/Sub REST, projects.topics.publish; Google's Pub/Sub protocol binding for CloudEvents
 */
export function createPublisher({ rest, project, topicPrefix = "", ordered = false }: PublisherOptions): Publish {
  const toMessage = ({ key, body, traceparent, tracestate }: Said) => ({
    data: Buffer.from(body).toString("base64"),
    attributes: {
      "content-type": "application/cloudevents+json",
      ...(traceparent === undefined ? {} : { "ce-traceparent": traceparent }),
      ...(tracestate === undefined ? {} : { "ce-tracestate": tracestate }),
    },
    ...(ordered ? { orderingKey: key } : {}),
  });

  return async (said, { signal } = {}) => {
    for (const [topic, events] of inRuns(said)) {
      const answer = await rest.call({
        method: "POST",
        path: `/v1/projects/${await project()}/topics/${topicPrefix}${topic}:publish`,
        body: { messages: events.map(toMessage) },
        ...(signal ? { signal } : {}),
      });
      if (answer.status !== 200) throw toGoogleError(`publish to ${topic}`, answer);
    }
  };
}

/** Events side by side that go to one topic and fit into one request, in their order. */
function inRuns(said: readonly Said[]): readonly (readonly [topic: string, events: readonly Said[]])[] {
  const runs: [string, Said[]][] = [];
  let bytes = 0;
  for (const event of said) {
    const run = runs.at(-1);
    const size = Buffer.byteLength(event.body);
    const fits = run && run[1].length < MOST_MESSAGES && bytes + size <= MOST_BYTES;
    bytes = fits && run[0] === event.topic ? bytes + size : size;
    if (fits && run[0] === event.topic) run[1].push(event);
    else runs.push([event.topic, [event]]);
  }
  return runs;
}
