import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import type { Metafile, Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WIDTH } from "../../adapters/core/ledger/entry.ts";
import { createCertificate } from "../../adapters/dapr/test-certificate.ts";
import { startMailServer } from "../../adapters/effects/test-mail-server.ts";
import { BillPaid, OrderPaid } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { lambdaEntries } from "../entries.ts";
import { EDGE } from "../generate/wiring.ts";
import { buildLambda, builtins } from "./build.ts";
import { unpack } from "./unpack.ts";

const NAMES = [...system.functions.map(({ name }) => name), EDGE];
const MOST_BYTES = 56 * 1024;
const EVENTS = join(import.meta.dirname, "../../functions/events");
/** Quotes and a comma. */
const AROUND_A_NAME = 3;
const folder = mkdtempSync(join(tmpdir(), "loosely-lambda-"));

let contents: Readonly<Record<string, Metafile>>;
beforeAll(async () => {
  contents = await buildLambda(join(folder, "a"));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const zipOf = (build: string, name: string) => readFileSync(join(folder, build, `${name}.zip`));

const codeOf = (build: string, name: string): string => {
  const into = join(folder, `code-${build}-${name}`);
  unpack(zipOf(build, name), into);
  return readFileSync(join(into, "index.mjs"), "utf8");
};

it("makes one zip per function and one for the public edge", () => {
  expect(Object.keys(contents)).toEqual(NAMES);
});

/** What an effect imports when it is first called, in a file of its own: the functions that use it, and what it brings. */
const OF_EFFECTS: Readonly<Record<string, object>> = { notification: { "smtp.effect.mjs": ["nodemailer"] } };

it.each(NAMES)("the bundle of %s holds exactly the packages that were chosen", (name) => {
  const files = Object.entries(contents[name]?.outputs ?? {}).filter(([file]) => file.endsWith(".mjs"));
  const packages = files.map(([file, { inputs }]) => {
    const names = Object.keys(inputs).flatMap(
      (path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? [],
    );
    return [file, [...new Set(names)].sort()];
  });
  expect(Object.fromEntries(packages)).toEqual({ "index.mjs": ["valibot"], "later.mjs": [], ...OF_EFFECTS[name] });
});

/** What is loaded at the start: the module that Lambda imports, and what that imports before it runs. */
function filesAtStart({ outputs }: Metafile): readonly string[] {
  const files = new Set(["index.mjs"]);
  for (const file of files)
    for (const { kind, path } of outputs[file]?.imports ?? [])
      if (kind === "import-statement") files.add(basename(path));
  return [...files];
}

it.each(NAMES)("a cold start of %s pays for one file of at most 56 KiB", (name) => {
  const { outputs, inputs } = contents[name] ?? { outputs: {}, inputs: {} };
  expect(filesAtStart({ outputs, inputs })).toEqual(["index.mjs"]);
  expect(outputs["index.mjs"]?.bytes).toBeLessThanOrEqual(MOST_BYTES);
});

it.each(NAMES)("%s has what hardly an event needs in its zip all the same", (name) => {
  const inputsOf = (file: string) => Object.keys(contents[name]?.outputs[file]?.inputs ?? {});
  const seldom = [
    "core/dispatch/dead-letter",
    "core/relay/relay",
    "core/ledger/tidy",
    "lambda/dynamodb-due",
    "lambda/relay",
  ].map((part) => `adapters/${part}.ts`);
  expect(inputsOf("index.mjs").filter((path) => seldom.includes(path))).toEqual([]);
  expect(inputsOf("later.mjs")).toEqual(expect.arrayContaining(seldom));
});

it.each(NAMES)("a cold start of %s loads no sample, neither of what it hears nor of what it says", (name) => {
  const loaded = Object.keys(contents[name]?.outputs["index.mjs"]?.inputs ?? {});
  expect(loaded).toContain("functions/kernel/define.ts");
  expect(loaded).not.toContain("functions/events/samples.ts");
});

/** As the list of names has it. */
const NAME = "order.reserved.v1";
/** As one may write it: with a schema and a sample of its own. */
const MADE_UP_EVENT = `
  import * as v from "valibot";
  import { defineEvent } from "../kernel/define.ts";
  import { customerSample } from "./samples.ts";
  import { customer, orderId, reference } from "./schema.ts";
  export const OrderReserved = /* @__PURE__ */ defineEvent({
    type: "com.example.${NAME}",
    topic: "orders",
    data: /* @__PURE__ */ v.object({ orderId, customer, shelves: /* @__PURE__ */ v.array(reference) }),
    subject: ({ orderId }) => orderId,
  });
  export const sample = { orderId: "o-1", customer: customerSample, shelves: ["shelf-1"] };
`;

interface Catalogue {
  /** Whether it has the event above, in the list of names as well. */
  readonly more: boolean;
  /** Whether every bundle takes all of it in, as by an import of its index. */
  readonly whole: boolean;
}

/** An entry holds the name of each event type. */
const toEntry = (text: string, { more, whole }: Catalogue): string =>
  [
    whole ? 'import "./functions/events/index.ts";\n' : "",
    more ? text.replace("eventTypes: [", `eventTypes: [${JSON.stringify(NAME)}, `) : text,
  ].join("");

function toPlugin({ more }: Catalogue): Plugin {
  const read = (name: string) => readFileSync(join(EVENTS, name), "utf8");
  const index = `import * as orderReserved from "./order-reserved.ts";
    export const OrderReserved = /* @__PURE__ */ sampled(orderReserved.OrderReserved, orderReserved.sample);
    ${read("index.ts").replace(/,?\s*\] as const/, ", OrderReserved] as const")}`;
  const files: Readonly<Record<string, string>> = {
    "order-reserved.ts": MADE_UP_EVENT,
    "index.ts": more ? index : read("index.ts"),
  };
  return {
    name: "catalogue",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/order-reserved\.ts$/ }, () => ({ path: join(EVENTS, "order-reserved.ts") }));
      onLoad({ filter: /\/functions\/events\/(order-reserved|index)\.ts$/ }, ({ path }) => ({
        contents: files[basename(path)] ?? "",
        loader: "ts",
      }));
    },
  };
}

