import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What tests of the sidecar start, and what they look at. Everything ends with its test. */

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestAnswer {
  readonly status?: number;
  readonly body?: string;
  readonly hang?: boolean;
  readonly reset?: boolean;
}

export interface TestApp {
  readonly port: number;
  /** The deliveries so far. */
  readonly deliveries: Call[];
  /** Everything else so far. */
  readonly others: Call[];
  /** Resolves when `enough` is true of the deliveries. */
  until(enough: (deliveries: readonly Call[]) => boolean): Promise<void>;
  stop(): Promise<void>;
}

interface TestAppOptions {
  readonly port?: number;
  readonly answer?: (call: Call, nth: number) => TestAnswer | Promise<TestAnswer>;
  /** To everything that is no delivery. */
  readonly other?: (path: string) => TestAnswer;
}

export async function startApp({
  port = 0,
  answer = () => ({}),
  other = defaultAnswer,
}: TestAppOptions = {}): Promise<TestApp> {
  const deliveries: Call[] = [];
  const others: Call[] = [];
  let look = () => {};
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = "", url: path = "", headers } = incoming;
    const call: Call = { method, path, headers, body: await text(incoming) };
    const isDelivery = method === "POST";
    const nth = isDelivery ? deliveries.filter((one) => one.path === path).length : 0;
    (isDelivery ? deliveries : others).push(call);
    look();
    const { status = 200, body = "", hang = false, reset = false } = isDelivery ? await answer(call, nth) : other(path);
    if (reset) incoming.socket.destroy();
    else if (!hang) outgoing.writeHead(status).end(body);
  };
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing).catch(() => outgoing.destroy()));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(() => (server.listening ? stop() : undefined));
  return {
    port: (server.address() as AddressInfo).port,
    deliveries,
    others,
    until: (enough) =>
      new Promise((resolve) => {
        look = () => enough(deliveries) && resolve();
        look();
      }),
    stop,
  };
}

const defaultAnswer = (path: string): TestAnswer => (path === "/dapr/subscribe" ? { body: "[]" } : {});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "loosely-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** out: a folder with these files. */
export function resourcesWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

export const pubsubYaml = (metadata: Readonly<Record<string, string>> = {}): string => `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: pubsub}
spec:
  type: pubsub.redis
  version: v1
  metadata: ${JSON.stringify(Object.entries(metadata).map(([name, value]) => ({ name, value })))}
`;

export const stateYaml = `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: statestore}
spec: {type: state.redis, version: v1}
`;

interface SubscriptionYaml {
  readonly topic: string;
  readonly path?: string;
  readonly deadLetterTopic?: string;
  readonly scopes?: readonly string[];
  readonly isRaw?: boolean;
  /** Events in a request, at most. */
  readonly bulk?: number;
}

export const subscriptionsYaml = (subscriptions: readonly SubscriptionYaml[]): string =>
  subscriptions
    .map(({ topic, path = `/${topic}`, deadLetterTopic, scopes = [], isRaw = false, bulk }, index) =>
      JSON.stringify({
        apiVersion: "dapr.io/v2alpha1",
        kind: "Subscription",
        metadata: { name: `subscription-${index}` },
        spec: {
          pubsubname: "pubsub",
          topic,
          routes: { default: path },
          ...(deadLetterTopic ? { deadLetterTopic } : {}),
          ...(isRaw || bulk !== undefined ? { metadata: { rawPayload: "true" } } : {}),
          ...(bulk === undefined
            ? {}
            : { bulkSubscribe: { enabled: true, maxMessagesCount: bulk, maxAwaitDurationMs: 5 } }),
        },
        scopes,
      }),
    )
    .join("\n---\n");

export const resiliencyYaml = ({
  timeout,
  duration,
  maxRetries,
}: Readonly<Record<string, string | number>>): string => `
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {name: resiliency}
spec:
  policies:
    timeouts: {delivery: ${timeout}}
    retries: {delivery: {policy: constant, duration: ${duration}, maxRetries: ${maxRetries}}}
  targets: {components: {pubsub: {inbound: {timeout: delivery, retry: delivery}}}}
`;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export const ask = (port: number, { method = "GET", path, headers = {}, body }: Ask): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers }, (incoming) => {
      text(incoming).then(
        (said) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: said }),
        reject,
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });

/** Publishes a CloudEvent. out: the status. */
export async function publishEvent(port: number, topic: string, event: object): Promise<number> {
  const headers = { "content-type": "application/cloudevents+json" };
  const path = `/v1.0/publish/pubsub/${topic}`;
  return (await ask(port, { method: "POST", path, headers, body: JSON.stringify(event) })).status;
}
