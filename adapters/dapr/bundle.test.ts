import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { BillPaid, OrderPaid } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { KEEPER } from "../../functions/kernel/system.ts";
import { startMailServer } from "../effects/test-mail-server.ts";
import { endOf, ready } from "./test-service.ts";

const SERVICES = [...system.functions.map(({ name }) => name), KEEPER];
const MOST_BYTES = 785_000;
const ROOT = join(import.meta.dirname, "../..");
const outdir = mkdtempSync(join(tmpdir(), "loosely-bundle-"));

/** Fastify, pino and prom-client, each with what they bring and a service calls, and what we chose beside them. */
const PACKAGES = [
  "@fastify/error",
  "@fastify/forwarded",
  "@fastify/proxy-addr",
  "@fastify/under-pressure",
  "@pinojs/redact",
  "abstract-logging",
  "atomic-sleep",
  "avvio",
  "bintrees",
  "close-with-grace",
  "fast-decode-uri-component",
  "fast-deep-equal",
  "fast-json-stringify",
  "fast-querystring",
  "fastify",
  "fastify-plugin",
  "fastq",
  "find-my-way",
  "ipaddr.js",
  "on-exit-leak-free",
  "pino",
  "pino-std-serializers",
  "process-warning",
  "prom-client",
  "quick-format-unescaped",
  "ret",
  "reusify",
  "rfdc",
  "safe-regex2",
  "safe-stable-stringify",
  "secure-json-parse",
  "semver",
  "sonic-boom",
  "tdigest",
  "toad-cache",
  "valibot",
];

/** What an effect imports later: which functions use it, and what it brings. */
const BESIDE = [{ file: "smtp.effect.mjs", of: ["notification"], packages: ["nodemailer"] }];

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>>;
}

let contents: { readonly dapr: Readonly<Record<string, Metafile>> };

beforeAll(() => {
  execFileSync(process.execPath, ["esbuild.config.mjs", outdir], { cwd: ROOT });
  contents = JSON.parse(readFileSync(join(outdir, "contents.json"), "utf8"));
}, 120_000);

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

it.each(SERVICES)(
  "the bundle of %s does not import node:http, which would load Node's whole fetch at each start",
  (service) => {
    expect(readFileSync(join(outdir, "dapr", `${service}.mjs`), "utf8")).not.toMatch(/from\s*"node:http"/);
  },
);

it.each(SERVICES)("the bundle of %s holds exactly the packages that were chosen", (service) => {
  const beside = BESIDE.filter(({ of }) => of.includes(service));
  const packages = Object.keys(contents.dapr[service]?.outputs ?? {})
    .filter((path) => path.endsWith(".mjs"))
    .map((path) => [basename(path), packagesIn(contents.dapr[service], path)]);
  expect(Object.fromEntries(packages)).toEqual({
    [`${service}.mjs`]: PACKAGES,
    ...Object.fromEntries(beside.map((one) => [one.file, one.packages])),
  });
});

