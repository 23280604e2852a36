import { describe, expect, it } from "vitest";
import { MAX_EVENT_BYTES } from "../../adapters/lambda/receive.ts";
import { system } from "../../functions/index.ts";
import { topicsOf } from "../../functions/kernel/define.ts";
import type { System } from "../../functions/kernel/system.ts";
import { RULES } from "../alerts/rules.ts";
import { LEDGER_TABLE } from "../engines/ledger-table.ts";
import { closedMuseum, museum } from "../generate/museum.ts";
import { SECOND } from "../second/sources.ts";
import { type Deployment, KEPT } from "./deployment.ts";
import { fromTemplate } from "./from-template.ts";
import { dryRun, fromUpload, printedBy } from "./from-upload.ts";
import { lay } from "./lay.ts";

const HERE = import.meta.dirname;
const DEAD_LETTERS = "dead-letters";
const DISPATCH_SECONDS = 10;
const SETTINGS = {
  loans: { memory: 512, timeout: 60 },
  guard: { concurrency: 4, environment: ["RADIO"] },
  edge: { timeout: 12 },
};

const withSettings = lay(museum, SETTINGS);

const SYSTEMS: readonly (readonly [string, System<never>, string])[] = [
  [system.name, system, HERE],
  ["another system", museum, lay(museum)],
  ["another that has settings", museum, withSettings],
  ["one without an edge", closedMuseum, lay(closedMuseum)],
  [SECOND.system.name, SECOND.system, lay(SECOND.system)],
];

const withheldBy = (rule: unknown): readonly string[] =>
  (rule as { readonly "anything-but": readonly string[] })["anything-but"];

const sorted = <T>(list: readonly T[]): readonly T[] =>
  list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe.each(SYSTEMS)("%s", (_name, { functions, edges, events }, folder) => {
  const made = fromTemplate(folder, { Radio: "from RADIO" });
  const names = functions.map(({ name }) => name);
  const hearing = functions.filter(({ definition }) => topicsOf(definition).length > 0).map(({ name }) => name);

  it("is the same by template.yaml and by upload.sh", () => {
    const comparable = ({ roles, topics, subscriptions, alarms, ...rest }: Deployment) => ({
      ...rest,
      topics: sorted(topics),
      subscriptions: sorted(subscriptions),
      alarms: sorted(alarms),
      // Both name a log group, each in its way.
      roles: Object.fromEntries(Object.entries(roles).map(([name, statements]) => [name, statements.slice(1)])),
    });
    expect(comparable(fromUpload(folder))).toEqual(comparable(made));
  });

  it("lets each topic send to the queues that subscribe to it, and all that are heard to the dead letters", () => {
    const heard = new Set(functions.flatMap(({ definition }) => topicsOf(definition)));
    for (const { name, definition } of functions)
      expect(made.queues[name]?.senders ?? []).toEqual([...topicsOf(definition)].sort());
    expect(made.queues[DEAD_LETTERS]?.senders).toEqual([...heard, DEAD_LETTERS].sort());
  });

  it("lets whatever has no type beside it through its filters, and withholds nothing that is consumed or unknown", () => {
    const filtered = made.subscriptions.filter(({ queue }) => queue !== DEAD_LETTERS);
    expect(filtered.length).toBeGreaterThan(0);
    for (const { queue, filter, deadLetters, raw } of filtered) {
      expect([filter?.scope, raw, deadLetters]).toEqual(["MessageAttributes", true, DEAD_LETTERS]);
      const [missing, others, ...rest] = filter?.policy.type ?? [];
      // Not first, moto never gets to it.
      expect([missing, rest]).toEqual([{ exists: false }, []]);
      const consumed = functions.find(({ name }) => name === queue)?.definition.on ?? new Map();
      const withheld = withheldBy(others);
      expect(withheld.filter((type) => consumed.has(type))).toEqual([]);
      expect(withheld.filter((type) => type !== "none" && !events.some((event) => event.type === type))).toEqual([]);
    }
  });

  it.each(hearing)("deletes only what %s has done: failures are reported, hidden long enough, and redriven", (name) => {
    const queue = made.queues[name];
    const timeout = made.functions[name]?.timeoutSeconds ?? 0;
    expect(made.mappings[name]).toMatchObject({ queue: name, responses: ["ReportBatchItemFailures"], batchSize: 10 });
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
    for (const name of hearing)
      expect(retentionSeconds).toBeGreaterThanOrEqual(2 * (made.queues[name]?.retentionSeconds ?? Number.NaN));
  });

  it.each([...names, ...(edges.length > 0 ? ["edge"] : [])])(
    "builds %s from its zip, and lets its log forget",
    (name) => {
      const { env, ...fn } = made.functions[name] ?? {};
      expect(fn).toMatchObject({
        code: `dist/lambda/${name}.zip`,
        runtime: "nodejs24.x",
        architecture: "arm64",
        handler: "index.handler",
      });
      expect(env).toEqual({
        LEDGER_TABLE: "ledger",
        MAX_EVENT_BYTES: String(MAX_EVENT_BYTES),
        RELAY: "on",
        TOPIC_ARN_PREFIX: "",
        ...(folder === withSettings && name === "guard" ? { RADIO: "from RADIO" } : {}),
        // The edge buries nothing.
        ...(name === "edge" ? { EDGE_DEMO: "off", EDGE_SECRET: KEPT } : { LETTER_SECRET: KEPT }),
      });
      expect(made.logs[name]).toBe(30);
    },
  );

  it("tells of dead letters, of events that wait or are not said, and of what the filters drop", () => {
    const heard = new Set(functions.flatMap(({ definition }) => topicsOf(definition)));
    const metric = "NumberOfNotificationsFilteredOut-InvalidAttributes";
    const lettersCome = RULES.find(({ id }) => id === "dead-letters")?.cloudwatch?.expression;
    const expected = [
      { metric: lettersCome, of: DEAD_LETTERS, above: 0, periods: 1 },
      ...hearing.map((of) => ({ metric: "ApproximateAgeOfOldestMessage", of, above: 900, periods: 1 })),
      ...names.map((of) => ({ metric: "UnsaidOldestSeconds", of, above: 300, periods: 2 })),
      ...Array.from(heard, (of) => ({ metric, of, above: 0, periods: 1 })),
    ];
    expect(sorted(made.alarms)).toEqual(sorted(expected));
  });

  it("keeps the ledger in a table that forgets what is over, tells what is due and can be restored", () => {
    const { AttributeDefinitions: attributes, GlobalSecondaryIndexes: indexes } = LEDGER_TABLE;
    expect(made.table).toEqual({ name: "ledger", key: "id", ttl: "expires", attributes, indexes, recovery: true });
  });

  it("lets nobody ask the edge whom IAM does not know, unless it is asked to", () => {
    expect(made.urlAuth).toBe(edges.length > 0 ? "AWS_IAM" : undefined);
  });

  it("has its name before all names, unless it is told another prefix", () => {
    const tables = [[], ["--prefix", "a-"]].map((options) =>
      dryRun(folder, ...options).flatMap(({ flags }) => flags["table-name"]?.replace("ledger", "") ?? []),
    );
    const { name } = SYSTEMS.find(([, , at]) => at === folder)?.[1] ?? system;
    expect(tables.map((found) => [...new Set(found)])).toEqual([[`${name}-`], ["a-"]]);
  });
});

