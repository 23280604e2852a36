import type { Resource } from "./resource.ts";
import { allows, everybody, statementsOf } from "./rights.ts";
import type { Stack } from "./stack.ts";
import { listIn, mapIn, UNKNOWN, type Value, type Values } from "./value.ts";

interface Way {
  readonly queue: Resource;
  /** A topic, or EventBridge, whichever its rule is. */
  readonly from: Resource | "events";
}

/** Whether a queue's policies let somebody send to it; what is not known is taken to. */
export function allowsSending({ all, named }: Stack, { queue, from }: Way): boolean {
  const service = `${from === "events" ? from : "sns"}.amazonaws.com`;
  const isFrom = (value: Value): boolean => {
    const source = named(value);
    if (from === "events") return source === undefined || source.type === "AWS::Events::Rule";
    return source === from || (source === undefined && isOpen(value, from));
  };
  const policies = all("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy").filter(({ properties }) =>
    listIn(properties.Queues ?? properties.Queue).some((each) => named(each, "sqs") === queue || each === UNKNOWN),
  );
  return policies.some(({ properties: { PolicyDocument } }) =>
    PolicyDocument === UNKNOWN
      ? true
      : statementsOf(PolicyDocument).some((statement) => {
          const { AWS, Service } = mapIn(statement.Principal);
          const isService = [...listIn(Service), ...listIn(AWS)].some((each) => each === service || each === UNKNOWN);
          return (
            allows(statement) && (everybody(statement) || isService) && sends(statement) && admits(statement, isFrom)
          );
        }),
  );
}

const sends = ({ Action }: Values): boolean =>
  listIn(Action).some((each) => each === UNKNOWN || /^(sqs:(sendmessage|\*|send\*)|\*)$/i.test(String(each)));

/** A pattern, or what has no name here: not to be told from here. */
const isOpen = (value: Value, { properties }: Resource): boolean =>
  typeof value !== "string" ||
  /[*?<]/.test(value) ||
  (value.startsWith("arn:") && typeof properties.TopicName !== "string");

function admits({ Condition }: Values, isFrom: (value: Value) => boolean): boolean {
  const sources = Object.values(mapIn(Condition)).flatMap((test) =>
    Object.entries(mapIn(test)).flatMap(([key, values]) =>
      key.toLowerCase() === "aws:sourcearn" ? listIn(values) : [],
    ),
  );
  return sources.length === 0 || sources.some(isFrom);
}
