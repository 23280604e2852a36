import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { printedBy } from "../../aws/from-upload.ts";
import { lay } from "../../aws/lay.ts";
import { closedMuseum, museum } from "../../generate/museum.ts";
import { BROKEN } from "../fixtures/aws/cases.ts";
import { createAwsCheck } from "./check.ts";

const check = createAwsCheck(museum);
const good = readFileSync(join(import.meta.dirname, "../fixtures/aws/good.yaml"), "utf8");
const loops = readFileSync(join(import.meta.dirname, "../fixtures/aws/for-each.yaml"), "utf8");

/** What is uploaded need only be there. */
const dist = mkdtempSync(join(tmpdir(), "loosely-zips-"));
for (const { name } of [...museum.functions, ...system.functions, { name: "edge" }])
  writeFileSync(join(dist, `${name}.zip`), "");
afterAll(() => rmSync(dist, { recursive: true }));

const findings = (text: string, { check: findIn } = check) => findIn({ file: "t", text });
const said = (text: string) => findings(text).map(({ rule, what, line }) => `${line}: ${rule.id}: ${what}`);

describe("the rules of AWS", () => {
  it("are silent about what is well", () => {
    expect(said(good)).toEqual([]);
  });

  it.each(BROKEN)("%s is found where it is broken, and nothing else", (id, from, to, at) => {
    expect(good.split(from)).toHaveLength(2);
    const bad = good.replace(from, () => to);
    const found = findings(bad);
    expect([...new Set(found.map(({ rule }) => rule.id))], said(bad).join("\n")).toEqual([id]);
    expect(bad.split("\n")[(found[0]?.line ?? 0) - 1]).toContain(at);
  });

  it("have each a good and a bad template here", () => {
    expect([...new Set(BROKEN.map(([id]) => id))].sort()).toEqual(check.rules.map(({ id }) => id).sort());
  });

  it.each([
    [system.name, createAwsCheck(system), join(import.meta.dirname, "../../aws")],
    [museum.name, check, lay(museum)],
    ["one without an edge", createAwsCheck(closedMuseum), lay(closedMuseum)],
  ])("find nothing in what is generated of %s: by the template, and by upload.sh", (_name, own, folder) => {
    const plan = (...options: readonly string[]) =>
      printedBy(folder, "--dist", dist, ...options)
        .map((line) => `aws ${line}`)
        .join("\n");
    const texts = [readFileSync(join(folder, "template.yaml"), "utf8"), plan(), plan("--url-auth", "NONE")];
    for (const text of texts) {
      expect(own.isFor({ file: "t", text })).toBe(true);
      expect(findings(text, own)).toEqual([]);
    }
  });
});

