import { setTimeout as pause } from "node:timers/promises";
import type { Message } from "../../../adapters/core/event/decode.ts";
import { createRest, toGoogleError } from "../../../adapters/gcf/rest.ts";
import { UsageError } from "../../../adapters/local/command-line.ts";
import { printed } from "../../programs.ts";
import { type Driver, type GivenUp, type Held, isWanted, toLetter } from "../letter.ts";
import { stillThere, toSent } from "../sent.ts";
import { createAnsweredClock } from "./answered-clock.ts";
import { createHolding } from "./holding.ts";
import { type DriverOptions, functionsOf, NO_SECRET, topicsOf } from "./options.ts";

/** What Pub/Sub says of a message that it gave up. */
const GIVEN_UP = "CloudPubSubDeadLetter";
const SOURCE = `${GIVEN_UP}SourceSubscription`;
const MOST_AT_ONCE = 1_000;
/** One pull may bring less than there is, and says nothing of the rest. */
const EMPTY_ANSWERS = 3;
const PAUSE_MS = 300;
const HELD_SECONDS = 600;
/** gcloud's tokens live for an hour. */
const TOKEN_MS = 30 * 60_000;

interface Received {
  readonly ackId: string;
  readonly message: {
    readonly data?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly messageId?: string;
    readonly publishTime?: string;
    readonly orderingKey?: string;
  };
}

interface GcloudHeld extends Held {
  readonly received: Received;
  readonly givenUp: GivenUp | undefined;
}

