import type { System } from "../../../functions/kernel/system.ts";
import type { Found, Place } from "../found.ts";
import type { Rule } from "../rule.ts";
import { byName, type Resource, serviceOf } from "./resource.ts";
import { isTrue, listIn, mapIn, numberOr, type Value, type Values } from "./value.ts";

export interface Settings extends Place {
  readonly properties: Values;
}

/** What feeds a function from a queue, a stream or Kafka: an AWS::Lambda::EventSourceMapping, or a function's event in SAM. */
export interface Mapping extends Settings {
  readonly kind: "queue" | "stream" | "kafka";
  readonly fn: LambdaFunction | undefined;
  /** `undefined`: another stack's. */
  readonly source: Resource | undefined;
  /** SAM makes the queue, as by default. */
  readonly isImplicit?: boolean;
}

export interface LambdaFunction extends Settings {
  /** Seconds. `undefined`: not known. */
  readonly timeout: number | undefined;
  readonly variables: Values;
  /** Whether what fails when it was invoked asynchronously goes somewhere. */
  readonly keepsFailures: boolean;
}

export interface Subscription extends Settings {
  readonly protocol: Value;
  readonly topic: Resource | undefined;
  readonly endpoint: Resource | undefined;
}

/** Of EventBridge, with one of its targets. */
export interface Target extends Settings {
  readonly isScheduled: boolean;
  readonly to: Resource | undefined;
}

type Service = "sqs" | "lambda" | "dynamodb";

export interface Stack {
  readonly queues: readonly Resource[];
  readonly functions: readonly LambdaFunction[];
  readonly mappings: readonly Mapping[];
  readonly subscriptions: readonly Subscription[];
  readonly targets: readonly Target[];
  all(...types: readonly string[]): readonly Resource[];
  /** What a reference, an ARN or a URL means here, or a name where the service is said. */
  named(value: Value, service?: Service): Resource | undefined;
  /** Queues that take what others could not handle or deliver. */
  readonly holders: ReadonlySet<Resource>;
}

/** Looks for one rule broken. */
export interface Check {
  readonly rule: Rule;
  find(stack: Stack, system: System<never> | undefined): readonly Found[];
}

const MAPPED: Readonly<Record<string, readonly [kind: Mapping["kind"], source: string]>> = {
  SQS: ["queue", "Queue"],
  Kinesis: ["stream", "Stream"],
  DynamoDB: ["stream", "Stream"],
  MSK: ["kafka", "Stream"],
  SelfManagedKafka: ["kafka", "KafkaBootstrapServers"],
};

