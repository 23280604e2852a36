import { describe, expect, it } from "vitest";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { MAX_EVENT_BYTES } from "../../adapters/lambda/receive.ts";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { topicsOf } from "../../functions/kernel/define.ts";
import { LEDGER_TABLE } from "../engines/ledger-table.ts";
import type { Deployment, Subscription } from "./deployment.ts";
import { fromTemplate } from "./from-template.ts";
import { dryRun, fromUpload, printedBy } from "./from-upload.ts";

const DEAD_LETTERS = "dead-letters";
const DISPATCH_SECONDS = 10;
const functions = createFunctions(system, createEffects({}));
const names = functions.map(({ name }) => name);
const topics = [...new Set(catalogue.flatMap(({ topic }) => topic ?? []))];
const emittedTo = Object.fromEntries(
  functions.map(({ name, emits }) => [name, [...new Set([...emits.values()].flatMap(({ topic }) => topic ?? []))]]),
);

/** Whatever has no type is let through: it is no event, and must be seen dead. First, or moto never gets to it. */
const subscriptions = functions.flatMap((fn) =>
  topicsOf(fn).map((topic): Subscription => {
    const types = [...fn.on.values()].flatMap(({ event }) => (event.topic === topic ? event.type : []));
    return {
      topic,
      queue: fn.name,
      raw: true,
      filter: { scope: "MessageBody", policy: { type: [{ exists: false }, "com.dapr.event.sent", ...types] } },
      deadLetters: DEAD_LETTERS,
    };
  }),
);

const sorted = <T extends object>(list: readonly T[]): readonly T[] =>
  list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe.each<readonly [string, () => Deployment]>([
  ["template.yaml", fromTemplate],
  ["upload.sh", fromUpload],
])("%s", (_name, read) => {
  const made = read();

  it("has the topics, queues and functions of the catalogue", () => {
    expect([made.topics.toSorted(), Object.keys(made.queues).sort(), Object.keys(made.functions).sort()]).toEqual([
      [...topics, DEAD_LETTERS].sort(),
      [...names, DEAD_LETTERS].sort(),
      [...names, "edge"].sort(),
    ]);
  });

  it("has the subscriptions of the catalogue, filtered by the body's type, and one that holds dead letters", () => {
    const holder = { topic: DEAD_LETTERS, queue: DEAD_LETTERS, raw: true, filter: undefined, deadLetters: undefined };
    expect(sorted(made.subscriptions)).toEqual(sorted([...subscriptions, holder]));
  });

  it("lets each topic send to the queues that subscribe to it, and all of them to the dead letters", () => {
    for (const fn of functions) expect(made.queues[fn.name]?.senders).toEqual([...topicsOf(fn)].sort());
    expect(made.queues[DEAD_LETTERS]?.senders).toEqual([...topics, DEAD_LETTERS].sort());
  });

  it.each(names)("deletes only what %s has done: failures are reported, hidden long enough, and redriven", (name) => {
    const mapping = made.mappings[name];
    const queue = made.queues[name];
    const timeout = made.functions[name]?.timeoutSeconds ?? 0;
    expect(mapping).toMatchObject({
      queue: name,
      responses: ["ReportBatchItemFailures"],
      batchSize: 10,
      concurrency: 10,
    });
    expect(timeout).toBeGreaterThan(DISPATCH_SECONDS);
    expect(queue?.visibilitySeconds).toBeGreaterThanOrEqual(6 * timeout);
    expect(queue?.deadLetters).toEqual({ to: DEAD_LETTERS, after: 5 });
  });

  it("has each function, but the edge, say each minute what was saved and not said", () => {
    const relay = { every: "rate(1 minute)", event: { relay: true }, retries: 0 };
    expect(made.schedules).toEqual(
      Object.fromEntries(names.map((name) => [name, { rule: `${name}-relay`, ...relay }])),
    );
  });

  it("keeps dead letters longer than they can have waited before: their age counts on", () => {
    const { retentionSeconds } = made.queues[DEAD_LETTERS] ?? { retentionSeconds: 0 };
    for (const name of names)
      expect(retentionSeconds).toBeGreaterThanOrEqual(2 * (made.queues[name]?.retentionSeconds ?? Number.NaN));
  });

  it.each([...names, "edge"])("builds %s from its zip", (name) => {
    expect(made.functions[name]).toMatchObject({
      code: `dist/lambda/${name}.zip`,
      runtime: "nodejs24.x",
      architecture: "arm64",
      handler: "index.handler",
      env: {
        LEDGER_TABLE: "shop-ledger",
        MAX_EVENT_BYTES: String(MAX_EVENT_BYTES),
        RELAY: "on",
        TOPIC_ARN_PREFIX: "shop-",
      },
    });
  });

  it.each([...names, "edge"])("lets %s do what it does, and nothing else", (name) => {
    const owner = name === "edge" ? "order" : name;
    const targets = name === "edge" ? ["orders"] : [...(emittedTo[name] ?? []), DEAD_LETTERS];
    const read = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
    const rows = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem"];
    const own = made.roles[name]?.filter(({ actions }) => !actions[0]?.startsWith("logs:"));
    expect(own).toEqual([
      { actions: rows, resources: ["ledger"], keys: [`${owner}-*`] },
      // The edge has nobody who looks at what is due: order has.
      ...(name === "edge"
        ? []
        : [{ actions: ["dynamodb:Query"], resources: ["ledger/index/due"], keys: [`${name}#*`] }]),
      { actions: ["sns:Publish"], resources: targets.sort() },
      ...(name === "edge" ? [] : [{ actions: read, resources: [name] }]),
    ]);
    expect(made.logs[name]).toBe(30);
  });

  it("tells of dead letters, of events that wait or are not said, and of what the filters drop", () => {
    const expected = [
      { metric: "ApproximateNumberOfMessagesVisible", of: DEAD_LETTERS, above: 0, periods: 1 },
      ...names.map((of) => ({ metric: "ApproximateAgeOfOldestMessage", of, above: 900, periods: 1 })),
      ...names.map((of) => ({ metric: "UnsaidOldestSeconds", of, above: 300, periods: 2 })),
      ...topics.map((of) => ({
        metric: "NumberOfNotificationsFilteredOut-InvalidMessageBody",
        of,
        above: 0,
        periods: 1,
      })),
    ];
    expect(sorted(made.alarms)).toEqual(sorted(expected));
  });

  it("keeps the ledger in a table that forgets what is over, tells what is due and can be restored", () => {
    const { AttributeDefinitions: attributes, GlobalSecondaryIndexes: indexes } = LEDGER_TABLE;
    expect(made.table).toEqual({ name: "ledger", key: "id", ttl: "expires", attributes, indexes, recovery: true });
  });

  it("lets nobody place orders whom IAM does not know, unless it is asked to", () => {
    expect(made.urlAuth).toBe("AWS_IAM");
  });
});

