import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { topicsOf } from "../../../functions/kernel/define.ts";
import type { System } from "../../../functions/kernel/system.ts";
import { buildLambda } from "../../aws/build.ts";
import { run } from "../../engines/engine.ts";
import { awsEnvironment, awsTool, moto, startMoto } from "../../engines/moto.ts";
import { renderPlan } from "../../generate/aws/aws.ts";
import { toPlan } from "../../generate/aws/plan.ts";
import type { Settings } from "../../generate/aws/settings.ts";
import { closedMuseum, museum } from "../../generate/museum.ts";
import { SECOND } from "../../second/sources.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

const AWS = join(import.meta.dirname, "../../aws");
const missing = moto.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

const SYSTEMS: readonly (readonly [string, System<never>, Settings])[] = [
  [system.name, system, {}],
  ["another system", museum, { guard: { memory: 512, timeout: 60, environment: ["RADIO"] }, edge: { timeout: 12 } }],
  ["one without an edge", closedMuseum, {}],
  [SECOND.system.name, SECOND.system, {}],
];

const toId = (name: string) =>
  name
    .split("-")
    .map((part) => part[0]?.toUpperCase() + part.slice(1))
    .join("");

describe.skipIf(missing).each(SYSTEMS)("template.yaml of %s", (_name, of, settings) => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-template-"));
  const names = of.functions.map(({ name }) => name);
  const hearing = of.functions.filter(({ definition }) => topicsOf(definition).length > 0).map(({ name }) => name);
  const zips = of.edges.length > 0 ? [...names, "edge"] : names;
  // As it lies beside dist/ in a checkout.
  const template = join(folder, "deploy/aws/template.yaml");
  let resources: readonly Resource[];
  const all = (type: string) => resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

  beforeAll(async () => {
    const packaged = join(folder, "packaged.yaml");
    const dist = join(folder, "dist/lambda");
    mkdirSync(join(folder, "deploy/aws"), { recursive: true });
    mkdirSync(dist, { recursive: true });
    const [, text = ""] = renderPlan(toPlan(of, settings)).find(([name]) => name === "template.yaml") ?? [];
    if (of === system) await Promise.all([buildLambda(dist), run(["cp", join(AWS, "template.yaml"), template])]);
    else {
      writeFileSync(template, text);
      for (const name of zips) writeFileSync(join(dist, `${name}.zip`), name);
    }
    const aws = await startMoto({ folder });
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
    expect(await run([awsTool("cfn-lint"), "--", template])).toBe("");
  });

  it("gets its zips from the bucket that they were uploaded to, each its own", () => {
    const codes = all("AWS::Lambda::Function").map(({ Code }) => Code as { S3Bucket: string; S3Key: string });
    expect(codes.map(({ S3Bucket }) => S3Bucket)).toEqual(zips.map(() => "code"));
    expect(new Set(codes.map(({ S3Key }) => S3Key)).size).toBe(zips.length);
  });

  it("maps each queue with reported failures, as Lambda will see it", () => {
    expect(all("AWS::Lambda::EventSourceMapping")).toEqual(
      hearing.map(toId).map((id) => ({
        EventSourceArn: { "Fn::GetAtt": [`${id}Queue`, "Arn"] },
        FunctionName: { Ref: `${id}Function` },
        BatchSize: 10,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: { Ref: "MaximumConcurrency" } },
      })),
    );
  });

  it("has each rule invoke its function, and lets nobody else's rule", () => {
    const targets = all("AWS::Events::Rule").map(({ Name, Targets }) => ({ Name, Targets }));
    expect(targets).toEqual(
      names.map((name) => ({
        Name: { "Fn::Sub": `\${Prefix}${name}-relay` },
        Targets: [
          expect.objectContaining({
            Arn: { "Fn::GetAtt": [`${toId(name)}Function`, "Arn"] },
            Input: '{"relay":true}',
            RetryPolicy: { MaximumRetryAttempts: 0 },
          }),
        ],
      })),
    );
    const letIn = all("AWS::Lambda::Permission").filter(({ Principal }) => Principal === "events.amazonaws.com");
    expect(letIn).toEqual(
      names.map(toId).map((id) => ({
        Action: "lambda:InvokeFunction",
        FunctionName: { Ref: `${id}Function` },
        Principal: "events.amazonaws.com",
        SourceArn: { "Fn::GetAtt": [`${id}FunctionRelay`, "Arn"] },
      })),
    );
  });

  it("tells the edge its secret, each function what letters are sealed with, and nobody more", () => {
    const told = (variable: string) =>
      all("AWS::Lambda::Function").flatMap(({ Environment }) => {
        const { Variables } = Environment as { readonly Variables: Readonly<Record<string, unknown>> };
        return Variables[variable] ?? [];
      });
    const secret = (name: string) => ({ "Fn::Sub": `{{resolve:secretsmanager:\${${name}}}}` });
    expect(told("EDGE_SECRET")).toEqual(of.edges.length > 0 ? [secret("EdgeSecret")] : []);
    expect(told("LETTER_SECRET")).toEqual(of.functions.map(() => secret("LetterSecret")));
    expect(all("AWS::SecretsManager::Secret").length).toBe(told("EDGE_SECRET").length + 1);
  });

  it("adds no role and no managed policy to what the template says", () => {
    const roles = all("AWS::IAM::Role");
    expect([roles.length, roles.filter(({ ManagedPolicyArns }) => ManagedPolicyArns)]).toEqual([zips.length, []]);
  });
});