it("there is one file per service, the keeper's, the SDK's, and one for what an effect imports later: nothing else is in the image", () => {
  const files = readdirSync(join(outdir, "dapr")).filter((file) => !file.endsWith(".map"));
  const beside = BESIDE.map(({ file }) => file);
  expect(files.sort()).toEqual([...SERVICES.map((service) => `${service}.mjs`), "sdk.cjs", ...beside].sort());
  for (const service of SERVICES) {
    const text = readFileSync(join(outdir, "dapr", `${service}.mjs`), "utf8");
    const imported = [...text.matchAll(/import\("\.\/([^"]*)"\)/g)].map(([, file]) => file);
    expect(imported).toEqual(BESIDE.filter(({ of }) => of.includes(service)).map(({ file }) => file));
  }
});

it.each(SERVICES)("the bundle of %s stays small, so that the layer of all does", (service) => {
  expect(statSync(join(outdir, "dapr", `${service}.mjs`)).size).toBeLessThan(MOST_BYTES);
});

/** What a start can do without, as Node names it: all of TLS, what only a worker has, what Node loads lazily. */
const NOT_LOADED = [
  "assert",
  "http2",
  "https",
  "internal/deps/undici/undici",
  "internal/fs/promises",
  "tls",
  "worker_threads",
  "zlib",
];

it.each(SERVICES)(
  "%s loads nothing of Node at its start that it does not use, with metrics as well",
  async (service) => {
    const preload = join(outdir, "loaded.cjs");
    writeFileSync(
      preload,
      'process.on("SIGUSR2", () => console.log(JSON.stringify({ loaded: process.moduleLoadList })));',
    );
    const child = spawn(process.execPath, ["--require", preload, join(outdir, `dapr/${service}.mjs`)], {
      env: {
        PATH: process.env.PATH,
        APP_PORT: "0",
        EDGE_PORT: "0",
        METRICS_PORT: "0",
        DAPR_HTTP_PORT: "1",
        LEDGER: "memory",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const { lines } = await ready(child);
    child.kill("SIGUSR2");
    const loaded = await vi.waitUntil(() => lines.find((line) => "loaded" in line)?.loaded as string[] | undefined);
    expect(loaded).toContain("NativeModule http");
    expect(NOT_LOADED.filter((name) => loaded.includes(`NativeModule ${name}`))).toEqual([]);
  },
);

it("the built file alone serves its function, buries what dies, and ends with 0", async () => {
  const published: (string | undefined)[] = [];
  const sidecar = createServer((incoming, reply) => {
    published.push(incoming.url?.replace(/\?.*/, ""));
    incoming.resume();
    reply.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void sidecar.close());
  await once(sidecar, "listening");
  const { port } = sidecar.address() as AddressInfo;
  const child = spawn(process.execPath, [join(outdir, "dapr/order.mjs")], {
    cwd: tmpdir(),
    env: { ...process.env, APP_PORT: "0", LEDGER: "memory", DAPR_HTTP_PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { msg, address: said } = JSON.parse(line);
      if (msg === "ready") resolve(said);
    });
  });
  const event = { specversion: "1.0", id: "e-1", source: "/shop/billing", type: BillPaid.type, data: BillPaid.sample };
  for (const data of [BillPaid.sample, {}]) {
    const answer = await fetch(`${address}/bills`, {
      method: "POST",
      headers: { "content-type": "application/cloudevents+json" },
      body: JSON.stringify({ ...event, data }),
    });
    expect([answer.status, await answer.json()]).toEqual([200, { status: "SUCCESS" }]);
  }
  // What is loaded when something dies is in the same file.
  expect(published).toEqual(["/v1.0/publish/pubsub/dead-letters"]);
  const code = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await code).toBe(0);
});

it("the keeper's file explains what is wrong with its environment, and ends with 1", async () => {
  const child = spawn(process.execPath, [join(outdir, "dapr/keeper.mjs")], {
    env: { PATH: process.env.PATH, APP_HOST: "::", APP_PORT: "0" },
  });
  const { code, stderr } = await endOf(child);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^keeper: cannot start\n {2}APP_API_TOKEN: must be set/)]);
});

it("the keeper's file answers probes while its sidecar is away, takes no letter, and ends with 0", async () => {
  const child = spawn(process.execPath, [join(outdir, "dapr/keeper.mjs")], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, APP_PORT: "0", METRICS_PORT: "0", DAPR_HTTP_PORT: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { address } = await ready(child);
  const statusOf = async (path: string, body?: string) =>
    (await fetch(`${address}${path}`, body === undefined ? {} : { method: "POST", body })).status;
  expect([await statusOf("/healthz"), await statusOf("/readyz")]).toEqual([200, 503]);
  expect([await statusOf("/dead-letters", "hello"), await statusOf("/letters")]).toEqual([503, 503]);
  const code = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await code).toBe(0);
});

it("notification's file sends a mail by what lies beside it, and ends with 0", async () => {
  const { port: mailPort, mails } = await startMailServer();
  const child = spawn(process.execPath, [join(outdir, "dapr/notification.mjs")], {
    cwd: tmpdir(),
    env: {
      ...{ PATH: process.env.PATH, APP_PORT: "0", LEDGER: "memory" },
      ...{ SMTP_URL: `smtp://127.0.0.1:${mailPort}`, MAIL_FROM: "shop@shop.example" },
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { address } = await ready(child);
  const answer = await fetch(`${address}/orders`, {
    method: "POST",
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify({
      ...{ specversion: "1.0", id: "e-1", source: "/shop/order", type: OrderPaid.type, data: OrderPaid.sample },
    }),
  });
  expect([answer.status, await answer.json()]).toEqual([200, { status: "SUCCESS" }]);
  expect(mails).toMatchObject([{ to: [OrderPaid.sample.customer.email] }]);
  const code = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await code).toBe(0);
});

it("what is wrong with the mail server is said at the start, by field and never by value", async () => {
  const child = spawn(process.execPath, [join(outdir, "dapr/notification.mjs")], {
    env: { PATH: process.env.PATH, APP_PORT: "0", LEDGER: "memory", SMTP_URL: "smtp://u:s3cret@mail.example:0" },
  });
  const { code, stderr = "" } = await endOf(child);
  expect([code, stderr.match(/\w+(?=: must)/g), stderr.includes("s3cret")]).toEqual([
    1,
    ["SMTP_URL", "MAIL_FROM"],
    false,
  ]);
});

function packagesIn(metafile: Metafile | undefined, path: string): readonly string[] {
  const inputs = Object.keys(metafile?.outputs[path]?.inputs ?? {});
  const names = inputs.flatMap((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []);
  return [...new Set(names)].sort();
}