describe("what a bundle does not name is not in it", () => {
  // Names stay as they are: minified, some come out a letter longer or shorter whatever changes.
  const buildWith = async (catalogue: Catalogue) => {
    const out = join(folder, `catalogue-${catalogue.whole}-${catalogue.more}`);
    const ours = Object.entries(await lambdaEntries()).map(([name, text]) => [name, toEntry(text, catalogue)]);
    const esbuild = { plugins: [toPlugin(catalogue), builtins], minifyIdentifiers: false };
    return buildLambda(out, { entries: Object.fromEntries(ours), esbuild });
  };
  const builds: Record<string, Readonly<Record<string, Metafile>>> = {};
  beforeAll(async () => {
    builds.plain = await buildWith({ more: false, whole: false });
    builds.more = await buildWith({ more: true, whole: false });
    builds.whole = await buildWith({ more: false, whole: true });
    builds.wholeAndMore = await buildWith({ more: true, whole: true });
  }, 120_000);
  const NAME_BYTES = NAME.length + AROUND_A_NAME;

  describe.each([
    ["one more event type costs its name at most", "plain", "more", NAME_BYTES],
    ["the whole catalogue costs nothing to who takes it in", "plain", "whole", 0],
    [
      "one more event type costs its name at most who takes the whole catalogue in",
      "whole",
      "wholeAndMore",
      NAME_BYTES,
    ],
  ])("%s", (_what, from, to, most) => {
    it.each(NAMES)("%s", (name) => {
      const [before = 0, after = 0] = [from, to].map((build) => builds[build]?.[name]?.outputs["index.mjs"]?.bytes);
      expect(before).toBeGreaterThan(0);
      expect(after - before).toBeLessThanOrEqual(most);
    });
  });

  it.each(NAMES)("%s was built with the catalogue and the event that it leaves out", (name) => {
    expect(Object.keys(builds.wholeAndMore?.[name]?.inputs ?? {})).toContain("functions/events/order-reserved.ts");
    expect(codeOf("catalogue-true-true", name)).toContain(NAME);
    expect(codeOf("catalogue-false-true", name)).toContain(NAME);
  });
});

it.each(NAMES)(
  "%s says of wrong data the rule and never the value, though nothing imports the messages by name",
  (name) => {
    expect(codeOf("a", name)).toContain("is not a known field");
  },
);

it("is byte-identical for the same source, wherever it is built from", async () => {
  const build = `import("${join(import.meta.dirname, "build.ts")}").then((m) => m.buildLambda("${join(folder, "b")}"))`;
  execFileSync(process.execPath, ["-e", build], { cwd: tmpdir(), env: { ...process.env, TZ: "Asia/Tokyo" } });
  for (const name of NAMES) expect(zipOf("b", name).equals(zipOf("a", name))).toBe(true);
});

const TOPICS = "arn:aws:sns:eu-west-1:123456789012:";
const ENVIRONMENT = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "a",
  AWS_SECRET_ACCESS_KEY: "s",
  EDGE_SECRET: "a-secret-of-the-deployment",
  LEDGER_TABLE: "ledger",
  RELAY: "on",
  TOPIC_ARN_PREFIX: TOPICS,
};

const load = (name: string, env: Readonly<Record<string, string>>) => {
  const into = join(folder, `unpacked-${name}`);
  unpack(zipOf("a", name), into);
  const print = "import('./index.mjs').then(({ handler }) => console.log(handler.length))";
  return spawnSync(process.execPath, ["-e", print], { cwd: into, env, encoding: "utf8" });
};

it.each(NAMES)("%s loads from its zip alone, its handler as Lambda wants it: with two parameters at most", (name) => {
  const { stdout, stderr } = load(name, ENVIRONMENT);
  expect([stderr, Number(stdout) <= 2]).toEqual(["", true]);
});

it("a function that was told nothing fails at its start, in words that can be understood", () => {
  const { status, stderr } = load("billing", {});
  expect([status, stderr]).toEqual([1, expect.stringMatching(/LEDGER_TABLE: must be set/)]);
});

