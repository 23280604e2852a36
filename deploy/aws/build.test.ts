import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildLambda } from "./build.ts";

const NAMES = ["order", "billing", "notification", "shipping", "edge"] as const;
const MOST_BYTES = 40 * 1024;
const folder = mkdtempSync(join(tmpdir(), "loosely-lambda-"));

let contents: Readonly<Record<string, Metafile>>;
beforeAll(async () => {
  contents = await buildLambda(join(folder, "a"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const zipOf = (build: string, name: string) => readFileSync(join(folder, build, `${name}.zip`));

/** Unpacks as zip tools do: by the directory at the end. */
function unpack(zip: Buffer, into: string): void {
  mkdirSync(into, { recursive: true });
  const end = zip.length - 22;
  expect(zip.readUInt32BE(end)).toBe(0x504b0506);
  let at = zip.readUInt32LE(end + 16);
  for (let files = zip.readUInt16LE(end + 10); files > 0; files--) {
    expect(zip.readUInt32BE(at)).toBe(0x504b0102);
    const [size, nameLength, offset] = [
      zip.readUInt32LE(at + 24),
      zip.readUInt16LE(at + 28),
      zip.readUInt32LE(at + 42),
    ];
    const start = offset + 30 + nameLength;
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    writeFileSync(join(into, name), zip.subarray(start, start + size));
    at += 46 + nameLength;
  }
}

it("makes one zip per function and one for the public edge", () => {
  expect(Object.keys(contents)).toEqual(NAMES);
});

it.each(NAMES)("the bundle of %s holds exactly the packages that were chosen", (name) => {
  const inputs = Object.keys(contents[name]?.inputs ?? {});
  const packages = inputs.flatMap((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []);
  expect([...new Set(packages)].sort()).toEqual(["uuid", "valibot"]);
});

it.each(NAMES)("the bundle of %s stays within 40 KiB, which is what a cold start pays for", (name) => {
  expect(contents[name]?.outputs["index.mjs"]?.bytes).toBeLessThanOrEqual(MOST_BYTES);
});

it("is byte-identical for the same source, wherever it is built from", async () => {
  const build = `import("${join(import.meta.dirname, "build.ts")}").then((m) => m.buildLambda("${join(folder, "b")}"))`;
  execFileSync(process.execPath, ["-e", build], { cwd: tmpdir(), env: { ...process.env, TZ: "Asia/Tokyo" } });
  for (const name of NAMES) expect(zipOf("b", name).equals(zipOf("a", name))).toBe(true);
});

const load = (name: string, env: Readonly<Record<string, string>>) => {
  const into = join(folder, `unpacked-${name}`);
  unpack(zipOf("a", name), into);
  const print = "import('./index.mjs').then(({ handler }) => console.log(handler.length))";
  return spawnSync(process.execPath, ["-e", print], { cwd: into, env, encoding: "utf8" });
};

it.each(NAMES)("%s loads from its zip alone, its handler as Lambda wants it: with two parameters at most", (name) => {
  const { stdout, stderr } = load(name, {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "s",
    LEDGER_TABLE: "ledger",
    TOPIC_ARN_PREFIX: "arn:aws:sns:eu-west-1:123456789012:",
  });
  expect([stderr, Number(stdout) <= 2]).toEqual(["", true]);
});

it("a function that was told nothing fails at its start, in words that can be understood", () => {
  const { status, stderr } = load("billing", {});
  expect([status, stderr]).toEqual([1, expect.stringMatching(/LEDGER_TABLE: must be the name of a DynamoDB table/)]);
});
