import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const HERE = import.meta.dirname;
const TSC = join(HERE, "../node_modules/typescript/bin/tsc");

const HOST = [
  "process.env;",
  "fetch('/');",
  "setTimeout(() => {}, 1);",
  "setInterval(() => {}, 1);",
  "setImmediate(() => {});",
  "queueMicrotask(() => {});",
  "crypto.randomUUID();",
  "console.log('x');",
  "performance.now();",
  "Buffer.from('x');",
  "new URL('x:');",
  "new TextEncoder();",
  "new AbortController();",
  "structuredClone(1);",
  "require('x');",
  "import.meta.dirname;",
  "import 'node:fs';",
  "await import('node:http');",
  "import type { Server } from 'node:net';",
];

describe("what a host provides does not compile in functions/", () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-purity-"));
  let faulty: ReadonlyMap<number, string>;

  beforeAll(() => {
    const include = [HERE, "probe.mts"];
    const compilerOptions = { noUncheckedSideEffectImports: true };
    writeFileSync(join(folder, "probe.mts"), ["export const fine = [1].at(0);", ...HOST].join("\n"));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(HERE, "tsconfig.json"), include, compilerOptions }),
    );
    const { stdout } = spawnSync(process.execPath, [TSC, "-p", folder, "--pretty", "false"], { encoding: "utf8" });
    const errors = stdout.matchAll(/^(.*)\((\d+),\d+\): error (.*)$/gm);
    faulty = new Map(
      [...errors].map(([, file = "", line, error = ""]) => [/probe\.mts$/.test(file) ? Number(line) : 0, error]),
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(HOST.map((line, index) => ({ line, at: index + 2 })))("$line", ({ at }) => {
    expect(faulty.get(at)).toMatch(/Cannot find|does not exist/);
  });

  it("while the functions themselves and the language do", () => {
    expect([...faulty].filter(([line]) => line < 2)).toEqual([]);
  });
});

const sources = globSync("**/*.ts", { cwd: HERE })
  .filter((file) => !file.endsWith(".test.ts"))
  .map((file) => ({ file, text: withoutComments(readFileSync(join(HERE, file), "utf8")) }));

/** Part of the language, so that they compile: the clock, randomness, the host's locale, and ways around the compiler. */
const BANNED =
  /\b(Date|Math\s*\.\s*random|Math\s*\[|Intl|toLocale\w*|globalThis|eval|Function\s*\(|import\s*\(|Atomics)\b|@ts-/;

function withoutComments(text: string): string {
  return text.replace(/\/\*(?!.*@ts-)[\s\S]*?\*\/|^\s*\/\/(?!\s*@ts-).*$/gm, "");
}

it("the scan below has files to read", () => {
  expect(sources.length).toBeGreaterThan(15);
});

it.each([
  "Date.now()",
  "new Date()",
  "Math.random()",
  "Math . random()",
  "globalThis",
  "x.toLocaleString()",
  "// @ts-ignore",
])("the scan below sees %s", (text) => {
  expect(withoutComments(text)).toMatch(BANNED);
});

describe.each(sources)("$file", ({ file, text }) => {
  it("knows no time, no randomness and no locale", () => {
    expect(text).not.toMatch(BANNED);
  });

  it("imports nothing but functions/, valibot and the Standard Schema interface", () => {
    const imported = [...text.matchAll(/\b(?:from|import)\s*["']([^"']+)["']/g)].map(([, name = ""]) => name);
    const foreign = imported.filter((name) =>
      name.startsWith(".")
        ? relative(HERE, resolve(HERE, dirname(file), name)).startsWith("..")
        : name !== "valibot" && name !== "@standard-schema/spec",
    );
    expect(foreign).toEqual([]);
  });
});
