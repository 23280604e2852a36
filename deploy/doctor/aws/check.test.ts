import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { printedBy } from "../../aws/from-upload.ts";
import { lay } from "../../aws/lay.ts";
import { closedMuseum, museum } from "../../generate/museum.ts";
import { createAwsCheck } from "./check.ts";

const check = createAwsCheck(museum);
const good = readFileSync(join(import.meta.dirname, "../fixtures/aws/good.yaml"), "utf8");

/** What is uploaded need only be there. */
const dist = mkdtempSync(join(tmpdir(), "loosely-zips-"));
for (const { name } of [...museum.functions, ...system.functions, { name: "edge" }])
  writeFileSync(join(dist, `${name}.zip`), "");
afterAll(() => rmSync(dist, { recursive: true }));

const findings = (text: string, { check: findIn } = check) => findIn({ file: "t", text });
const said = (text: string) => findings(text).map(({ rule, what, line }) => `${line}: ${rule.id}: ${what}`);

/** A rule, what it is told apart by in the good template, what stands there in the bad one, and where it is found. */
const BROKEN: readonly (readonly [rule: string, from: string, to: string, at: string])[] = [
  ["aws-visibility", "VisibilityTimeout: 120", "VisibilityTimeout: 119", "VisibilityTimeout: 119"],
  [
    "aws-no-dead-letter-queue",
    "RedrivePolicy:\n        deadLetterTargetArn: !GetAtt Letters.Arn\n        maxReceiveCount: 5\n",
    "",
    "GuardQueue:",
  ],
  ["aws-max-receive-count", "maxReceiveCount: 5", "maxReceiveCount: 3", "maxReceiveCount: 3"],
  [
    "aws-expires-before-letter",
    "MessageRetentionPeriod: 345600",
    "MessageRetentionPeriod: 600",
    "MessageRetentionPeriod: 600",
  ],
  [
    "aws-letters-expire",
    "MessageRetentionPeriod: 1209600",
    "MessageRetentionPeriod: 604800",
    "MessageRetentionPeriod: 604800",
  ],
  ["aws-two-consumers", "EventSourceArn: !GetAtt Visits.Arn", "EventSourceArn: !GetAtt GuardQueue.Arn", "GuardQueue:"],
  ["aws-queue-size", "MaximumMessageSize: 1048576", "MaximumMessageSize: 65536", "MaximumMessageSize: 65536"],
  ["aws-fifo-topic", "TopicName: !Sub", "FifoTopic: true\n      TopicName: !Sub x", "GuardToLoans:"],
  [
    "aws-fifo-publish",
    "  Statistics:\n    Type: AWS::SNS::Topic\n    Properties:\n",
    "  Statistics:\n    Type: AWS::SNS::Topic\n    Properties:\n      FifoTopic: true\n",
    "FifoTopic",
  ],
  ["aws-target-refused", "Queues: [!Ref TicketQueue, !Ref Letters]", "Queues: [!Ref Letters]", "TicketsToQueue"],
  ["aws-target-refused", "Queues: [!Ref TicketQueue, !Ref Letters]", "Queues: [!Ref TicketQueue]", "TicketsToQueue"],
  ["aws-target-fifo", "ContentBasedDeduplication: true", "ContentBasedDeduplication: false", "TicketsToQueue"],
  ["aws-target-fifo", "            MessageGroupId: tickets", "            {}", "TicketsToQueue"],
  ["aws-filter-untyped", "          - exists: false\n", "", "type:"],
  ["aws-filter-type-missing", "org.museum.loan-granted.v1", "org.museum.loan-refused.v1", "type:"],
  [
    "aws-filter-scope",
    "      FilterPolicyScope: MessageBody\n      FilterPolicy:\n        type:\n          - exists: false",
    "      FilterPolicy:\n        type:",
    "FilterPolicy:",
  ],
  [
    "aws-undelivered",
    "      RedrivePolicy:\n        deadLetterTargetArn: !GetAtt Letters.Arn\n\n  GuardRole",
    "\n  GuardRole",
    "GuardToLoans:",
  ],
  ["aws-sender-refused", "Queues: [!Ref GuardQueue, !Ref Letters]", "Queues: [!Ref Letters]", "GuardToLoans:"],
  [
    "aws-sender-refused",
    "aws:SourceArn: !Ref Loans",
    "aws:SourceArn: arn:aws:sns:eu-west-1:123456789012:acme-sales",
    "GuardToLoans:",
  ],
  [
    "aws-queue-key",
    "      SqsManagedSseEnabled: true\n      MaximumMessageSize",
    "      KmsMasterKeyId: alias/aws/sqs\n      MaximumMessageSize",
    "KmsMasterKeyId: alias/aws/sqs",
  ],
  ["aws-batch-item-failures", "            FunctionResponseTypes: [ReportBatchItemFailures]\n", "", "Queue:"],
  ["aws-mapping-off", "            BatchSize: 10", "            Enabled: false", "Enabled: false"],
  [
    "aws-mapping-filter",
    "            BatchSize: 10",
    '            FilterCriteria:\n              Filters:\n                - Pattern: \'{"body":{"type":["a"]}}\'',
    "FilterCriteria:",
  ],
  [
    "aws-no-concurrency",
    "ReservedConcurrentExecutions: 20",
    "ReservedConcurrentExecutions: 0",
    "ReservedConcurrentExecutions: 0",
  ],
  [
    "aws-concurrency-above-reserved",
    "MaximumConcurrency: 4",
    "MaximumConcurrency: 5",
    "ReservedConcurrentExecutions: 4",
  ],
  [
    "aws-async-failures",
    "      EventInvokeConfig:\n        DestinationConfig:\n          OnFailure:\n            Type: SQS\n            Destination: !GetAtt Letters.Arn\n",
    "",
    "Auditor:",
  ],
  ["aws-target-undelivered", "            DeadLetterConfig:\n              Arn: !GetAtt Letters.Arn\n", "", "Changes:"],
  ["aws-function-timeout", "    Timeout: 20", "    Timeout: 10", "Guard:"],
  [
    "aws-no-relay",
    "Schedule: rate(1 minute)\n            Input: '{\"relay\":true}'",
    "Schedule: rate(1 minute)",
    "Guard:",
  ],
  ["aws-edge-unbounded", "      ReservedConcurrentExecutions: 20\n", "", "AuthType: NONE"],
  [
    "aws-stream-discards",
    "      DestinationConfig:\n        OnFailure:\n          Destination: arn:aws:s3:::visits-that-failed\n",
    "",
    "CounterOfVisits:",
  ],
  ["aws-stream-batch", "BisectBatchOnFunctionError: true", "BisectBatchOnFunctionError: false", "CounterOfVisits:"],
  ["aws-stream-blocks", "      MaximumRetryAttempts: 10\n", "", "CounterOfVisits:"],
  ["aws-stream-latest", "StartingPosition: TRIM_HORIZON", "StartingPosition: LATEST", "StartingPosition: LATEST"],
  ["aws-letters-unwatched", "Value: !GetAtt Letters.QueueName", "Value: !GetAtt GuardQueue.QueueName", "Letters:"],
  [
    "aws-alarm-blind",
    "MetricName: ApproximateNumberOfMessagesVisible",
    "MetricName: NumberOfMessagesSent",
    "MetricName: NumberOfMessagesSent",
  ],
  [
    "aws-ledger-without-ttl",
    "        AttributeName: expires",
    "        AttributeName: expiry",
    "TimeToLiveSpecification:",
  ],
  ["aws-ledger-without-recovery", "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "Ledger:"],
  ["aws-ledger-deleted", "    DeletionPolicy: Retain\n", "", "Ledger:"],
  [
    "aws-rights-to-everything",
    "Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]\n                Resource: !GetAtt GuardQueue.Arn",
    'Action: sqs:*\n                Resource: "*"',
    "Policies:",
  ],
  [
    "aws-rights-to-everything",
    "      Policies:\n        - PolicyName",
    "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]\n      Policies:\n        - PolicyName",
    "GuardRole:",
  ],
  [
    "aws-open-to-everybody",
    '              Service: sns.amazonaws.com\n            Action: sqs:SendMessage\n            Resource: "*"\n            Condition:\n              ArnEquals:\n                aws:SourceArn: !Ref Loans',
    '              AWS: "*"\n            Action: sqs:*\n            Resource: "*"',
    "PolicyDocument:",
  ],
];

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
    ["a template", "Resources:\n  Q: {Type: AWS::SQS::Queue\n", /^t: Flow map .* at line \d+/],
    ["a call", "aws sqs create-queue --queue-name q --attributes '{\"a\":'", /^t: line 1: must have JSON/],
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
