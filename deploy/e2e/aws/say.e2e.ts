import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogue } from "../../../functions/events/index.ts";
import { system } from "../../../functions/index.ts";
import { type AwsApi, createAwsApi } from "../../engines/aws-api.ts";
import { ACCOUNT, awsEnvironment, awsTool, moto, REGION, startMoto } from "../../engines/moto.ts";

const ROOT = join(import.meta.dirname, "../../..");
const missing = moto.missing();
const [{ type, topic = "" } = { type: "" }] = catalogue.filter((event) => event.topic !== undefined);
/** Longer than one page of topics, so that the last of them is found too. */
const TOPICS = 120;

describe.skipIf(missing)(`say and story on AWS${missing ? ` (${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-say-"));
  let aws: Awaited<ReturnType<typeof startMoto>>;
  let api: AwsApi;
  beforeAll(async () => {
    aws = await startMoto({ folder });
    api = createAwsApi(aws.url);
    const arn = (service: string, name: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;
    for (let index = 0; index < TOPICS; index++) await api.form("sns", { Action: "CreateTopic", Name: `a-${index}` });
    await api.form("sns", { Action: "CreateTopic", Name: `mine-${topic}` });
    await api.json("AmazonSQS.CreateQueue", { QueueName: "heard" });
    await api.form("sns", {
      ...{ Action: "Subscribe", TopicArn: arn("sns", `mine-${topic}`), Protocol: "sqs", Endpoint: arn("sqs", "heard") },
      ...{ "Attributes.entry.1.key": "RawMessageDelivery", "Attributes.entry.1.value": "true" },
    });
  });
  afterAll(async () => {
    await aws?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (script: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...others } = process.env;
    const path = `${dirname(awsTool("aws"))}${delimiter}${others.PATH}`;
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, script), ...args], {
      env: { ...others, NO_COLOR: "1", PATH: path, ...env },
    });
    return stdout;
  };

  const heard = async (): Promise<unknown> => {
    const QueueUrl = `${aws.url}/${ACCOUNT}/heard`;
    const { Messages = [] } = (await api.json("AmazonSQS.ReceiveMessage", { QueueUrl })) as {
      readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[];
    };
    const [{ Body = "{}", ReceiptHandle = "" } = {}] = Messages;
    await api.json("AmazonSQS.DeleteMessage", { QueueUrl, ReceiptHandle });
    return JSON.parse(Body);
  };

  /** As version 2 of the AWS CLI exports those of a profile, which version 1 cannot. */
  const profile = () => {
    const { AWS_REGION, AWS_ENDPOINT_URL } = awsEnvironment(aws.url);
    const credentials = { Version: 1, AccessKeyId: "AKIDEXAMPLE", SecretAccessKey: "made-up" };
    writeFileSync(join(folder, "aws"), `#!/bin/sh\necho '${JSON.stringify(credentials)}'\n`, { mode: 0o755 });
    return { AWS_REGION, AWS_ENDPOINT_URL, PATH: `${folder}${delimiter}${process.env.PATH}` };
  };

  it.each([
    ["the environment says", () => awsEnvironment(aws.url)],
    ["a profile of the AWS CLI says", profile],
  ])("publishes to the topic of SNS as who %s", async (_who, env) => {
    const out = await run("deploy/say/main.ts", [type, "--host", "aws", "--prefix", "mine-"], env());
    const [, id] = /^said {2}(\S+) {2}npm run story -- \S+ --host aws/m.exec(out) ?? [];
    expect(await heard()).toMatchObject({ id, type, specversion: "1.0" });
  });

  it("says which topic is not there", async () => {
    const said = run("deploy/say/main.ts", [type, "--host", "aws", "--prefix", "other-"], awsEnvironment(aws.url));
    await expect(said).rejects.toMatchObject({ code: 1, stderr: `sns: has no topic other-${topic}\n` });
  });

  it("tells a story from CloudWatch Logs", async () => {
    for (const [index, { name }] of system.functions.entries()) {
      const at = { logGroupName: `/aws/lambda/mine-${name}`, logStreamName: "one" };
      await api.json("Logs_20140328.CreateLogGroup", at);
      await api.json("Logs_20140328.CreateLogStream", at);
      const line = {
        time: new Date().toISOString(),
        function: name,
        event: "e-1",
        type,
        outcome: "ack",
        how: "ignored",
      };
      const logEvents = [{ timestamp: Date.now() + index, message: JSON.stringify(line) }];
      await api.json("Logs_20140328.PutLogEvents", { ...at, logEvents });
    }
    const args = ["e-1", "--host", "aws", "--prefix", "mine-", "--json"];
    const lines = JSON.parse(await run("deploy/story/main.ts", args, awsEnvironment(aws.url))) as readonly object[];
    expect(lines.length).toBe(system.functions.length);
  });
});
