import type { Message } from "../../../adapters/core/event/decode.ts";
import { printed } from "../../programs.ts";
import { grouped } from "../legible.ts";
import type { Driver, GivenUp, Held } from "../letter.ts";
import { isWanted, toLetter } from "../letter.ts";
import { stillThere, toSent } from "../sent.ts";
import { openAwsSession } from "./aws-session.ts";
import { createHolding } from "./holding.ts";
import { type DriverOptions, functionsOf, NO_SECRET } from "./options.ts";

const MOST_AT_ONCE = 10;
/** Long polling asks all servers of a queue; even so, an answer may say nothing of letters that are there. */
const EMPTY_ANSWERS = 3;
const HIDDEN_SECONDS = 60;
/** Of reading them, and of hiding them once more. */
const LETTERS_A_SECOND = 10;
/** source: Amazon SQS developer guide, "Amazon SQS visibility timeout" */
const MOST_HIDDEN_SECONDS = 12 * 3_600 - 60;

interface SqsMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, { readonly DataType: string; readonly StringValue?: string }>>;
}

interface AwsHeld extends Held {
  readonly message: SqsMessage;
  readonly givenUp: GivenUp | undefined;
}

/** The letters in the SQS queue of a deployment, each replayed to the queue of the function where it died. */
export async function openAws(options: DriverOptions): Promise<Driver> {
  const { at, system } = options;
  const { prefix = `${system.name}-` } = at;
  const names = new Map(system.functions.map(({ name }) => [`${prefix}${name}`, name]));
  const { sqs, latest, region } = await openAwsSession(options);
  const urls = new Map<string, Promise<string>>();
  const urlOf = (queue: string): Promise<string> => {
    const known = urls.get(queue);
    if (known) return known;
    const asked = sqs("GetQueueUrl", { QueueName: queue }).then(
      ({ QueueUrl }) => String(QueueUrl),
      (error: Error) => {
        urls.delete(queue);
        throw new Error(`queue ${queue} in ${region}: ${error.message}`, { cause: error });
      },
    );
    urls.set(queue, asked);
    return asked;
  };
  const QueueUrl = await urlOf(`${prefix}dead-letters`);
  const hidden = createHolding({
    mostAtOnce: MOST_AT_ONCE,
    async set(handles, VisibilityTimeout) {
      const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout }));
      await sqs("ChangeMessageVisibilityBatch", { QueueUrl, Entries });
    },
  });
  let unseen = 0;
  let secret: Promise<string | undefined> | undefined;
  let hasSecret = false;

  const toHeld = async (message: SqsMessage): Promise<AwsHeld> => {
    const { Body, Attributes = {}, MessageId } = message;
    if (Body.includes('"deadseal"')) secret ??= secretOf(options, prefix);
    const known = await secret;
    hasSecret = known !== undefined;
    const bytes = Buffer.from(Body);
    const headers = headersOf(message);
    const givenUp = givenUpOf(Attributes, names);
    const time = new Date(Number(Attributes.SentTimestamp)).toISOString();
    const letter = toLetter({ headers, body: bytes }, { secret: known, givenUp, id: MessageId, time });
    const place = givenUp ? givenUp.topic : letter.isSealed ? letter.topic : undefined;
    return { letter, place, headers, givenUp, message, body: async () => bytes };
  };

  const takeOut = async ({ MessageId, ReceiptHandle }: SqsMessage) => {
    await sqs("DeleteMessage", { QueueUrl, ReceiptHandle: hidden.handleOf(MessageId) ?? ReceiptHandle });
    hidden.leave(MessageId);
  };

  return {
    topics: [...names.keys()],
    functionAt: (queue) => names.get(queue),
    async *letters(filter) {
      const { visible: count } = await countThem();
      // Those that come while others die go on for ever.
      const began = latest();
      const VisibilityTimeout = Math.min(HIDDEN_SECONDS + Math.ceil(count / LETTERS_A_SECOND), MOST_HIDDEN_SECONDS);
      hidden.renew(VisibilityTimeout);
      for (let empty = 0; empty < (hidden.size < count ? EMPTY_ANSWERS : 1); ) {
        const answer = await sqs("ReceiveMessage", {
          ...{ QueueUrl, VisibilityTimeout, MaxNumberOfMessages: MOST_AT_ONCE, WaitTimeSeconds: 1 },
          ...{ AttributeNames: ["All"], MessageAttributeNames: ["All"] },
        });
        const { Messages = [] } = answer as { readonly Messages?: readonly SqsMessage[] };
        empty = Messages.some(({ Attributes }) => Number(Attributes?.SentTimestamp) <= began) ? 0 : empty + 1;
        for (const message of Messages) {
          const isNew = !hidden.has(message.MessageId);
          hidden.take(message.MessageId, message.ReceiptHandle);
          const held = await toHeld(message);
          if (isNew && isWanted(held.letter, filter)) yield held;
        }
      }
      const { visible, invisible } = await countThem();
      unseen = visible + invisible - hidden.size;
    },
    async replay(held: AwsHeld, { topic, event }) {
      const { headers = {}, givenUp, message } = held;
      const functionName = names.get(topic) ?? held.letter.function;
      const letter = { headers, body: await held.body() };
      const isGivenUp = givenUp !== undefined;
      const sent = toSent(letter, { topic, functionName, functions: functionsOf(system), event, isGivenUp });
      await sqs("SendMessage", {
        QueueUrl: await urlOf(topic),
        ...toSqs(sent, { message, topic, isAsItWas: sent === letter }),
      });
      await takeOut(message).catch(stillThere);
    },
    drop: async ({ message }: AwsHeld) => takeOut(message),
    note: () => (secret && !hasSecret ? NO_SECRET : undefined),
    unseen: () =>
      unseen > 0
        ? `about ${grouped(unseen)} more are not seen: another run holds them, or they came just now`
        : undefined,
    close: () => hidden.giveBack(),
  };

  async function countThem() {
    const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    const { Attributes } = await sqs("GetQueueAttributes", { QueueUrl, AttributeNames });
    const [visible, invisible] = AttributeNames.map((name) =>
      Number((Attributes as Readonly<Record<string, string>>)[name] ?? 0),
    ) as [number, number];
    return { visible, invisible };
  }
}

