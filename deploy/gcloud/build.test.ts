import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import type * as Smtp from "../../adapters/effects/smtp.ts";
import { parseSmtp, type SmtpSettings } from "../../adapters/effects/smtp-settings.ts";
import { startMailServer } from "../../adapters/effects/test-mail-server.ts";
import { freePorts } from "../../adapters/local/free-ports.ts";
import { system } from "../../functions/index.ts";
import { EDGE } from "../generate/wiring.ts";
import { buildGcf } from "./build.ts";

const ROOT = join(import.meta.dirname, "../..");
const FUNCTIONS = [...system.functions.map(({ name }) => name), EDGE];
const MOST_BYTES_AT_START = 111_000;
const MOST_BYTES = 400_000;

/** What is loaded at the start, and what gcp-metadata brings at the first call. */
const AT_START = ["valibot"];
const LATER = [
  "agent-base",
  "bignumber.js",
  "data-uri-to-buffer",
  "debug",
  "extend",
  "fetch-blob",
  "formdata-polyfill",
  "gaxios",
  "gcp-metadata",
  "google-logging-utils",
  "https-proxy-agent",
  "json-bigint",
  "ms",
  "node-domexception",
  "node-fetch",
  "web-streams-polyfill",
];

/** What an effect imports when it is first called, in a file of its own: the functions that use it, and what it brings. */
const OF_EFFECTS: Readonly<Record<string, readonly string[]>> = { notification: ["nodemailer"] };

let outdir: string;
let metafiles: Readonly<Record<string, Metafile>>;

beforeAll(async () => {
  // Where the framework is found on the way up.
  outdir = mkdtempSync(join(ROOT, "node_modules/.loosely-gcf-"));
  metafiles = await buildGcf(outdir);
}, 120_000);
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

it("one folder per function", () => expect(readdirSync(outdir).sort()).toEqual([...FUNCTIONS].sort()));

it.each(FUNCTIONS)("%s: the bundle holds exactly the packages that were chosen, and starts small", (name) => {
  const outputs = Object.entries(metafiles[name]?.outputs ?? {}).filter(([file]) => file.endsWith(".mjs"));
  const [start, effects, later] = [/\/index\.mjs$/, /\/later\/smtp-\w+\.mjs$/, /\/later(\/(?!smtp-).*)?\.mjs$/].map(
    (name) => outputs.filter(([file]) => name.test(file)),
  );
  expect([start, effects, later].map(packagesIn)).toEqual([AT_START, OF_EFFECTS[name] ?? [], LATER]);
  expect(start).toMatchObject([
    [expect.any(String), { bytes: expect.toSatisfy((bytes) => bytes < MOST_BYTES_AT_START) }],
  ]);
  expect(later?.reduce((sum, [, { bytes }]) => sum + bytes, 0)).toBeLessThan(MOST_BYTES);
});

it("what sends notification's mails works from its file", async () => {
  const folder = join(outdir, "notification/later");
  const [file = ""] = readdirSync(folder).filter((name) => /^smtp-\w+\.mjs$/.test(name));
  const { sendBySmtp } = (await import(pathToFileURL(join(folder, file)).href)) as typeof Smtp;
  const { port, mails } = await startMailServer();
  const settings = parseSmtp({ SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: "shop@shop.example" });
  const to = { name: "Ada", email: "ada@example.com" };
  await sendBySmtp({ messageId: "<1@shop.example>", to, subject: "Paid" }, settings as SmtpSettings);
  expect(mails).toMatchObject([{ to: [to.email], body: "Paid" }]);
});

it.each(FUNCTIONS)("%s: what hardly an event needs lies beside the start, which does not have it", (name) => {
  const inputsOf = (path: string) => {
    const [, output] = Object.entries(metafiles[name]?.outputs ?? {}).find(([file]) => file.endsWith(path)) ?? [];
    return Object.keys(output?.inputs ?? {}).filter((input) => /core\/\w+\/(dead-letter|tidy)\.ts$/.test(input));
  };
  expect([inputsOf("/index.mjs").length, inputsOf(`${name}/later.mjs`).length]).toEqual([0, 2]);
});

it.each(FUNCTIONS)("%s: nothing of it loads node:http as a module, which loads all of fetch", (name) => {
  const start = readFileSync(join(outdir, name, "index.mjs"), "utf8");
  expect(start).not.toMatch(/from\s*"(node:)?https?"/);
});

it.each(FUNCTIONS)("%s: no build step, the framework pinned as in our own lock file", (name) => {
  const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
  const manifest = read(join(outdir, name, "package.json"));
  const ours = read(join(ROOT, "package-lock.json")).packages;
  const version = ours["node_modules/@google-cloud/functions-framework"].version;
  expect([manifest.main, manifest.scripts, manifest.dependencies]).toEqual([
    "index.mjs",
    undefined,
    { "@google-cloud/functions-framework": version },
  ]);
  const lock = read(join(outdir, name, "package-lock.json")).packages;
  for (const [path, entry] of Object.entries<{ version: string; integrity: string }>(lock)) {
    if (path !== "")
      expect([path, entry.version, entry.integrity]).toEqual([path, ours[path].version, ours[path].integrity]);
  }
});

it.each(FUNCTIONS)(
  "%s: the lock file has a place for each dependency, so that npm ci asks for nothing else",
  (name) => {
    const { packages } = JSON.parse(readFileSync(join(outdir, name, "package-lock.json"), "utf8"));
    const missing = Object.entries<{ dependencies?: object }>(packages).flatMap(([path, { dependencies = {} }]) => {
      const parts = path.split("/node_modules/");
      const folders = ["", ...parts.map((_, index) => `${parts.slice(0, index + 1).join("/node_modules/")}/`)];
      const has = (each: string) =>
        folders.some((folder) => `${folder}node_modules/${each}`.replace(/^\//, "") in packages);
      return Object.keys(dependencies)
        .filter((each) => !has(each))
        .map((each) => `${path}: ${each}`);
    });
    expect(missing).toEqual([]);
    expect(Object.keys(packages).length).toBeGreaterThan(100);
  },
);

it("a function with a wrong environment says what is wrong and ends with 1", async () => {
  const [port] = await freePorts(26_000 + Math.floor(Math.random() * 6_000), 1);
  const child = spawn(
    process.execPath,
    [
      join(ROOT, "node_modules/.bin/functions-framework"),
      `--source=${join(outdir, "billing")}`,
      "--target=billing",
      `--port=${port}`,
    ],
    { env: { ...process.env, PUBSUB_ORDERING: "perhaps" }, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, said]).toEqual([1, "billing: cannot start\n  PUBSUB_ORDERING: must be true or false\n"]);
});

type Outputs = readonly (readonly [string, Metafile["outputs"][string]])[];

function packagesIn(outputs: Outputs = []): readonly string[] {
  const inputs = outputs.flatMap(([, { inputs }]) => Object.keys(inputs));
  const names = inputs.flatMap((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []);
  return [...new Set(names)].sort();
}
