import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const execFileOf = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** Those that run a program of ours, by its file. */
const OURS = Object.entries(scripts).flatMap(([name, script]) => {
  const file = /^(?:exec )?node (\S+)$/.exec(script)?.[1];
  return file === undefined ? [] : [{ name, file }];
});

/** All of them would keep other tests from their time. */
const AT_ONCE = 4;

const run = (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, [join(ROOT, file), ...args], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, ...env },
  });

it("finds the commands", () => {
  expect(OURS.map(({ name }) => name)).toEqual(expect.arrayContaining(["start", "build", "generate", "bench"]));
});

it.each(OURS)("npm run $name -- --help says what it does, and does nothing", ({ name, file }) => {
  const { status, stdout } = run(file, ["--help"]);
  expect([status, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^npm (run )?${name}\\b`))]);
});

it("says nothing when whoever reads has gone, as head does", async () => {
  const said: string[] = [];
  const left = OURS.values();
  const worker = async () => {
    for (const { name, file } of left) {
      const { stderr } = await execFileOf("sh", ["-c", '"$0" "$1" --help | :', process.execPath, file], { cwd: ROOT });
      if (stderr !== "") said.push(`${name}: ${stderr}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(said).toEqual([]);
});

it.each(OURS)(
  "npm run $name says in two lines what is wrong with an option that it does not have",
  ({ name, file }) => {
    const { status, stdout, stderr } = run(file, ["--hlep"]);
    expect([status, stdout, stderr]).toEqual([
      2,
      "",
      expect.stringContaining("--hlep: is no option; did you mean --help?"),
    ]);
    expect(stderr.trim().split("\n").slice(1)).toEqual([
      expect.stringMatching(new RegExp(`^npm (run )?${name} -- --help`)),
    ]);
  },
);

it.each(OURS.filter(({ name }) => ["dead", "remove", "resay"].includes(name)))(
  "npm run $name --dry-run, which npm takes for itself, is refused: it would be done",
  ({ name, file }) => {
    const { status, stderr } = run(file, [], { npm_lifecycle_event: name, npm_config_dry_run: "true" });
    expect([status, stderr]).toEqual([2, expect.stringContaining("--dry-run: npm took it for one of its own")]);
  },
);
