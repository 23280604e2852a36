import type { CallOptions } from "../core/ledger/ledger.ts";
import { type Publish, type Said, withTrace } from "../core/relay/publish.ts";
import { type AwsAnswer, AwsError, type CallAws } from "./aws-client.ts";

interface SnsOptions {
  readonly aws: CallAws;
  /** What stands before a topic's name: `arn:aws:sns:<region>:<account>:<prefix>`. */
  readonly topicArnPrefix: string;
}

/** Limits of one PublishBatch, all of its messages together. Source: Amazon SNS API reference, "PublishBatch". */
const MOST_MESSAGES = 10;
const MOST_BYTES = 256 * 1024;
/** Of the attribute of one, its name and data type among them. */
const ATTRIBUTE_BYTES = 210;
/** What an attribute can hold: SNS refuses an empty one, and some characters. Without it, an event passes every filter. */
const TYPE = /^[\w.-]{1,200}$/;

/**
 * Publishes to SNS topics, events in a row on one topic in batches; what a batch leaves is published one by one. The trace
 * context goes in the event, where every subscriber finds it, however SNS wraps it; the type also beside it, for filters.
 *
 * throws  AwsError when one was not taken
 * source  Amazon SNS API reference, "Publish", "PublishBatch"
 */
export function createSnsPublisher({ aws, topicArnPrefix }: SnsOptions): Publish {
  const call = async ({ topic }: Said, parameters: Readonly<Record<string, string>>, { signal }: CallOptions) => {
    const answer = await aws({
      service: "sns",
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body: `${new URLSearchParams({ Version: "2010-03-31", TopicArn: topicArnPrefix + topic, ...parameters })}`,
      signal,
    });
    if (answer.status !== 200) throw toError(topic, answer);
    return answer;
  };

  const publishOne = (said: Said, options: CallOptions) =>
    call(said, { Action: "Publish", ...toParameters(said) }, options);

  const publishBatch = async (batch: readonly [Said, ...Said[]], options: CallOptions) => {
    const entries = batch.flatMap((said, index) => {
      const member = `PublishBatchRequestEntries.member.${index + 1}.`;
      return Object.entries({ [`${member}Id`]: String(index), ...toParameters(said, member) });
    });
    const taken = takenIn(await call(batch[0], { Action: "PublishBatch", ...Object.fromEntries(entries) }, options));
    for (const [index, said] of batch.entries()) if (!taken.has(String(index))) await publishOne(said, options);
  };

  return async (events, options = {}) => {
    for (const batch of toBatches(events))
      await (batch.length === 1 ? publishOne(batch[0], options) : publishBatch(batch, options));
  };
}

/** in: what stands before each parameter's name */
function toParameters(said: Said, member = ""): Readonly<Record<string, string>> {
  const { type = "" } = JSON.parse(said.body);
  const entry = `${member}MessageAttributes.entry.1.`;
  const value = `${entry}Value.`;
  const attribute = { [`${entry}Name`]: "type", [`${value}DataType`]: "String", [`${value}StringValue`]: type };
  return { [`${member}Message`]: toMessage(said), ...(TYPE.test(type) && attribute) };
}

/** What is no character in XML, and in JSON only within strings. */
const NO_CHARACTER = /[\ufffe\uffff]/g;

/**
 * The body holds no trace context yet. A queue behind the topic takes no character that XML does not know, and the event
 * would be lost between the two.
 *
 * source  Amazon SQS API reference, "SendMessage": InvalidMessageContents
 */
const toMessage = (said: Said): string =>
  withTrace(
    said.body.replace(NO_CHARACTER, (one) => `\\u${one.charCodeAt(0).toString(16)}`),
    said,
  );

/** Runs of one topic within the limits. */
function toBatches(events: readonly Said[]): readonly (readonly [Said, ...Said[]])[] {
  const batches: [Said, ...Said[]][] = [];
  let bytes = 0;
  for (const said of events) {
    const size = Buffer.byteLength(toMessage(said)) + ATTRIBUTE_BYTES;
    const last = batches.at(-1);
    if (last && last[0].topic === said.topic && last.length < MOST_MESSAGES && bytes + size <= MOST_BYTES) {
      last.push(said);
      bytes += size;
    } else {
      batches.push([said]);
      bytes = size;
    }
  }
  return batches;
}

/** The ids that SNS says it has; one that it does not mention, it does not have. */
const takenIn = ({ text }: AwsAnswer): ReadonlySet<string> => {
  const successful = /<Successful>(.*?)<\/Successful>/s.exec(text)?.[1] ?? "";
  return new Set(Array.from(successful.matchAll(/<Id>(\d+)<\/Id>/g), ([, id]) => id as string));
};

/** SNS's own words may repeat the message: only its code is kept. */
const toError = (topic: string, { status, text }: AwsAnswer): AwsError =>
  new AwsError(`sns publish to ${topic}: answered ${status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? ""}`.trim());
