import { type Check, isFifo } from "./stack.ts";

export const fifoChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-fifo-topic",
      effect: "repeats",
      why: "from a standard queue messages may come more than once and in another order, whatever the topic is",
      source: 'Amazon SNS Developer Guide, "Amazon SNS message delivery for FIFO topics"',
      fix: "make the queue a FIFO queue, or the topic a standard one",
    },
    find: ({ subscriptions }) =>
      subscriptions.flatMap((subscription) => {
        const { topic, endpoint } = subscription;
        if (!topic || endpoint?.type !== "AWS::SQS::Queue" || !isFifo(topic) || isFifo(endpoint)) return [];
        return [{ at: subscription, what: `${endpoint.id} is a standard queue on the FIFO topic ${topic.id}` }];
      }),
  },
  {
    rule: {
      id: "aws-fifo-publish",
      effect: "stalls",
      why: "SNS refuses what is published to a FIFO topic without a message group, which the functions do not give: nothing is ever said there",
      source:
        'Amazon SNS Developer Guide, "Amazon SNS message grouping for FIFO topics": a mandatory token; adapters/lambda/README.md: TOPIC_ARN_PREFIX',
      fix: "make it a standard topic: the ledger knows what was handled, whatever the order",
    },
    find: ({ all, functions }) =>
      all("AWS::SNS::Topic").flatMap((topic) => {
        const name = topic.properties.TopicName;
        const publisher = functions.find(({ variables }) => {
          const prefix = variables.TOPIC_ARN_PREFIX;
          return (
            typeof prefix === "string" &&
            typeof name === "string" &&
            name.startsWith(prefix.slice(prefix.lastIndexOf(":") + 1))
          );
        });
        return publisher && isFifo(topic)
          ? [{ at: topic, path: ["FifoTopic"], what: `${topic.id} is a FIFO topic of ${publisher.id}` }]
          : [];
      }),
  },
];