describe("another system", () => {
  const made = fromTemplate(withSettings);

  it("lets each function do what it does, and nothing else; its edge what those may that it asks", () => {
    const rows = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem"];
    const documents = (...keys: readonly string[]) => ({ actions: rows, resources: ["ledger"], keys });
    const due = (key: string) => ({ actions: ["dynamodb:Query"], resources: ["ledger/index/due"], keys: [key] });
    const publish = (...resources: readonly string[]) => ({ actions: ["sns:Publish"], resources });
    const receive = (name: string) => ({
      actions: ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      resources: [name],
    });
    const ofTicket = "m.ticket-????????-????-????-????-????????????*";
    const own = Object.entries(made.roles).map(([name, [log, ...statements]]) => [name, log?.actions, statements]);
    const log = ["logs:CreateLogStream", "logs:PutLogEvents"];
    expect(own).toEqual([
      ["ticket", log, [documents(ofTicket), due("m.ticket#*"), publish(DEAD_LETTERS, "ticket-sales")]],
      ["loans", log, [documents("m.loans-*"), due("m.loans#*"), publish(DEAD_LETTERS, "loans")]],
      [
        ...["ticket-history", log],
        [
          documents("m.ticket-history-*"),
          due("m.ticket-history#*"),
          publish(DEAD_LETTERS, "statistics"),
          receive("ticket-history"),
        ],
      ],
      ["guard", log, [documents("m.guard-*"), due("m.guard#*"), publish(DEAD_LETTERS), receive("guard")]],
      ["edge", log, [documents(ofTicket, "m.loans-*"), publish("loans", "ticket-sales")]],
    ]);
  });

  it("withholds nothing where all of a topic is consumed, older versions among it: by a filter, for none can be taken away", () => {
    const withheld = made.subscriptions.flatMap(({ topic, queue, filter }) =>
      filter ? [[topic, queue, withheldBy(filter.policy.type[1])]] : [],
    );
    expect(withheld).toEqual([
      ["ticket-sales", "ticket-history", ["none"]],
      ["loans", "ticket-history", ["none"]],
      ["guards", "guard", ["none"]],
      ["loans", "guard", ["none"]],
    ]);
  });

  it("gives a function what settings.yaml says, the time that a message is hidden with it", () => {
    const got = ["ticket-history", "loans", "guard", "edge"].map((name) => [
      made.functions[name]?.memory,
      made.functions[name]?.timeoutSeconds,
      made.queues[name]?.visibilitySeconds,
      made.mappings[name]?.concurrency,
    ]);
    expect(got).toEqual([
      [256, 30, 180, 10],
      [512, 60, undefined, undefined],
      [256, 30, 180, 4],
      [256, 12, undefined, undefined],
    ]);
  });
});

it("queues take whatever a topic may be set to take", () => {
  for (const made of [fromTemplate(HERE), fromUpload(HERE)])
    expect(new Set(Object.values(made.queues).map(({ maxBytes }) => maxBytes))).toEqual(new Set([1024 * 1024]));
});

it("upload.sh says at once that nothing is built, in a dry run as well: its calls would name what is not there", () => {
  const call = () => printedBy(HERE, "--dist", "/nowhere");
  expect(call).toThrow(/^.*\n\/nowhere\/[a-z-]+\.zip: is not there, which npm run build makes\n$/);
});
