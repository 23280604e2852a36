import { once } from "node:events";
import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { TOPIC } from "../conformance/handlers.ts";
import { createHost, type Host, type Sending, type Verdict } from "../conformance/host.ts";
import { registerFunctions } from "./index.ts";

/** A message as one of Google's services puts it on the wire. */
type Wire = (message: Sending) => Pick<Sending, "headers" | "body">;

const LACKS = {
  token: "Google lets in whom IAM names before the function is asked",
  "graceful-stop": "a signal is for a process of its own: framework.test.ts",
} as const;
const PLAIN = "attributes of Pub/Sub are plain text, never percent-encoded: push.test.ts";

const hostOf = (form: string, wire: Wire, lacks: Host["lacks"] = {}) =>
  createHost({
    name: `Cloud Functions, ${form}`,
    lacks: { ...LACKS, ...lacks },
    async serve(fn, { ports }) {
      registerFunctions([fn], { ports });
      const server = getTestServer(fn.name).listen(0, "127.0.0.1");
      await once(server, "listening");
      const agent = new Agent({ keepAlive: true });
      const { port } = server.address() as AddressInfo;
      return {
        deliver: (message) => deliver(wire(message), { agent, port }),
        async stop() {
          agent.destroy();
          server.close();
          await once(server, "close");
        },
      };
    },
  });

/** What Pub/Sub does about a status: 2xx is done, but for 202, which the emulator delivers again. */
async function deliver(
  { headers, body }: ReturnType<Wire>,
  { agent, port }: { readonly agent: Agent; readonly port: number },
): Promise<Verdict> {
  const outgoing = request({ agent, host: "127.0.0.1", port, path: `/${TOPIC}`, method: "POST" });
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) outgoing.setHeader(name, value);
  outgoing.end(body);
  const [answer] = await once(outgoing, "response");
  answer.resume();
  if (![204, 503].includes(answer.statusCode)) throw new Error(`unexpected status ${answer.statusCode}`);
  return answer.statusCode === 204 ? "done" : "again";
}

const attributesOf = ({ headers }: Sending): Readonly<Record<string, unknown>> => {
  const { traceparent, ...rest } = headers;
  return traceparent === undefined ? rest : { ...rest, "ce-traceparent": traceparent };
};

const wrap = (message: Sending) => ({
  message: {
    data: Buffer.from(message.body).toString("base64"),
    attributes: attributesOf(message),
    messageId: "1",
    publishTime: new Date().toISOString(),
  },
  subscription: "projects/p/subscriptions/s",
});

const toBody = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The forms in which events reach a function. */
export const hosts: readonly Host[] = [
  hostOf("CloudEvents over HTTP", ({ headers, body }) => ({ headers, body })),
  hostOf(
    "push without wrapper",
    (message) => ({
      headers: { ...(attributesOf(message) as Sending["headers"]), "x-goog-pubsub-message-id": "1" },
      body: message.body,
    }),
    { "binary-mode": PLAIN },
  ),
  hostOf(
    "push with wrapper",
    (message) => ({ headers: { "content-type": "application/json" }, body: toBody(wrap(message)) }),
    { "binary-mode": PLAIN },
  ),
  hostOf(
    "Eventarc trigger",
    (message) => ({
      headers: {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "//pubsub.googleapis.com/projects/p/topics/probes",
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
        "ce-time": new Date().toISOString(),
      },
      body: toBody(wrap(message)),
    }),
    { "binary-mode": PLAIN },
  ),
];