/** What SQS gave up after too many receives, it knows itself. */
function givenUpOf(
  { DeadLetterQueueSourceArn: arn }: Readonly<Record<string, string>>,
  names: ReadonlyMap<string, string>,
): GivenUp | undefined {
  const queue = arn?.split(":").at(-1);
  if (queue === undefined) return undefined;
  return { topic: queue, function: names.get(queue), reason: "not handled, however often it was received" };
}

const headersOf = ({ MessageAttributes = {} }: SqsMessage): Message["headers"] =>
  Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name.toLowerCase(), StringValue]),
  );

interface ToSqsOptions {
  readonly message: SqsMessage;
  readonly topic: string;
  readonly isAsItWas: boolean;
}

/** A group's order is kept where it has one. */
function toSqs(sent: Message, { message, topic, isAsItWas }: ToSqsOptions): object {
  const { MessageGroupId } = message.Attributes ?? {};
  const { MessageAttributes } = message;
  return {
    MessageBody: Buffer.from(sent.body).toString(),
    ...(isAsItWas && MessageAttributes ? { MessageAttributes } : {}),
    ...(MessageGroupId === undefined ? {} : { MessageGroupId }),
    ...(topic.endsWith(".fifo") ? { MessageDeduplicationId: `replay-${message.MessageId}` } : {}),
  };
}

/** Where upload.sh and the template keep it: with each function. */
async function secretOf({ at, env, system }: DriverOptions, prefix: string): Promise<string | undefined> {
  if (env.LETTER_SECRET) return env.LETTER_SECRET;
  const options = Object.entries({ profile: at.profile, region: at.region }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const name = `${prefix}${system.functions[0]?.name}`;
  const which = ["--query", "Environment.Variables.LETTER_SECRET", "--output", "text"];
  const said = await printed("aws", [
    "lambda",
    "get-function-configuration",
    "--function-name",
    name,
    ...which,
    ...options,
  ]).catch(() => "");
  return said === "" || said === "None" ? undefined : said;
}
