import type { Publish } from "../../adapters/core/relay/publish.ts";
import { parseConfig } from "../../adapters/dapr/config.ts";
import { createPublisher } from "../../adapters/dapr/publisher.ts";
import { createSidecar } from "../../adapters/dapr/sidecar-client.ts";
import * as google from "../../adapters/gcf/pubsub.ts";
import { createRest } from "../../adapters/gcf/rest.ts";
import { type AwsEnvironment, type CallAws, createAws } from "../../adapters/lambda/aws-client.ts";
import { createSnsPublisher } from "../../adapters/lambda/sns-publish.ts";
import { UsageError } from "../../adapters/local/command-line.ts";
import { readCredentials } from "../aws/credentials.ts";
import { printed } from "../programs.ts";

const TIMEOUT_MS = 15_000;

/** Where an event is published. */
export interface Publisher {
  readonly publish: Publish;
  close(): void | Promise<void>;
}

interface SidecarOptions {
  readonly endpoint: string;
  readonly token: string | undefined;
}

/** By a sidecar. DAPR_VERSION and PUBSUB_NAME are those of its services. */
export function sidecarPublisher({ endpoint, token }: SidecarOptions): Publisher {
  const { DAPR_VERSION, PUBSUB_NAME } = process.env;
  const config = parseConfig({ DAPR_VERSION, PUBSUB_NAME, APP_PORT: "0" });
  const sidecar = createSidecar({ endpoint, version: config.daprVersion, token, timeoutMs: TIMEOUT_MS });
  const publish = createPublisher({ sidecar, pubsubName: config.pubsubName });
  return { publish, close: () => void sidecar.close() };
}

/** By SNS, to the topic that has such a name. throws: Error where there is none, or nobody who may look */
export async function awsPublisher({
  prefix,
  topic,
}: {
  readonly prefix: string;
  readonly topic: string;
}): Promise<Publisher> {
  const aws = createAws(await awsEnvironment());
  const arn = await topicArn(aws, `${prefix}${topic}`);
  const publish = createSnsPublisher({ aws, topicArnPrefix: arn.slice(0, arn.length - topic.length) });
  return { publish, close() {} };
}

/** throws: Error with SNS's code; source: Amazon SNS API reference, "ListTopics" */
async function topicArn(aws: CallAws, name: string): Promise<string> {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  for (let token: string | undefined = ""; token !== undefined; ) {
    const next: Readonly<Record<string, string>> = token === "" ? {} : { NextToken: token };
    const body = `${new URLSearchParams({ Version: "2010-03-31", Action: "ListTopics", ...next })}`;
    const { status, text } = await aws({ service: "sns", headers, body });
    if (status !== 200)
      throw new Error(`sns: answered ${status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? ""}`.trim());
    const arns = Array.from(text.matchAll(/<TopicArn>([^<]+)<\/TopicArn>/g), ([, arn = ""]) => arn);
    const found = arns.find((arn) => arn.endsWith(`:${name}`));
    if (found !== undefined) return found;
    token = /<NextToken>([^<]+)<\/NextToken>/.exec(text)?.[1];
  }
  throw new Error(`sns: has no topic ${name}`);
}

/** Whom the environment names, else whom the AWS CLI knows: its profiles, and who signed in by SSO. */
async function awsEnvironment(): Promise<AwsEnvironment> {
  const { env } = process;
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || (await printed("aws", ["configure", "get", "region"]));
  const endpoints = { sns: env.AWS_ENDPOINT_URL_SNS || env.AWS_ENDPOINT_URL || undefined };
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
  } = await readCredentials(env);
  return { region, endpoints, accessKeyId, secretAccessKey, sessionToken };
}

/** By Pub/Sub, as who gcloud says. PUBSUB_EMULATOR_HOST is heeded. */
export async function googlePublisher({
  prefix,
  project,
}: {
  readonly prefix: string;
  readonly project: string;
}): Promise<Publisher> {
  if (project === "") throw new UsageError("--project: must be given with --host gcloud");
  const emulator = process.env.PUBSUB_EMULATOR_HOST;
  const token = emulator ? "owner" : await printed("gcloud", ["auth", "print-access-token", `--project=${project}`]);
  const rest = createRest({
    origin: emulator ? `http://${emulator}` : "https://pubsub.googleapis.com",
    token: async () => token,
    timeoutMs: TIMEOUT_MS,
  });
  // A subscription that keeps order heeds it, any other does not.
  const publish = google.createPublisher({ rest, project: async () => project, topicPrefix: prefix, ordered: true });
  return { publish, close: () => rest.close() };
}