export function toStack(resources: readonly Resource[]): Stack {
  const ids = new Map(resources.map((resource) => [resource.id, resource]));
  const names = byName(resources);
  const all = (...types: readonly string[]) => resources.filter(({ type }) => types.includes(type));
  const named = (value: Value, service?: Service): Resource | undefined => {
    if (typeof value !== "string") return undefined;
    const [, id] = /^@(\w+)/.exec(value) ?? [];
    if (id) return ids.get(id);
    const name = value.slice(Math.max(value.lastIndexOf(":"), value.lastIndexOf("/")) + 1);
    return names.get(`${serviceOf(value) || service}:${name}`);
  };
  const configs = all("AWS::Lambda::EventInvokeConfig");
  const functions = all("AWS::Lambda::Function", "AWS::Serverless::Function").map((resource): LambdaFunction => {
    const { Timeout, Environment, DeadLetterConfig, DeadLetterQueue, EventInvokeConfig } = resource.properties;
    const config =
      configs.find(({ properties }) => named(properties.FunctionName, "lambda") === resource)?.properties ??
      mapIn(EventInvokeConfig);
    const failure = mapIn(mapIn(config.DestinationConfig).OnFailure);
    return {
      ...resource,
      timeout: numberOr(Timeout, 3),
      variables: mapIn(mapIn(Environment).Variables),
      keepsFailures: [DeadLetterConfig, DeadLetterQueue, failure.Destination, failure.Type].some(
        (each) => each !== undefined,
      ),
    };
  });
  const functionOf = (value: Value) => functions.find(({ id }) => id === named(value, "lambda")?.id);

  const events = functions.flatMap((fn) =>
    Object.entries(mapIn(fn.properties.Events)).map(([name, event]) => {
      const { Type, Properties } = mapIn(event);
      const path = ["Events", name];
      return {
        ...{ fn, type: String(Type), id: `${fn.id} ${name}`, properties: mapIn(Properties) },
        excepted: fn.excepted,
        lineOf: (...more: readonly string[]) => fn.lineOf(...path, ...(more.length > 0 ? ["Properties", ...more] : [])),
      };
    }),
  );
  const mappings: Mapping[] = events.flatMap(({ type, ...event }) => {
    const [kind, source = ""] = MAPPED[type] ?? [];
    return kind ? [{ ...event, kind, source: named(event.properties[source]) }] : [];
  });
  for (const { type, ...event } of events) {
    const { SqsSubscription } = event.properties;
    if (type !== "SNS" || !SqsSubscription) continue;
    const properties = mapIn(SqsSubscription);
    const isImplicit = isTrue(SqsSubscription);
    mappings.push({ ...event, kind: "queue", properties, source: named(properties.QueueArn), isImplicit });
  }
  for (const { properties, ...place } of all("AWS::Lambda::EventSourceMapping")) {
    const kind = kindOf(properties, named(properties.EventSourceArn));
    if (!kind) continue;
    mappings.push({
      ...{ ...place, properties, kind },
      fn: functionOf(properties.FunctionName),
      source: named(properties.EventSourceArn),
    });
  }

  const subscriptions: Subscription[] = all("AWS::SNS::Subscription").map((resource) => ({
    ...resource,
    protocol: resource.properties.Protocol,
    topic: named(resource.properties.TopicArn),
    endpoint: named(resource.properties.Endpoint),
  }));
  for (const topic of all("AWS::SNS::Topic")) {
    for (const each of listIn(topic.properties.Subscription).map(mapIn)) {
      subscriptions.push({
        ...{ id: `${topic.id} to ${String(each.Endpoint).replace("@", "")}`, excepted: topic.excepted },
        ...{ properties: each, protocol: each.Protocol, topic, endpoint: named(each.Endpoint) },
        lineOf: () => topic.lineOf("Subscription"),
      });
    }
  }
  for (const { fn, type, ...event } of events) {
    // With a queue between, SAM makes that as well.
    if (type !== "SNS" || event.properties.SqsSubscription) continue;
    subscriptions.push({
      ...event,
      protocol: "lambda",
      topic: named(event.properties.Topic),
      endpoint: ids.get(fn.id),
    });
  }

  const targets: Target[] = all("AWS::Events::Rule").flatMap((rule) =>
    listIn(rule.properties.Targets).map((target) => ({
      ...rule,
      properties: mapIn(target),
      isScheduled: rule.properties.ScheduleExpression !== undefined,
      to: named(mapIn(target).Arn),
    })),
  );
  for (const { fn, type, ...event } of events) {
    if (!["EventBridgeRule", "CloudWatchEvent", "Schedule", "ScheduleV2"].includes(type)) continue;
    targets.push({ ...event, isScheduled: type.startsWith("Schedule"), to: ids.get(fn.id) });
  }

  const queues = all("AWS::SQS::Queue");
  const lettersOf = (properties: Values) => named(mapIn(properties.RedrivePolicy).deadLetterTargetArn);
  const holders = new Set([...queues, ...subscriptions].flatMap(({ properties }) => lettersOf(properties) ?? []));
  return { queues, functions, mappings, subscriptions, targets, all, named, holders };
}

function kindOf(
  { EventSourceArn, SelfManagedEventSource }: Values,
  source: Resource | undefined,
): Mapping["kind"] | undefined {
  if (SelfManagedEventSource !== undefined) return "kafka";
  const service = serviceOf(source?.type ?? (typeof EventSourceArn === "string" ? EventSourceArn : ""));
  if (service === "sqs") return "queue";
  if (service === "kinesis" || service === "dynamodb") return "stream";
  return service === "kafka" || service === "msk" ? "kafka" : undefined;
}

export const isFifo = ({ type, properties }: Resource): boolean =>
  isTrue(properties.FifoQueue) ||
  isTrue(properties.FifoTopic) ||
  String(properties[type === "AWS::SNS::Topic" ? "TopicName" : "QueueName"]).endsWith(".fifo");
