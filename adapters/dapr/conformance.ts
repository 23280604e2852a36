import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { TOPIC } from "../conformance/handlers.ts";
import { createHost, type Host, type Sending, type Verdict } from "../conformance/host.ts";
import { createDaprApp, MAX_EVENT_BYTES } from "./app.ts";

/** How a sidecar hands over what was published, and how it takes the answer. */
interface DeliveryForm {
  readonly name: string;
  readonly lacks?: Host["lacks"];
  readonly wire: (message: Sending) => Pick<Sending, "headers" | "body">;
  /** in: an answer of 200. throws: for one that a sidecar would take for another */
  readonly judge: (answer: unknown) => Verdict;
}

const ENTRY = "entry-1";

/** Told by the words, as daprd has them. */
const judgeStatus = (status: unknown): Verdict => {
  if (status !== "SUCCESS" && status !== "RETRY") throw new Error(`a sidecar would repeat or drop ${String(status)}`);
  return status === "SUCCESS" ? "done" : "again";
};

const forms: readonly DeliveryForm[] = [
  {
    name: "Dapr app",
    wire: ({ headers, body }) => ({ headers, body }),
    // A bulk among the cases is answered by its entries: all of them.
    judge: (answer) => {
      const { status, statuses = [{ status }] } = answer as Answer;
      return statuses.every((each) => judgeStatus(each.status) === "done") ? "done" : "again";
    },
  },
  {
    name: "Dapr app, bulk of raw payloads",
    lacks: {
      "content-type": "an entry shows application/octet-stream",
      "binary-mode": "an entry has no headers but a record's, which are run",
      "batch-mode": "an entry shows no content type",
      bulk: "each case is a bulk of one: the Dapr app has those of several",
      "transport-trace": "a bulk carries no trace context beside its events",
    },
    wire: toBulk,
    judge: (answer) => {
      const { statuses = [] } = answer as Answer;
      const [told] = statuses;
      if (statuses.length !== 1 || told?.entryId !== ENTRY) throw new Error("a sidecar would repeat the entry");
      return judgeStatus(told.status);
    },
  },
];

interface Answer {
  readonly status?: unknown;
  readonly statuses?: readonly { readonly entryId?: unknown; readonly status: unknown }[];
}

/** The bytes that were published; of a record of Kafka, its headers are text here. */
function toBulk({ headers, body }: Sending): Pick<Sending, "headers" | "body"> {
  const { "content-type": _, ...beside } = headers;
  const metadata = Object.entries(beside).map(([name, value]) => [name, Buffer.from(`${value}`, "latin1").toString()]);
  const entry = {
    entryId: ENTRY,
    event: Buffer.from(body).toString("base64"),
    metadata: Object.fromEntries(metadata),
    contentType: "application/octet-stream",
  };
  const bulk = { entries: [entry], id: "bulk-1", metadata: { pubsubName: "pubsub" }, topic: TOPIC };
  return { headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(bulk)) };
}

/** The app as its sidecar sees it: over HTTP, with connections that are kept. */
export const hosts: readonly Host[] = forms.map((form) =>
  createHost({
    name: form.name,
    lacks: form.lacks ?? {},
    maxEventBytes: MAX_EVENT_BYTES,
    serve: async (fn, { ports, token }) => {
      const app = createDaprApp(fn, { ports, token, limits: { lastCallMs: 0 } });
      await app.listen({ host: "127.0.0.1", port: 0 });
      const { port } = app.server.address() as AddressInfo;
      const agent = new Agent({ keepAlive: true });
      // The agent is left alone at the end: what is still on its way to the client must arrive.
      return { deliver: (message) => post(message, { agent, port, form }), stop: () => app.close() };
    },
  }),
);

interface To {
  readonly agent: Agent;
  readonly port: number;
  readonly form: DeliveryForm;
}

function post(message: Sending, { form, ...to }: To): Promise<Verdict> {
  const { headers, body } = form.wire(message);
  const secret = message.token === undefined ? {} : { "dapr-api-token": message.token };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...to, host: "127.0.0.1", method: "POST", path: `/${TOPIC}` }, (answer) => {
      const { statusCode } = answer;
      text(answer)
        .then((said): Verdict => {
          if (statusCode === 503 || statusCode === 401) return "again";
          if (statusCode === 200) return form.judge(JSON.parse(said));
          throw new Error(`a sidecar would lose or loop on ${statusCode}`);
        })
        .then(resolve, reject);
    });
    outgoing.on("error", reject);
    for (const [name, value] of Object.entries({ ...headers, ...secret })) if (value) outgoing.setHeader(name, value);
    outgoing.end(body);
  });
}
