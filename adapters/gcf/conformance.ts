import { once } from "node:events";
import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { TOPIC } from "../conformance/handlers.ts";
import { createHost, type Host, type Sending, type Verdict } from "../conformance/host.ts";
import { MAX_EVENT_BYTES, registerFunctions } from "./receive.ts";

/** One way in which events reach a function. */
export interface DeliveryForm {
  readonly name: string;
  /** The message as one of Google's services puts it on the wire. */
  readonly wire: (message: Sending) => Pick<Sending, "headers" | "body">;
  readonly lacks: Host["lacks"];
}

/** What Pub/Sub does about the status of a push: 2xx is done, but for 202, which the emulator delivers again. */
export async function push(
  { headers, body }: ReturnType<DeliveryForm["wire"]>,
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
  const { traceparent, tracestate, ...rest } = headers;
  return {
    ...rest,
    ...(traceparent === undefined ? {} : { "ce-traceparent": traceparent }),
    ...(tracestate === undefined ? {} : { "ce-tracestate": tracestate }),
  };
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

const LACKS = {
  token: "Google lets in whom IAM names before the function is asked",
  "record-headers": "they are the business of the Dapr app",
  bulk: "it is the business of the Dapr app",
};
const PLAIN = {
  ...LACKS,
  "http-headers": "attributes of Pub/Sub are plain text, never percent-encoded: push.test.ts",
};

export const forms: readonly DeliveryForm[] = [
  { name: "CloudEvents over HTTP", wire: ({ headers, body }) => ({ headers, body }), lacks: LACKS },
  {
    name: "push without wrapper",
    wire: (message) => ({
      headers: { ...(attributesOf(message) as Sending["headers"]), "x-goog-pubsub-message-id": "1" },
      body: message.body,
    }),
    lacks: PLAIN,
  },
  {
    name: "push with wrapper",
    wire: (message) => ({ headers: { "content-type": "application/json" }, body: toBody(wrap(message)) }),
    lacks: PLAIN,
  },
  {
    name: "Eventarc trigger",
    wire: (message) => ({
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
    lacks: PLAIN,
  },
];

/** The framework in this process, under each form. */
export const hosts: readonly Host[] = forms.map(({ name, wire, lacks }) =>
  createHost({
    name: `Cloud Functions, ${name}`,
    maxEventBytes: MAX_EVENT_BYTES,
    lacks: { ...lacks, "graceful-stop": "a signal is for a process of its own: deploy/e2e" },
    async serve(fn, { ports }) {
      registerFunctions([fn], { ports });
      const server = getTestServer(fn.name).listen(0, "127.0.0.1");
      await once(server, "listening");
      const agent = new Agent({ keepAlive: true });
      const { port } = server.address() as AddressInfo;
      return {
        deliver: (message) => push(wire(message), { agent, port }),
        async stop() {
          agent.destroy();
          server.close();
          await once(server, "close");
        },
      };
    },
  }),
);