describe("what is loaded when it is needed works from the zip", () => {
  it("what is due is looked for when the schedule says so, and nothing is answered", async () => {
    expect(await invoke("order", { relay: true })).toMatchObject({ answer: null });
  });

  it("a record that dies is a letter in the topic of dead letters before it is acknowledged", async () => {
    const { answer, calls } = await invoke("order", recordOf({ ...paid, data: {} }));
    expect(answer).toEqual({ batchItemFailures: [] });
    const letters = calls.map(({ body }) => new URLSearchParams(body)).filter((call) => call.has("Message"));
    expect(letters.map((call) => call.get("TopicArn"))).toEqual([`${TOPICS}dead-letters`]);
    expect(JSON.parse(letters[0]?.get("Message") ?? "")).toMatchObject({ id: "e-1", deadcode: "schema" });
  });

  it("a document that knows more events than it holds gives the oldest rows before it is saved", async () => {
    const { answer, calls } = await invoke("order", recordOf(paid));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(calls.map(({ target }) => target)).toEqual(["GetItem", "BatchWriteItem", "PutItem"]);
    expect(JSON.parse(calls[1]?.body ?? "").RequestItems.ledger).toHaveLength(16);
  });
});

it("the zip of notification sends a mail by what lies beside its start, over TLS with a certificate that is trusted", async () => {
  const { key, cert } = createCertificate();
  const trusted = join(folder, "trusted.pem");
  writeFileSync(trusted, cert);
  const { port, mails } = await startMailServer({ server: { key, cert } });
  const event = { ...paid, source: "/shop/order", type: OrderPaid.type, data: OrderPaid.sample };
  const { answer } = await invoke("notification", recordOf(event), {
    SMTP_URL: `smtp://shop:s3cret@127.0.0.1:${port}`,
    MAIL_FROM: "shop@shop.example",
    NODE_EXTRA_CA_CERTS: trusted,
  });
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(mails).toMatchObject([{ to: [OrderPaid.sample.customer.email], isTls: true, user: "shop" }]);
});

it("a file that lies beside the start cannot throw Dead, which would be a class of its own there", async () => {
  const effects = join(folder, "effects");
  mkdirSync(effects);
  const outcome = JSON.stringify(join(EVENTS, "../kernel/outcome.ts"));
  writeFileSync(
    join(effects, "later.ts"),
    `import { Dead } from ${outcome}; export const die = () => { throw new Dead("a", "b"); };`,
  );
  writeFileSync(join(effects, "effect.ts"), `export const handler = async () => (await import("./later.ts")).die();`);
  const entries = { mine: `export { handler } from ${JSON.stringify(join(effects, "effect.ts"))};` };
  await expect(buildLambda(join(folder, "dead"), { entries })).rejects.toThrow(
    "later.effect.mjs: must leave it to the file that imports it to throw Dead",
  );
});

const paid = {
  ...{ specversion: "1.0", id: "e-1", source: "/shop/billing", type: BillPaid.type, time: new Date().toISOString() },
  data: BillPaid.sample,
};
/** Of an order of which 16 events were handled. */
const DOCUMENT = { v: 1, inbox: Array.from({ length: 16 }, (_, nth) => String(nth).padEnd(WIDTH, "-")).join("") };

const recordOf = (event: object) => ({
  Records: [
    {
      ...{ messageId: "1", receiptHandle: "1", eventSource: "aws:sqs", eventSourceARN: "arn:aws:sqs:x:1:bills" },
      ...{ body: JSON.stringify(event), attributes: {}, messageAttributes: {} },
    },
  ],
});

/** What AWS answers, by what it is asked for; `{}` to all else. */
const ANSWERS: Readonly<Record<string, object>> = {
  GetItem: { Item: { id: { S: "order" }, entry: { S: JSON.stringify(DOCUMENT) }, version: { S: "v-1" } } },
  Query: { Items: [], Count: 0 },
};

/** out: what the zip's function answers to an invocation, and what it asked of AWS meanwhile */
async function invoke(name: string, event: object, more: Readonly<Record<string, string>> = {}) {
  const calls: { readonly target: string | undefined; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    const target = String(request.headers["x-amz-target"] ?? "").split(".")[1];
    calls.push({ target, body: await text(request) });
    response.end(JSON.stringify(ANSWERS[target ?? ""] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const into = mkdtempSync(join(folder, "invoked-"));
  unpack(zipOf("a", name), into);
  const code = `import("./index.mjs").then(async ({ handler }) => {
    const answer = await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 20_000 });
    require("node:fs").writeFileSync("answer.json", JSON.stringify(answer ?? null));
  })`;
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...ENVIRONMENT, AWS_ENDPOINT_URL: endpoint, ...more };
  try {
    await promisify(execFile)(process.execPath, ["-e", code], { cwd: into, env });
  } finally {
    server.close();
  }
  return { answer: JSON.parse(readFileSync(join(into, "answer.json"), "utf8")), calls };
}
