import { InputError } from "../resource.ts";
import type { Resource } from "./resource.ts";
import { mapIn, type Value, type Values } from "./value.ts";

interface Call {
  readonly words: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly line: number;
}

/** Whether a text is calls of the AWS CLI, one a line, as `upload.sh --dry-run` prints them. */
export const isPlan = (text: string): boolean => /^aws (sqs|sns|lambda|events|iam|dynamodb|cloudwatch) /m.test(text);

/** The resources that calls of the AWS CLI would make. */
export function fromPlan(text: string): readonly Resource[] {
  const calls = text.split("\n").flatMap((line, at) => (line.startsWith("aws ") ? [parse(line.slice(4), at + 1)] : []));
  return calls.flatMap((call) => {
    // What stands in another file is not known here.
    if (Object.values(call.flags).some((value) => value.startsWith("file://"))) return [];
    return madeBy(call, calls).map(([type, id, properties]) => ({
      ...{ type, id, properties },
      deletionPolicy: "Retain",
      lineOf: () => call.line,
    }));
  });
}

function madeBy(call: Call, calls: readonly Call[]): Made {
  try {
    return MAKERS[call.words]?.(call.flags, calls) ?? [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InputError(`must have JSON that can be read: ${error.message}`, call.line);
  }
}

/** in: words, those with special characters in quotes */
function parse(text: string, line: number): Call {
  const words = Array.from(text.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g), ([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
  );
  const first = words.findIndex((word) => word.startsWith("--"));
  const flags: Record<string, string> = {};
  let name = "";
  for (const word of first < 0 ? [] : words.slice(first)) {
    if (word.startsWith("--")) {
      name = word.slice(2);
      flags[name] = "";
    } else flags[name] = flags[name] ? `${flags[name]} ${word}` : word;
  }
  return { words: words.slice(0, first < 0 ? words.length : first).join(" "), flags, line };
}

type Made = readonly (readonly [type: string, id: string, properties: Values])[];
type Flags = Call["flags"];

const last = (arn = ""): string => arn.slice(Math.max(arn.lastIndexOf(":"), arn.lastIndexOf("/")) + 1);
/** in: JSON, or AWS's shorthand of one level */
function shorthand(text = ""): Values {
  if (/^\s*[{[]/.test(text)) return { ...(JSON.parse(text) as Values) };
  return Object.fromEntries(
    text.split(",").map((pair) => [pair.split("=")[0] ?? "", pair.split("=").slice(1).join("=")]),
  );
}
const given = (members: Values): Values =>
  Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
const flagged = (calls: readonly Call[], words: string, same: (flags: Flags) => boolean): Flags | undefined =>
  calls.find((call) => call.words === words && same(call.flags))?.flags;

const MAKERS: Readonly<Record<string, (flags: Flags, calls: readonly Call[]) => Made>> = {
  "sqs create-queue": ({ "queue-name": name = "", attributes }, calls) => {
    const set = calls.filter(
      ({ words, flags }) => words === "sqs set-queue-attributes" && last(flags["queue-url"]) === name,
    );
    const said = [attributes, ...set.map(({ flags }) => flags.attributes)].map((each) => shorthand(each));
    const { Policy, ...properties }: Values = Object.assign({}, ...said);
    const queue = ["AWS::SQS::Queue", `queue ${name}`, { ...properties, QueueName: name }] as const;
    return Policy
      ? [queue, ["AWS::SQS::QueuePolicy", `${name} policy`, { Queues: [name], PolicyDocument: Policy }]]
      : [queue];
  },
  "sns create-topic": ({ name = "", attributes }) => [
    ["AWS::SNS::Topic", `topic ${name}`, { ...shorthand(attributes), TopicName: name }],
  ],
  "sns subscribe": (flags) => {
    const endpoint = flags["notification-endpoint"] ?? "";
    const properties = {
      TopicArn: flags["topic-arn"],
      Protocol: flags.protocol,
      Endpoint: endpoint,
      ...shorthand(flags.attributes),
    };
    return [["AWS::SNS::Subscription", `${last(endpoint)} to ${last(flags["topic-arn"])}`, properties]];
  },
  "dynamodb create-table": ({ "table-name": name = "" }, calls) => {
    const ttl = flagged(calls, "dynamodb update-time-to-live", (flags) => flags["table-name"] === name);
    const backups = flagged(calls, "dynamodb update-continuous-backups", (flags) => flags["table-name"] === name);
    const properties: Record<string, Value> = { TableName: name };
    if (ttl) properties.TimeToLiveSpecification = shorthand(ttl["time-to-live-specification"]);
    if (backups)
      properties.PointInTimeRecoverySpecification = shorthand(backups["point-in-time-recovery-specification"]);
    return [["AWS::DynamoDB::Table", `table ${name}`, properties]];
  },
  "iam put-role-policy": (flags) => [
    [
      "AWS::IAM::RolePolicy",
      `role ${flags["role-name"]}`,
      { RoleName: flags["role-name"], PolicyDocument: mapIn(flags["policy-document"]) },
    ],
  ],
  "iam attach-role-policy": (flags) => [
    ["AWS::IAM::Role", `role ${flags["role-name"]}`, { ManagedPolicyArns: [flags["policy-arn"] ?? ""] }],
  ],
  "lambda create-function": (flags, calls) => {
    const name = flags["function-name"] ?? "";
    const reserved = flagged(calls, "lambda put-function-concurrency", (each) => each["function-name"] === name);
    const properties = given({
      ...{ FunctionName: name, Timeout: flags.timeout, Environment: shorthand(flags.environment), Role: flags.role },
      DeadLetterConfig: flags["dead-letter-config"] && shorthand(flags["dead-letter-config"]),
      ReservedConcurrentExecutions: reserved?.["reserved-concurrent-executions"],
    });
    return [["AWS::Lambda::Function", `function ${name}`, properties]];
  },
  "lambda put-function-event-invoke-config": (flags) => [
    [
      "AWS::Lambda::EventInvokeConfig",
      `${flags["function-name"]} asynchronously`,
      { FunctionName: flags["function-name"], DestinationConfig: shorthand(flags["destination-config"]) },
    ],
  ],
  "lambda create-event-source-mapping": (flags) => {
    const properties = given({
      ...{ EventSourceArn: flags["event-source-arn"], FunctionName: flags["function-name"] },
      FunctionResponseTypes: flags["function-response-types"]?.split(" "),
      ScalingConfig: flags["scaling-config"] && shorthand(flags["scaling-config"]),
      DestinationConfig: flags["destination-config"] && shorthand(flags["destination-config"]),
      FilterCriteria: flags["filter-criteria"] && shorthand(flags["filter-criteria"]),
      ...{ BatchSize: flags["batch-size"], StartingPosition: flags["starting-position"] },
      MaximumBatchingWindowInSeconds: flags["maximum-batching-window-in-seconds"],
      MaximumRetryAttempts: flags["maximum-retry-attempts"],
      MaximumRecordAgeInSeconds: flags["maximum-record-age-in-seconds"],
      BisectBatchOnFunctionError: "bisect-batch-on-function-error" in flags || undefined,
      Enabled: "no-enabled" in flags ? false : undefined,
    });
    return [
      [
        "AWS::Lambda::EventSourceMapping",
        `${flags["function-name"]} of ${last(flags["event-source-arn"])}`,
        properties,
      ],
    ];
  },
  "lambda create-function-url-config": (flags) => [
    [
      "AWS::Lambda::Url",
      `${flags["function-name"]} url`,
      { TargetFunctionArn: flags["function-name"], AuthType: flags["auth-type"] },
    ],
  ],
  "events put-rule": ({ name = "", ...flags }, calls) => {
    const targets = flagged(calls, "events put-targets", ({ rule }) => rule === name)?.targets;
    const properties = given({
      ...{ Name: name, ScheduleExpression: flags["schedule-expression"], EventPattern: flags["event-pattern"] },
      Targets: targets?.startsWith("[") ? JSON.parse(targets) : undefined,
    });
    return [["AWS::Events::Rule", `rule ${name}`, properties]];
  },
  "cloudwatch put-metric-alarm": (flags) => {
    const [, name, value] = /Name=([^,]*),Value=(.*)/.exec(flags.dimensions ?? "") ?? [];
    const properties = {
      MetricName: flags["metric-name"],
      Namespace: flags.namespace,
      Dimensions: [{ Name: name, Value: value }],
    };
    const given = flags["cli-input-json"];
    if (given?.startsWith("{")) {
      const alarm = shorthand(given);
      return [["AWS::CloudWatch::Alarm", `alarm ${String(alarm.AlarmName)}`, alarm]];
    }
    return [["AWS::CloudWatch::Alarm", `alarm ${flags["alarm-name"]}`, properties]];
  },
};
