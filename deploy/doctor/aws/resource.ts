import type { Value, Values } from "./value.ts";

/** A resource in CloudFormation's words, whoever says it. */
export interface Resource {
  /** Its logical name; of a plan, the name that it gets. */
  readonly id: string;
  readonly type: string;
  /** Resolved: a reference to a resource of the same source is "@" and its id. */
  readonly properties: Values;
  /** What CloudFormation does with it when the stack goes. `undefined`: it goes too. */
  readonly deletionPolicy?: Value;
  /** Ids of the rules that its Metadata except it from, with a reason. */
  readonly excepted?: ReadonlySet<string> | undefined;
  /** Where it stands, or what is under the path in it. */
  lineOf(...path: readonly string[]): number | undefined;
}

/** The properties by which others name a resource in ARNs and URLs, and the service that ARNs say. */
const NAMES: Readonly<Record<string, readonly [property: string, service: string]>> = {
  "AWS::SQS::Queue": ["QueueName", "sqs"],
  "AWS::SNS::Topic": ["TopicName", "sns"],
  "AWS::Lambda::Function": ["FunctionName", "lambda"],
  "AWS::Serverless::Function": ["FunctionName", "lambda"],
  "AWS::DynamoDB::Table": ["TableName", "dynamodb"],
  "AWS::Kinesis::Stream": ["Name", "kinesis"],
};

/** out: by service, colon and name. A name that is not given is not known. */
export function byName(resources: readonly Resource[]): ReadonlyMap<string, Resource> {
  return new Map(
    resources.flatMap((resource) => {
      const [property = "", service] = NAMES[resource.type] ?? [];
      const name = resource.properties[property];
      return typeof name === "string" ? [[`${service}:${name}`, resource] as const] : [];
    }),
  );
}

/** in: AWS::SQS::Queue, or its ARN. out: sqs */
export function serviceOf(typeOrArn: string): string {
  if (typeOrArn.startsWith("arn:")) return typeOrArn.split(":")[2] ?? "";
  if (/^https:\/\/(sqs|queue)\./.test(typeOrArn)) return "sqs";
  const service = (typeOrArn.split("::")[1] ?? "").toLowerCase();
  return service === "serverless" ? "lambda" : service;
}