/** The letters in the Pub/Sub subscription of a deployment, each published to the topic where it died. */
export async function openGcloud({ at, system, env }: DriverOptions): Promise<Driver> {
  const { project, prefix = `${system.name}-` } = at;
  if (!project) throw new UsageError("--project: must be given");
  const emulator = env.PUBSUB_EMULATOR_HOST || undefined;
  const clock = createAnsweredClock();
  const rest = createRest({
    origin: emulator ? `http://${emulator}` : "https://pubsub.googleapis.com",
    token: createToken(project, emulator !== undefined),
    clock,
    timeoutMs: 60_000,
  });
  const home = `/v1/projects/${encodeURIComponent(project)}`;
  const subscription = `${home}/subscriptions/${encodeURIComponent(`${prefix}dead-letters`)}`;
  const post = async (path: string, body: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await rest.call({ method: "POST", path, body });
    if (answer.status !== 200) throw toGoogleError(path, answer);
    return answer.body as Readonly<Record<string, unknown>>;
  };
  const hold = async (ackIds: readonly string[], ackDeadlineSeconds: number): Promise<void> => {
    await post(`${subscription}:modifyAckDeadline`, { ackIds, ackDeadlineSeconds });
  };
  const held = createHolding({ mostAtOnce: MOST_AT_ONCE, set: hold });
  held.renew(HELD_SECONDS);
  const sources = new Map<string, Promise<string | undefined>>();
  let secret: Promise<string | undefined> | undefined;
  let hasSecret = false;

  const toHeld = async (received: Received): Promise<GcloudHeld> => {
    const { data = "", attributes = {}, messageId = "", publishTime: time } = received.message;
    const bytes = Buffer.from(data, "base64");
    if (bytes.includes('"deadseal"')) secret ??= secretOf(env, { project, prefix });
    const known = await secret;
    hasSecret = known !== undefined;
    const headers = headersOf(attributes);
    const givenUp = await givenUpOf(attributes);
    const letter = toLetter({ headers, body: bytes }, { secret: known, givenUp, id: messageId, time });
    const place = givenUp ? givenUp.topic : letter.isSealed ? letter.topic : undefined;
    return { letter, place, headers, givenUp, received, body: async () => bytes };
  };

  const takeOut = async ({ ackId, message }: Received) => {
    await post(`${subscription}:acknowledge`, { ackIds: [held.handleOf(String(message.messageId)) ?? ackId] });
    held.leave(String(message.messageId));
  };

  return {
    topics: topicsOf(system, env),
    async *letters(filter) {
      let began: number | undefined;
      for (let empty = 0; empty < EMPTY_ANSWERS; ) {
        if (empty > 0) await pause(PAUSE_MS);
        const body = { maxMessages: MOST_AT_ONCE, returnImmediately: true };
        const { receivedMessages = [] } = (await post(`${subscription}:pull`, body)) as {
          receivedMessages?: readonly Received[];
        };
        // Those that come while others die go on for ever.
        began ??= clock.latest();
        const isEarlier = ({ message }: Received) => Date.parse(message.publishTime ?? "") <= Number(began);
        empty = receivedMessages.some(isEarlier) ? 0 : empty + 1;
        const fresh = receivedMessages.filter(({ message: { messageId } }) => !held.has(String(messageId)));
        for (const { ackId, message } of receivedMessages) held.take(String(message.messageId), ackId);
        const ackIds = receivedMessages.map(({ ackId }) => ackId);
        if (ackIds.length > 0) await hold(ackIds, HELD_SECONDS);
        for (const received of fresh) {
          const one = await toHeld(received);
          if (isWanted(one.letter, filter)) yield one;
        }
      }
    },
    async replay({ headers = {}, givenUp, received, letter, body }: GcloudHeld, { topic, event }) {
      const message = { headers, body: await body() };
      const whom = { functionName: letter.function, functions: functionsOf(system) };
      const sent = toSent(message, { topic, ...whom, event, isGivenUp: givenUp !== undefined });
      const { orderingKey } = received.message;
      const messages = [
        {
          data: Buffer.from(sent.body).toString("base64"),
          attributes: attributesOf(sent === message ? headers : { ...traceIn(headers), ...sent.headers }),
          ...(orderingKey ? { orderingKey } : {}),
        },
      ];
      await post(`${home}/topics/${encodeURIComponent(`${prefix}${topic}`)}:publish`, { messages });
      await takeOut(received).catch(stillThere);
    },
    drop: async ({ received }: GcloudHeld) => takeOut(received),
    note: () => (secret && !hasSecret ? NO_SECRET : undefined),
    async close() {
      await held.giveBack().finally(() => rest.close());
    },
  };

  /** Of one that the deployment's own subscription gave up: the topic that it is on. */
  async function givenUpOf(attributes: Readonly<Record<string, string>>): Promise<GivenUp | undefined> {
    const { [SOURCE]: name } = attributes;
    if (name === undefined) return undefined;
    const asked = sources.get(name) ?? topicOf(name);
    sources.set(name, asked);
    const topic = await asked;
    const fn = system.functions.find((one) => `${prefix}${one.name}-${topic}` === name)?.name;
    const times = attributes[`${GIVEN_UP}SourceDeliveryCount`] ?? "?";
    return { topic, function: fn, reason: `not handled in ${times} deliveries by ${name}` };
  }

  async function topicOf(name: string): Promise<string | undefined> {
    const path = `${home}/subscriptions/${encodeURIComponent(name)}`;
    const answer = await rest.call({ method: "GET", path });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw toGoogleError(path, answer);
    const topic = String((answer.body as { readonly topic?: unknown }).topic).replace(/.*\//, "");
    return topic.startsWith(prefix) ? topic.slice(prefix.length) : undefined;
  }
}

function createToken(project: string, isEmulator: boolean): () => Promise<string> {
  let token: Promise<string> | undefined;
  let asked = 0;
  return () => {
    if (isEmulator) return Promise.resolve("owner");
    if (!token || Date.now() - asked > TOKEN_MS) {
      asked = Date.now();
      const made = printed("gcloud", ["auth", "print-access-token", `--project=${project}`]);
      token = made;
      // Whoever logs in again meanwhile goes on.
      made.catch(() => {
        token = undefined;
      });
    }
    return token;
  };
}

/** Without what Pub/Sub has said of it when it gave it up. */
const headersOf = (attributes: Readonly<Record<string, string>>): Message["headers"] =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith(GIVEN_UP)));

const attributesOf = (headers: Message["headers"]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );

const traceIn = (headers: Message["headers"]): Message["headers"] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^ce-trace(parent|state)$/.test(name)));

/** Where deploy.sh keeps it. */
async function secretOf(
  { LETTER_SECRET, PUBSUB_EMULATOR_HOST }: DriverOptions["env"],
  { project, prefix }: { readonly project: string; readonly prefix: string },
): Promise<string | undefined> {
  if (LETTER_SECRET) return LETTER_SECRET;
  if (PUBSUB_EMULATOR_HOST) return undefined;
  const args = ["secrets", "versions", "access", "latest", `--secret=${prefix}letter-secret`, `--project=${project}`];
  return (await printed("gcloud", args).catch(() => "")) || undefined;
}
