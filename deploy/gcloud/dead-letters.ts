import { execFileSync } from "node:child_process";
import { createRest, type Rest, toGoogleError } from "../../adapters/gcf/rest.ts";
import { system } from "../../functions/index.ts";
import { type Letter, readLetter, runLetters } from "../letters.ts";

const HELP = `node deploy/gcloud/dead-letters.ts list|replay --project ID [--prefix PREFIX] [--limit N]

list    shows what is in the subscription of dead letters, oldest first, and leaves it there
replay  publishes each letter to the topic where it died, then takes it out; what cannot be replayed stays

  --project ID     the Google Cloud project
  --prefix PREFIX  what all names begin with (${system.name}-)
  --limit N        how many at most (default 10, at most 100)

Who asks is who gcloud says (gcloud auth login). PUBSUB_EMULATOR_HOST is heeded.
`;

interface Message {
  readonly data?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly messageId?: string;
}

interface Received {
  readonly ackId: string;
  readonly message: Message;
}

/** What Pub/Sub says of a message that it gave up. */
const SOURCE = "CloudPubSubDeadLetterSourceSubscription";

await runLetters<Received>({
  help: HELP,
  options: { project: {}, prefix: { default: `${system.name}-` } },
  place: "topic",
  async open({ project = "", prefix = "" }) {
    const emulator = process.env.PUBSUB_EMULATOR_HOST;
    const token = emulator
      ? "owner"
      : execFileSync("gcloud", ["auth", "print-access-token", `--project=${project}`], { encoding: "utf8" }).trim();
    const rest = createRest({
      origin: emulator ? `http://${emulator}` : "https://pubsub.googleapis.com",
      token: async () => token,
      timeoutMs: 60_000,
    });
    const subscription = `/v1/projects/${project}/subscriptions/${prefix}dead-letters`;
    let topics: ReadonlyMap<string, string> = new Map();
    return {
      async receive(limit) {
        const received = await pull(rest, { subscription, limit });
        topics = await topicsOf(received, { rest, prefix });
        return received;
      },
      toLetter: (received) => toLetter(received, topics),
      async replay({ ackId, message }, topic) {
        const path = `/v1/projects/${project}/topics/${prefix}${topic}:publish`;
        await post(rest, { path, body: { messages: [again(message)] } });
        await post(rest, { path: `${subscription}:acknowledge`, body: { ackIds: [ackId] } });
      },
      async giveBack({ ackId }) {
        await post(rest, {
          path: `${subscription}:modifyAckDeadline`,
          body: { ackIds: [ackId], ackDeadlineSeconds: 0 },
        });
      },
      close: () => rest.close(),
    };
  },
});

/** One pull may bring less than there is, and says nothing of the rest. */
async function pull(
  rest: Rest,
  { subscription, limit }: { readonly subscription: string; readonly limit: number },
): Promise<readonly Received[]> {
  const all: Received[] = [];
  while (all.length < limit) {
    const body = { maxMessages: limit - all.length, returnImmediately: true };
    const { receivedMessages = [] } = (await post(rest, { path: `${subscription}:pull`, body })) as {
      receivedMessages?: readonly Received[];
    };
    if (receivedMessages.length === 0) break;
    all.push(...receivedMessages);
  }
  return all;
}

async function post(rest: Rest, { path, body }: { readonly path: string; readonly body: unknown }): Promise<unknown> {
  const answer = await rest.call({ method: "POST", path, body });
  if (answer.status !== 200) throw toGoogleError(path, answer);
  return answer.body;
}

/** out: the topic of each subscription that gave up letters, by the subscription's name; none for one that is gone */
async function topicsOf(
  received: readonly Received[],
  { rest, prefix }: { readonly rest: Rest; readonly prefix: string },
): Promise<ReadonlyMap<string, string>> {
  const topics = new Map<string, string>();
  const paths = received.map(({ message: { attributes = {} } }) => {
    const { [SOURCE]: name, [`${SOURCE}Project`]: project } = attributes;
    return name && project ? `/v1/projects/${project}/subscriptions/${name}` : undefined;
  });
  for (const path of new Set(paths.filter((each) => each !== undefined))) {
    const answer = await rest.call({ method: "GET", path });
    if (answer.status === 404) continue;
    if (answer.status !== 200) throw toGoogleError(path, answer);
    const name = String((answer.body as { readonly topic?: unknown }).topic).replace(/.*\//, "");
    if (name.startsWith(prefix)) topics.set(path.replace(/.*\//, ""), name.slice(prefix.length));
  }
  return topics;
}

/** Letters of two kinds: ours with a passport, and what Pub/Sub gave up after too many attempts. */
function toLetter({ message }: Received, topics: ReadonlyMap<string, string>): Letter {
  const { data = "", attributes = {}, messageId = "" } = message;
  const carrier = { id: attributes["ce-id"] ?? messageId, type: attributes["ce-type"] };
  const { why, ...letter } = readLetter(Buffer.from(data, "base64").toString("utf8"), carrier);
  if (why !== undefined) return { ...letter, why };
  const source = attributes[SOURCE] ?? "";
  const times = attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? "?";
  const given = `not handled in ${times} deliveries by ${source || "nobody known"}`;
  return { ...letter, place: topics.get(source), why: given };
}

/** The message as it was before it died. */
function again({ data, attributes = {} }: Message): Message {
  const kept = Object.entries(attributes).filter(([name]) => !name.startsWith("CloudPubSubDeadLetterSource"));
  return { ...(data === undefined ? {} : { data }), attributes: Object.fromEntries(kept) };
}
