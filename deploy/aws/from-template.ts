import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CollectionTag, parse, type ScalarTag } from "yaml";
import {
  type Deployment,
  KEPT,
  type PolicyDocument,
  sendersIn,
  shortName,
  statementsIn,
  toAlarm,
} from "./deployment.ts";

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties have no types here
type Properties = Readonly<Record<string, any>>;
interface Resource {
  readonly Type: string;
  readonly Properties: Properties;
}

const TAGS = [
  ...["Ref", "Sub", "GetAtt", "Condition"].map(
    (name): ScalarTag => ({ tag: `!${name}`, resolve: (value) => ({ [name]: value }) }),
  ),
  ...["If", "Equals", "Not", "And"].map(
    (name): CollectionTag => ({ tag: `!${name}`, collection: "seq", resolve: (list) => ({ [name]: list.toJSON() }) }),
  ),
];

/** What CloudFormation reads where a secret of the stack is kept. */
const SECRET = /^\{\{resolve:secretsmanager:(Edge|Letter)Secret\}\}$/;

/** What template.yaml deploys. in: the folder where it is; parameters, where they are not as by default */
export function fromTemplate(folder: string, parameters: Readonly<Record<string, string | number>> = {}): Deployment {
  const template = parse(readFileSync(join(folder, "template.yaml"), "utf8"), { customTags: TAGS });
  const given: typeof parameters = { Prefix: "", ...parameters };
  const resources: Readonly<Record<string, Resource>> = template.Resources;
  const nameOf = (id: string): string => {
    const { TopicName, QueueName, FunctionName, TableName, LogGroupName } = resources[id]?.Properties ?? {};
    return resolve(TopicName ?? QueueName ?? FunctionName ?? TableName ?? LogGroupName ?? id);
  };
  const referred = (id: string): unknown =>
    id === "AWS::NoValue" ? undefined : (given[id] ?? template.Parameters[id]?.Default ?? nameOf(id));

  /** Names in the place of ARNs, URLs and references. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  function resolve(value: any): any {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== "object" || value === null) return value;
    if ("Ref" in value) return referred(value.Ref);
    if ("GetAtt" in value) return nameOf(value.GetAtt.split(".")[0]);
    if ("Condition" in value && typeof value.Condition === "string")
      return resolve(template.Conditions[value.Condition]);
    if ("If" in value) return resolve(value.If[resolve(template.Conditions[value.If[0]]) ? 1 : 2]);
    if ("Equals" in value) return String(resolve(value.Equals[0])) === String(resolve(value.Equals[1]));
    if ("Not" in value) return !resolve(value.Not[0]);
    if ("And" in value) return value.And.every(resolve);
    if ("Sub" in value)
      return value.Sub.replace(/\$\{(\w+)(?:\.Arn)?\}/g, (_: string, id: string) => String(referred(id)));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member)]));
  }
  const all = (type: string): readonly Properties[] =>
    Object.values(resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => resolve(Properties));
  const byName = <T>(type: string, to: (properties: Properties) => readonly [string, T]): Record<string, T> =>
    Object.fromEntries(all(type).map(to));

  /** What SAM makes of the functions' events, by function. */
  const eventsOf = <T>(type: string, to: (properties: Properties) => T): Record<string, T> =>
    Object.fromEntries(
      all("AWS::Serverless::Function").flatMap(({ FunctionName, Events = {} }) =>
        Object.values(Events as Readonly<Record<string, Resource>>)
          .filter(({ Type }) => Type === type)
          .map(({ Properties }) => [shortName(FunctionName), to(Properties)]),
      ),
    );

  const policies = byName("AWS::SQS::QueuePolicy", ({ Queues, PolicyDocument }) => [
    Queues[0],
    sendersIn(PolicyDocument as PolicyDocument),
  ]);
  const defaults = template.Globals.Function;
  const [ledger = {}] = all("AWS::DynamoDB::Table");
  return {
    topics: all("AWS::SNS::Topic").map(({ TopicName }) => shortName(TopicName)),
    queues: byName(
      "AWS::SQS::Queue",
      ({ QueueName, MaximumMessageSize, VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy }) => [
        shortName(QueueName),
        {
          visibilitySeconds: VisibilityTimeout,
          retentionSeconds: MessageRetentionPeriod,
          maxBytes: MaximumMessageSize,
          deadLetters: RedrivePolicy && {
            to: shortName(RedrivePolicy.deadLetterTargetArn),
            after: RedrivePolicy.maxReceiveCount,
          },
          senders: policies[QueueName] ?? [],
        },
      ],
    ),
    subscriptions: all("AWS::SNS::Subscription").map((properties) => ({
      topic: shortName(properties.TopicArn),
      queue: shortName(properties.Endpoint),
      raw: properties.RawMessageDelivery,
      filter: properties.FilterPolicy && { scope: properties.FilterPolicyScope, policy: properties.FilterPolicy },
      deadLetters: properties.RedrivePolicy && shortName(properties.RedrivePolicy.deadLetterTargetArn),
    })),
    functions: byName("AWS::Serverless::Function", ({ FunctionName, CodeUri, Environment, ...own }) => {
      const { TOPIC_ARN_PREFIX, ...env } = {
        ...resolve(defaults.Environment.Variables),
        ...Environment?.Variables,
      };
      return [
        shortName(FunctionName),
        {
          code: CodeUri.replace("../../", ""),
          runtime: defaults.Runtime,
          architecture: defaults.Architectures[0],
          handler: defaults.Handler,
          timeoutSeconds: own.Timeout ?? defaults.Timeout,
          memory: own.MemorySize ?? defaults.MemorySize,
          env: {
            ...Object.fromEntries(
              Object.entries(env).map(([name, value]) => [name, SECRET.test(String(value)) ? KEPT : value]),
            ),
            MAX_EVENT_BYTES: String(env.MAX_EVENT_BYTES),
            TOPIC_ARN_PREFIX: TOPIC_ARN_PREFIX.split(":").at(-1) ?? "",
          },
        },
      ];
    }),
    mappings: eventsOf("SQS", (properties) => ({
      queue: shortName(properties.Queue),
      batchSize: properties.BatchSize,
      responses: properties.FunctionResponseTypes,
      concurrency: properties.ScalingConfig.MaximumConcurrency,
    })),
    schedules: eventsOf("Schedule", (properties) => ({
      rule: shortName(properties.Name),
      every: properties.Schedule,
      event: JSON.parse(properties.Input),
      retries: properties.RetryPolicy.MaximumRetryAttempts,
    })),
    roles: Object.fromEntries(
      Object.values(resources)
        .filter(({ Type }) => Type === "AWS::Serverless::Function")
        .map(({ Properties: { FunctionName, Role } }) => [
          resolve(FunctionName),
          statementsIn(resolve(resources[Role.GetAtt.split(".")[0]]?.Properties.Policies[0].PolicyDocument)),
        ]),
    ),
    logs: byName("AWS::Logs::LogGroup", ({ LogGroupName, RetentionInDays }) => [
      shortName(LogGroupName),
      RetentionInDays,
    ]),
    alarms: all("AWS::CloudWatch::Alarm").map(toAlarm),
    table: {
      name: shortName(ledger.TableName),
      key: ledger.KeySchema[0].AttributeName,
      ttl: ledger.TimeToLiveSpecification.AttributeName,
      attributes: ledger.AttributeDefinitions,
      indexes: ledger.GlobalSecondaryIndexes,
      recovery: ledger.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled,
    },
    urlAuth: all("AWS::Lambda::Url")[0]?.AuthType,
    edgeConcurrency: all("AWS::Serverless::Function").find(({ FunctionName }) => shortName(FunctionName) === "edge")
      ?.ReservedConcurrentExecutions,
  };
}
