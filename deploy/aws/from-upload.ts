import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Deployment, KEPT, sendersIn, shortName, statementsIn, toAlarm } from "./deployment.ts";

interface Call {
  readonly words: string;
  readonly flags: Readonly<Record<string, string>>;
}

/** The calls that upload.sh prints. Zips need only be there: what is in them is no matter of the calls. in: as `printedBy` */
export function dryRun(folder: string, ...options: readonly string[]): readonly Call[] {
  const dist = mkdtempSync(join(tmpdir(), "loosely-zips-"));
  try {
    for (const name of bundlesIn(folder)) writeFileSync(join(dist, `${name}.zip`), "");
    return printedBy(folder, "--dist", dist, ...options).map((line) => parse(line.replaceAll(dist, "dist/lambda")));
  } finally {
    rmSync(dist, { recursive: true });
  }
}

/**
 * in      the folder where upload.sh is with its lists; options, in its words
 * out     the lines that are calls, without the first word
 * throws  when it exits with anything but 0
 */
export function printedBy(folder: string, ...options: readonly string[]): readonly string[] {
  const printed = execFileSync("bash", [join(folder, "upload.sh"), "--dry-run", ...options], {
    env: { ...process.env, AWS_REGION: "eu-west-1" },
    encoding: "utf8",
    stdio: "pipe",
  });
  return printed.split("\n").flatMap((line) => (line.startsWith("aws ") ? [line.slice(4)] : []));
}

/** As lists.sh has them. */
function bundlesIn(folder: string): readonly string[] {
  const [, rows = ""] = /^FUNCTIONS="\n([^"]*)"/m.exec(readFileSync(join(folder, "lists.sh"), "utf8")) ?? [];
  return rows.split("\n").flatMap((row) => row.split(" ")[0] || []);
}

/** in: words, those with special characters in single quotes */
function parse(line: string): Call {
  const words = Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? "");
  const first = words.findIndex((word) => word.startsWith("--"));
  const flags: Record<string, string> = {};
  for (let at = first; at < words.length; ) {
    const name = (words[at++] ?? "").slice(2);
    const values = [];
    while (at < words.length && !words[at]?.startsWith("--")) values.push(words[at++]);
    flags[name] = values.join(" ");
  }
  return { words: words.slice(0, first).join(" "), flags };
}

/** What upload.sh deploys. in: as `dryRun` */
export function fromUpload(folder: string, ...options: readonly string[]): Deployment {
  const calls = dryRun(folder, "--prefix", "", ...options);
  const all = (words: string) => calls.filter((call) => call.words === words).map(({ flags }) => flags);
  const json = (text = "{}") => JSON.parse(text);
  const byName = <T>(words: string, to: (flags: Call["flags"]) => readonly [string, T]): Record<string, T> =>
    Object.fromEntries(all(words).map(to));
  const redrive = (text: string | undefined) => {
    const { deadLetterTargetArn: to, maxReceiveCount: after } = json(text);
    return to ? { to: shortName(to), after } : undefined;
  };
  const [create = {}] = all("dynamodb create-table");
  const [reserved] = all("lambda put-function-concurrency");
  const [ttl = {}] = all("dynamodb update-time-to-live");
  return {
    topics: all("sns create-topic").map(({ name = "" }) => shortName(name)),
    queues: byName("sqs create-queue", ({ "queue-name": name = "", attributes }) => {
      const { MaximumMessageSize, VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy, Policy } = json(attributes);
      return [
        shortName(name),
        {
          visibilitySeconds: VisibilityTimeout && Number(VisibilityTimeout),
          retentionSeconds: Number(MessageRetentionPeriod),
          maxBytes: Number(MaximumMessageSize),
          deadLetters: redrive(RedrivePolicy),
          senders: sendersIn(json(Policy)),
        },
      ];
    }),
    subscriptions: all("sns subscribe").map((flags) => {
      const { RawMessageDelivery, FilterPolicyScope: scope, FilterPolicy, RedrivePolicy } = json(flags.attributes);
      return {
        topic: shortName(flags["topic-arn"] ?? ""),
        queue: shortName(flags["notification-endpoint"] ?? ""),
        raw: RawMessageDelivery === "true",
        filter: FilterPolicy && { scope, policy: json(FilterPolicy) },
        deadLetters: redrive(RedrivePolicy)?.to,
      };
    }),
    functions: byName("lambda create-function", (flags) => {
      const { TOPIC_ARN_PREFIX = "", ...env } = json(flags.environment).Variables;
      return [
        shortName(flags["function-name"] ?? ""),
        {
          code: (flags["zip-file"] ?? "").replace("fileb://", ""),
          runtime: flags.runtime ?? "",
          architecture: flags.architectures ?? "",
          handler: flags.handler ?? "",
          timeoutSeconds: Number(flags.timeout),
          memory: Number(flags["memory-size"]),
          env: {
            ...Object.fromEntries(
              Object.entries(env).map(([name, value]) => [
                name,
                String(value).startsWith("kept, or made") ? KEPT : String(value),
              ]),
            ),
            TOPIC_ARN_PREFIX: TOPIC_ARN_PREFIX.split(":").at(-1) ?? "",
          },
        },
      ];
    }),
    mappings: byName("lambda create-event-source-mapping", (flags) => [
      shortName(flags["function-name"] ?? ""),
      {
        queue: shortName(flags["event-source-arn"] ?? ""),
        batchSize: Number(flags["batch-size"]),
        responses: [flags["function-response-types"] ?? ""],
        concurrency: Number(flags["scaling-config"]?.split("=")[1]),
      },
    ]),
    schedules: byName("events put-rule", ({ name = "", "schedule-expression": every = "" }) => {
      const targets = all("events put-targets").filter(({ rule }) => rule === name);
      const [{ Arn = "", Input = "{}", RetryPolicy = {} } = {}] = json(targets[0]?.targets);
      const lets = all("lambda add-permission").find((flags) => flags["source-arn"]?.endsWith(`:rule/${name}`));
      // Whom the rule invokes it has to be let in by.
      const target = lets?.["function-name"] === Arn.split(":").at(-1) ? shortName(Arn) : "nobody";
      return [target, { rule: shortName(name), every, event: json(Input), retries: RetryPolicy.MaximumRetryAttempts }];
    }),
    roles: byName("iam put-role-policy", (flags) => [
      shortName(flags["role-name"] ?? ""),
      statementsIn(json(flags["policy-document"])),
    ]),
    logs: byName("logs put-retention-policy", (flags) => [
      shortName(flags["log-group-name"] ?? ""),
      Number(flags["retention-in-days"]),
    ]),
    alarms: all("cloudwatch put-metric-alarm").map((flags) => toAlarm(json(flags["cli-input-json"]))),
    table: {
      name: shortName(create["table-name"] ?? ""),
      key: create["key-schema"]?.match(/AttributeName=(\w+)/)?.[1] ?? "",
      ttl: ttl["time-to-live-specification"]?.match(/AttributeName=(\w+)/)?.[1] ?? "",
      attributes: (create["attribute-definitions"]?.split(" ") ?? []).map((definition) =>
        Object.fromEntries(definition.split(",").map((pair) => pair.split("="))),
      ),
      indexes: json(create["global-secondary-indexes"]),
      recovery: all("dynamodb update-continuous-backups").length === 1,
    },
    urlAuth: all("lambda create-function-url-config")[0]?.["auth-type"],
    edgeConcurrency: reserved && Number(reserved["reserved-concurrent-executions"]),
  };
}