describe("what is read", () => {
  const letters =
    "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy: {deadLetterTargetArn: !GetAtt L.Arn, maxReceiveCount: 5}\n  L:\n    Type: AWS::SQS::Queue\n";
  const template = {
    Resources: {
      Q: {
        Type: "AWS::SQS::Queue",
        Properties: { RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["L", "Arn"] } } },
      },
      L: { Type: "AWS::SQS::Queue" },
    },
  };

  it.each([
    ["YAML with tags", letters, 6],
    ["JSON", JSON.stringify(template, null, 2), 16],
    ["JSON in one line", JSON.stringify(template), 1],
    ["a stack whose body is an object", JSON.stringify({ StagesAvailable: [], TemplateBody: template }, null, 1), 18],
    ["a stack whose body is a text", JSON.stringify({ TemplateBody: letters }, null, 1), 2],
    [
      "upload.sh's calls",
      `# queues\naws sqs create-queue --queue-name q --attributes '{"RedrivePolicy":"{\\"deadLetterTargetArn\\":\\"arn:aws:sqs:r:1:l\\"}"}'\naws sqs create-queue --queue-name l`,
      3,
    ],
  ])("is %s, with the line where it is wrong", (_kind, text, line) => {
    expect(check.isFor({ file: "t", text })).toBe(true);
    expect(findings(text).map((found) => [found.rule.id, found.line])).toEqual([
      ["aws-letters-expire", line],
      ["aws-letters-unwatched", line],
    ]);
  });

  it.each([
    ["a manifest", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: AWS"],
    ["a plan of Google's", "+ gcloud pubsub topics create orders"],
  ])("is not %s", (_kind, text) => {
    expect(check.isFor({ file: "t", text })).toBe(false);
  });

  it.each([
    ["a parameter without a default", "VisibilityTimeout: !Ref Hidden"],
    ["another stack's output", "VisibilityTimeout: !ImportValue hidden"],
  ])("is held against nothing where it is known only later: %s", (_what, to) => {
    const later = good
      .replace("VisibilityTimeout: 120", to)
      .replace("  Alarms:", "  Hidden:\n    Type: Number\n  Alarms:");
    expect(said(later)).toEqual([]);
  });

  it.each([
    ["a template", "Resources:\n  Q: {Type: AWS::SQS::Queue\n", /^t:3: Flow map /],
    ["a call", "aws sqs create-queue --queue-name q --attributes '{\"a\":'", /^t:1: must have JSON/],
  ])("is told where it cannot be read: %s", (_what, text, message) => {
    expect(() => findings(text)).toThrow(message);
  });

  it.each([
    ["with a reason", "another stack's alarm", []],
    ["but not without one", '""', ["aws-letters-unwatched"]],
  ])("is excepted from a rule by a resource's Metadata, %s", (_how, reason, ids) => {
    const unwatched = good.replace("Value: !GetAtt Letters.QueueName", "Value: !GetAtt GuardQueue.QueueName");
    const metadata = `  Letters:\n    Metadata:\n      doctor.loosely/aws-letters-unwatched: ${reason}\n`;
    expect(findings(unwatched.replace("  Letters:\n", () => metadata)).map(({ rule }) => rule.id)).toEqual(ids);
  });

  it.each([
    ["alone", [], ["aws-alarm-blind"]],
    ["beside what lies there", ["ApproximateNumberOfMessagesVisible"], []],
  ])("may have an alarm that sees what was sent, %s, as JSON of a call", (_how, others, ids) => {
    const Dimensions = [{ Name: "QueueName", Value: "l" }];
    const Metrics = ["NumberOfMessagesSent", ...others].map((MetricName) => ({
      MetricStat: { Metric: { Namespace: "AWS/SQS", MetricName, Dimensions } },
    }));
    const policy = JSON.stringify({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: "arn:aws:sqs:r:1:l" }) });
    const plan = [
      `aws sqs create-queue --queue-name q --attributes '${policy}'`,
      `aws sqs create-queue --queue-name l --attributes MessageRetentionPeriod=1209600`,
      `aws cloudwatch put-metric-alarm --cli-input-json '${JSON.stringify({ AlarmName: "a", Metrics })}'`,
    ];
    expect(findings(plan.join("\n")).map(({ rule }) => rule.id)).toEqual(ids);
  });

  it("is a queue that SAM makes between a topic and a function", () => {
    const text = [
      "Resources:",
      "  T: {Type: AWS::SNS::Topic}",
      "  F:",
      "    Type: AWS::Serverless::Function",
      "    Properties:",
      "      Events:",
      "        Said:",
      "          Type: SNS",
      "          Properties:",
      "            Topic: !Ref T",
      "            SqsSubscription: true",
    ].join("\n");
    const batch = "7: aws-batch-item-failures: F Said does not have ReportBatchItemFailures";
    expect(said(text)).toEqual([
      "11: aws-no-dead-letter-queue: the queue that SAM makes for F Said has no dead letter queue",
      batch,
    ]);
    const given = text.replace("SqsSubscription: true", "SqsSubscription: {QueueArn: !GetAtt Q.Arn, QueueUrl: !Ref Q}");
    expect(said(given)).toEqual([batch]);
  });

  it.each([
    ["a list", "[Users, Orders]", ["Users", "Orders"]],
    ["a parameter", "!Ref Names", ["Users", "Orders"]],
    ["a parameter without a default, which makes none", "!Ref Others", []],
  ])("is what a loop makes: over %s", (_what, over, names) => {
    const text = loops.replace("!Ref Names", over);
    expect(said(text)).toEqual(
      names.map((name) => `17: aws-visibility: ${name}Queue hides a message for 10 s, ${name}Function wants 30 s`),
    );
  });

  it("is a topic's own list of subscriptions as well", () => {
    const topic = [
      "Resources:",
      "  T:",
      "    Type: AWS::SNS::Topic",
      "    Properties:",
      "      Subscription:",
      "        - {Protocol: sqs, Endpoint: !GetAtt Q.Arn}",
      "  Q: {Type: AWS::SQS::Queue}",
    ];
    expect(said(topic.join("\n"))).toEqual([
      "5: aws-undelivered: T to Q has no dead letter queue",
      "5: aws-sender-refused: T may not send to Q",
    ]);
  });

  it("is not taken for missing where it stands in another file", () => {
    const calls = [
      "aws sqs create-queue --queue-name q --attributes file://q.json",
      "aws lambda create-event-source-mapping --event-source-arn arn:aws:sqs:r:1:q --function-name f --function-response-types ReportBatchItemFailures",
    ];
    expect(said(calls.join("\n"))).toEqual([]);
  });
});
