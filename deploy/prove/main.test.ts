import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { system } from "../../functions/index.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "loosely-prove-"));
afterAll(() => rmSync(folder, { recursive: true }));

const prove = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "main.ts"), "--runs", "5", ...args],
    { encoding: "utf8", cwd: ROOT, env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined } },
  );
  return { status, stdout, stderr };
};

const names = system.functions.map(({ name }) => name);
const { name: user } = system.functions.find(({ uses }) => uses.length > 0) as { readonly name: string };

/** The build before: it asked for its effects under other keys. */
const older = join(folder, "older.ts");
writeFileSync(
  older,
  `import { system as ours } from ${JSON.stringify(pathToFileURL(join(ROOT, "functions/index.ts")).href)};
const otherwise = (effects) =>
  new Proxy({}, { get: (_, name) => ({ key, ...rest }) => effects[name]({ key: "old/" + key, ...rest }) });
export const system = {
  ...ours,
  functions: ours.functions.map(({ source, ...fn }) => ({
    ...fn,
    source: typeof source === "function" ? (effects) => source(otherwise(effects)) : source,
  })),
};
`,
);

it("says of one function that it holds, and by which seed that is found again", () => {
  expect(prove(user, "--seed", "7")).toEqual({
    status: 0,
    stdout: expect.stringMatching(new RegExp(`^${user}  holds  \\d+ histories\nseed 7\n$`)),
    stderr: "",
  });
});

it("says what breaks beside the build before, with its history, and ends with 1", () => {
  const { status, stdout } = prove(user, "--older", older);
  const lines = stdout.split("\n");
  const at = lines.findIndex((line) => line.startsWith("  version  "));
  expect([status, lines.slice(at, at + 4)]).toEqual([
    1,
    [
      "  version  beside another build, effects are lost or repeated, or events end otherwise",
      expect.stringMatching(/^ {4}1\. .*, to the older build.* → .*; asks \w+ old\//),
      expect.stringMatching(/^ {4}2\. .* → handled; asks \w+ (?!old\/)/),
      expect.stringMatching(/^ {4}→ \w+: 2 in place of 1: does \w+ old\//),
    ],
  ]);
});

it("is for programs, too", () => {
  const { status, stdout } = prove(...names, "--json");
  const found = JSON.parse(stdout).map(({ function: name, seed }: Record<string, unknown>) => [name, seed]);
  expect([status, found]).toEqual([0, names.map((name) => [name, 1])]);
});

it.each([
  [["nobody"], `FUNCTION: must be one of ${names.join(", ")}, got nobody`],
  [["--ordered", "nobody"], `--ordered: must be one of ${names.join(", ")}, got nobody`],
  [["--seed", "x"], "--seed: must be a whole number, at most 4294967295, got x"],
  [["--runs", "1000000"], "--runs: must be a whole number, at most 100000, got 1000000"],
  [["--older", "package.json"], "--older: must be a file that exports a system, got package.json: "],
])("refuses %j", (args, message) => {
  const { status, stderr } = prove(...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});
