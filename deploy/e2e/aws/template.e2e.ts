import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildLambda } from "../../aws/build.ts";
import { run } from "../../engines/engine.ts";
import { awsEnvironment, awsTool, moto, startMoto } from "../../engines/moto.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

const AWS = join(import.meta.dirname, "../../aws");
const missing = moto.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

describe.skipIf(missing)("template.yaml", () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-template-"));
  let resources: readonly Resource[];
  const all = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

  beforeAll(async () => {
    // As it lies beside dist/ in a checkout.
    const template = join(folder, "deploy/aws/template.yaml");
    const packaged = join(folder, "packaged.yaml");
    mkdirSync(join(folder, "deploy/aws"), { recursive: true });
    const [aws] = await Promise.all([
      startMoto({ folder }),
      buildLambda(join(folder, "dist/lambda")),
      run(["cp", join(AWS, "template.yaml"), template]),
    ]);
    const env = awsEnvironment(aws.url);
    const cli = (...args: readonly string[]) => run([awsTool("aws"), "--endpoint-url", aws.url, ...args], { env });
    await cli("s3", "mb", "s3://code");
    const into = ["--s3-bucket", "code", "--output-template-file", packaged];
    await cli("cloudformation", "package", "--template-file", template, ...into);
    const translated = await run([awsTool("python"), join(AWS, "translate.py"), packaged], { env });
    resources = Object.values(JSON.parse(translated).Resources);
    await aws.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is clean for cfn-lint", async () => {
    expect(await run([awsTool("cfn-lint"), join(AWS, "template.yaml")])).toBe("");
  });

  it("gets its zips from the bucket that they were uploaded to, each its own", () => {
    const codes = all("AWS::Lambda::Function").map(({ Code }) => Code as { S3Bucket: string; S3Key: string });
    expect(codes.map(({ S3Bucket }) => S3Bucket)).toEqual(["code", "code", "code", "code", "code"]);
    expect(new Set(codes.map(({ S3Key }) => S3Key)).size).toBe(5);
  });

  it("maps each queue with reported failures, as Lambda will see it", () => {
    expect(all("AWS::Lambda::EventSourceMapping")).toEqual(
      ["Order", "Billing", "Notification", "Shipping"].map((name) => ({
        EventSourceArn: { "Fn::GetAtt": [`${name}Queue`, "Arn"] },
        FunctionName: { Ref: `${name}Function` },
        BatchSize: 10,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: { Ref: "MaximumConcurrency" } },
      })),
    );
  });

  it("has each rule invoke its function, and lets nobody else's rule", () => {
    const names = ["Order", "Billing", "Notification", "Shipping"];
    const targets = all("AWS::Events::Rule").map(({ Name, Targets }) => ({ Name, Targets }));
    expect(targets).toEqual(
      names.map((name) => ({
        Name: { "Fn::Sub": `\${Prefix}${name.toLowerCase()}-relay` },
        Targets: [
          expect.objectContaining({
            Arn: { "Fn::GetAtt": [`${name}Function`, "Arn"] },
            Input: '{"relay":true}',
            RetryPolicy: { MaximumRetryAttempts: 0 },
          }),
        ],
      })),
    );
    const letIn = all("AWS::Lambda::Permission").filter(({ Principal }) => Principal === "events.amazonaws.com");
    expect(letIn).toEqual(
      names.map((name) => ({
        Action: "lambda:InvokeFunction",
        FunctionName: { Ref: `${name}Function` },
        Principal: "events.amazonaws.com",
        SourceArn: { "Fn::GetAtt": [`${name}FunctionRelay`, "Arn"] },
      })),
    );
  });

  it("adds no role and no managed policy to what the template says", () => {
    const roles = all("AWS::IAM::Role");
    expect([roles.length, roles.filter(({ ManagedPolicyArns }) => ManagedPolicyArns)]).toEqual([5, []]);
  });
});
