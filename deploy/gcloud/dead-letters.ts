import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRest, type Rest, toGoogleError } from "../../adapters/gcf/rest.ts";

const [, NAME = ""] = /^NAME=(.+)$/m.exec(readFileSync(join(import.meta.dirname, "lists.sh"), "utf8")) ?? [];
const HELP = `node deploy/gcloud/dead-letters.ts list|replay --project ID [--prefix PREFIX] [--limit N]

list    shows what is in the subscription of dead letters, oldest first, and leaves it there
replay  publishes each letter to the topic where it died, then takes it out; what cannot be replayed stays

  --project ID     the Google Cloud project
  --prefix PREFIX  what all names begin with (${NAME}-)
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

/** One dead letter: where it died and of what, and whether it can live again. */
interface Letter extends Received {
  readonly id: string;
  readonly type: string;
  /** `undefined`: not known, so that it cannot be replayed. */
  readonly topic: string | undefined;
  readonly why: string;
}

/** What Pub/Sub says of a message that it gave up. */
const SOURCE = "CloudPubSubDeadLetterSourceSubscription";
const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      project: { type: "string" },
      prefix: { type: "string", default: `${NAME}-` },
      limit: { type: "string", default: "10" },
      help: { type: "boolean", default: false },
    },
  });
  const [command] = positionals;
  const limit = Number(values.limit);
  if (values.help) print(HELP);
  else if (command !== "list" && command !== "replay") throw new TypeError("command: must be list or replay");
  else if (!values.project) throw new TypeError("--project: must be set");
  else if (!(limit >= 1 && limit <= 100)) throw new TypeError("--limit: must be 1 to 100");
  else await work(command, { project: values.project, prefix: values.prefix, limit });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

interface Task {
  readonly project: string;
  readonly prefix: string;
  readonly limit: number;
}

async function work(command: "list" | "replay", { project, prefix, limit }: Task): Promise<void> {
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
  try {
    const received = await pull(rest, { subscription, limit });
    const topics = await topicsOf(received, { rest, prefix });
    const letters = received.map((each) => toLetter(each, topics));
    for (const letter of letters) {
      const { id, type, topic, why, ackId } = letter;
      const isReplayed = command === "replay" && topic !== undefined;
      if (isReplayed) {
        await post(rest, {
          path: `/v1/projects/${project}/topics/${prefix}${topic}:publish`,
          body: { messages: [again(letter)] },
        });
        await post(rest, { path: `${subscription}:acknowledge`, body: { ackIds: [ackId] } });
      } else {
        // Given back at once, so that whoever looks next sees it.
        await post(rest, {
          path: `${subscription}:modifyAckDeadline`,
          body: { ackIds: [ackId], ackDeadlineSeconds: 0 },
        });
      }
      const fate = command === "list" ? "" : isReplayed ? "replayed: " : "stays: ";
      print(`${fate}${type} ${id} from ${topic ?? "an unknown topic"}: ${why}`);
    }
    print(letters.length === 0 ? "no dead letters" : `${letters.length} dead letters`);
  } finally {
    await rest.close();
  }
}

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
function toLetter(received: Received, topics: ReadonlyMap<string, string>): Letter {
  const { data = "", attributes = {}, messageId = "" } = received.message;
  const event = parse(Buffer.from(data, "base64").toString("utf8"));
  const { deadtopic, deadcode, deadreason, deadlength } = event;
  const id = String(event.id ?? attributes["ce-id"] ?? messageId);
  const type = String(event.type ?? attributes["ce-type"] ?? "(no event)");
  if (deadcode !== undefined) {
    const isWhole = deadlength === undefined && type !== "com.example.undecodable.v1" && deadtopic !== "none";
    const topic = isWhole ? String(deadtopic) : undefined;
    return { ...received, id, type, topic, why: `${deadcode}: ${deadreason}` };
  }
  const source = attributes[SOURCE] ?? "";
  const times = attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? "?";
  const why = `not handled in ${times} deliveries by ${source || "nobody known"}`;
  return { ...received, id, type, topic: topics.get(source), why };
}

/** The message as it was before it died. */
function again({ message: { data, attributes = {} } }: Letter): Message {
  const kept = Object.entries(attributes).filter(([name]) => !name.startsWith("CloudPubSubDeadLetterSource"));
  return { ...(data === undefined ? {} : { data }), attributes: Object.fromEntries(kept) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