it("template.yaml and upload.sh make the same in every other respect as well", () => {
  const { subscriptions: _a, alarms: _b, topics: _c, ...template } = fromTemplate();
  const { subscriptions: _d, alarms: _e, topics: _f, ...upload } = fromUpload();
  const withoutLogs = ({ roles, ...rest }: typeof upload) => ({
    ...rest,
    roles: Object.fromEntries(Object.entries(roles).map(([name, statements]) => [name, statements.slice(1)])),
  });
  expect(withoutLogs(upload)).toEqual(withoutLogs(template));
});

it.each([
  ["nobody whom IAM does not know may place orders", {}, [], undefined],
  ["everybody may", { UrlAuthType: "NONE" }, ["--url-auth", "NONE"], 20],
  [
    "everybody may, and it says so",
    { UrlAuthType: "NONE", EdgeConcurrency: 5 },
    ["--url-auth", "NONE", "--edge-concurrency", "5"],
    5,
  ],
  [
    "everybody may, in an account that has nothing to reserve",
    { UrlAuthType: "NONE", EdgeConcurrency: 0 },
    ["--url-auth", "NONE", "--edge-concurrency", "0"],
    undefined,
  ],
])("strangers leave the account's concurrency to the consumers: where %s", (_who, parameters, options, concurrency) => {
  const made = [fromTemplate(parameters), fromUpload(...options)];
  expect(made.map(({ edgeConcurrency }) => edgeConcurrency)).toEqual([concurrency, concurrency]);
});

it("upload.sh bounds the edge before it opens it", () => {
  const calls = dryRun("--url-auth", "NONE");
  const at = (call: string) =>
    calls.findIndex(({ words, flags }) => words === call && flags["function-name"] === "shop-edge");
  expect(at("lambda put-function-concurrency")).toBeGreaterThan(at("lambda create-function"));
  expect(at("lambda put-function-concurrency")).toBeLessThan(at("lambda create-function-url-config"));
  expect(at("lambda put-function-concurrency")).toBeLessThan(at("lambda add-permission"));
});

it("upload.sh hides messages for six times whatever timeout it is given", () => {
  const queues = dryRun("--timeout", "60").filter(({ words }) => words === "sqs create-queue");
  const hidden = queues.map(({ flags }) => JSON.parse(flags.attributes ?? "").VisibilityTimeout ?? "none");
  expect(hidden.sort()).toEqual([...names.map(() => "360"), "none"]);
});

it("queues take whatever a topic may be set to take", () => {
  for (const made of [fromTemplate(), fromUpload()])
    expect(Object.values(made.queues).map(({ maxBytes }) => maxBytes)).toEqual(
      Object.keys(made.queues).map(() => 1024 * 1024),
    );
});

it("upload.sh lets topics take 1 MiB where an event may be larger than a letter of 256 KiB, and tells the functions", () => {
  const most = "1032192";
  const calls = (...options: readonly string[]) => {
    const made = dryRun(...options);
    const sized = made.filter(({ words }) => words === "sns set-topic-attributes");
    const told = made.filter(({ words }) => words === "lambda create-function");
    return {
      topics: sized.map(({ flags }) => [
        flags["topic-arn"]?.split("shop-")[1],
        flags["attribute-name"],
        flags["attribute-value"],
      ]),
      told: [...new Set(told.map(({ flags }) => JSON.parse(flags.environment ?? "").Variables.MAX_EVENT_BYTES))],
    };
  };
  expect(calls()).toEqual({ topics: [], told: [String(MAX_EVENT_BYTES)] });
  expect(calls("--max-event-bytes", most)).toEqual({
    topics: [...topics, DEAD_LETTERS].map((topic) => [topic, "MaximumMessageSize", "1048576"]),
    told: [most],
  });
  for (const wrong of ["131071", "1032193", "many", "99999999999"])
    expect(() => dryRun("--max-event-bytes", wrong)).toThrow("--max-event-bytes: must be 131072 to 1032192");
});

it("upload.sh opens the edge to everybody only when it is told so", () => {
  const opened = (...options: readonly string[]) =>
    dryRun(...options).filter(
      ({ words, flags }) => words === "lambda add-permission" && flags["function-name"] === "shop-edge",
    ).length;
  expect([opened(), opened("--url-auth", "NONE")]).toEqual([0, 2]);
});

it("upload.sh says at once that nothing is built, in a dry run as well: its calls would name what is not there", () => {
  const call = () => printedBy(["--dist", "/nowhere"]);
  expect(call).toThrow(/^.*\n\/nowhere\/order\.zip: is not there, which npm run build makes\n$/);
});
