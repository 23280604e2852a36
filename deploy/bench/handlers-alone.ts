import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { createPublisher } from "../../adapters/dapr/publisher.ts";
import { createSidecar } from "../../adapters/dapr/sidecar-client.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { system } from "../../functions/index.ts";
import type { Checked, EventDraft } from "../../functions/kernel/event.ts";
import { requestOrder } from "../../functions/order/place.ts";

// One service of the flow with nothing around its handlers: node handlers-alone.ts NAME. What comes is parsed, handled and acknowledged,
// what is said is published; nothing is checked, kept, or known again, and state is gone with the process.

const { APP_PORT, EDGE_PORT, DAPR_HTTP_PORT, DAPR_API_TOKEN } = process.env;
const fn = createFunctions(system, createEffects(process.env)).find(({ name }) => name === process.argv[2]);
if (!fn) throw new Error(`${process.argv[2]} is no function of this system`);
const { on, emits, source } = fn;

const sidecar = createSidecar({
  ...{ endpoint: `http://127.0.0.1:${DAPR_HTTP_PORT}`, version: "v1.0", token: DAPR_API_TOKEN, timeoutMs: 10_000 },
});
const publish = createPublisher({ sidecar, pubsubName: "pubsub" });
const states = new Map<string, unknown>();

async function handle(event: Checked<unknown>): Promise<void> {
  const clause = on.get(event.type);
  if (!clause) return;
  const { subject = "" } = event;
  const { state, emit = [] } = await clause.react(event, states.get(subject));
  if (state) states.set(subject, state);
  // Without a topic: timers, which nobody waits for here.
  const said = emit.flatMap((draft) => {
    const topic = emits.get(draft.type)?.topic;
    return topic === undefined ? [] : [{ topic, key: draft.subject, body: JSON.stringify(toEvent(draft)) }];
  });
  if (said.length > 0) await publish(said);
}

const toEvent = ({ type, subject, data }: EventDraft): Checked<unknown> => ({
  ...{ specversion: "1.0", id: randomUUID(), source, type, subject, data },
  ...{ time: new Date().toISOString(), datacontenttype: "application/json" },
});

interface Entry {
  readonly entryId: string;
  readonly event: unknown;
}

/** The bytes that were published in base64, or an event as an object. */
const fromEntry = (event: unknown) =>
  typeof event === "string" ? JSON.parse(Buffer.from(event, "base64").toString("utf8")) : event;

/** One event, or many of them. source: Dapr, bulk subscribe; rawPayload */
async function take(body: string): Promise<object> {
  const { entries, ...event } = JSON.parse(body);
  if (entries === undefined) {
    await handle(event);
    return { status: "SUCCESS" };
  }
  await Promise.all((entries as readonly Entry[]).map((entry) => handle(fromEntry(entry.event))));
  return { statuses: (entries as readonly Entry[]).map(({ entryId }) => ({ entryId, status: "SUCCESS" })) };
}

/** What a customer asks for is an event like any other. */
async function place(body: string): Promise<object> {
  const orderId = randomUUID();
  await handle(toEvent(requestOrder(orderId, JSON.parse(body))));
  return { orderId };
}

const listen = (port: string | undefined, answer: (body: string) => Promise<object>) =>
  createServer(async (request, response) => {
    const [status, said] = await text(request)
      // A sidecar asks for subscriptions, which are declared in YAML, and for settings of actors.
      .then((body) => (request.method === "POST" ? answer(body) : request.url === "/dapr/subscribe" ? [] : {}))
      .then(
        (done) => [200, done] as const,
        () => [503, { status: "RETRY" }] as const,
      );
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
  }).listen(Number(port), "127.0.0.1");

listen(APP_PORT, take);
listen(EDGE_PORT, place);
