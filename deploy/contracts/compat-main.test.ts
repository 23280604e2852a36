import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
// Gives the catalogue's events their samples.
import "../../functions/events/index.ts";
import { OURS } from "../entries.ts";
import { keepSchemas } from "./kept-schemas.ts";

const MAIN = join(import.meta.dirname, "compat-main.ts");
const folder = mkdtempSync(join(tmpdir(), "loosely-compat-"));
const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
};

const now = keepSchemas(OURS.system);
const [type, event] = Object.entries(now.events).find(([, { consumers }]) => consumers.length > 0) ?? ["", undefined];
const data = event?.data as { readonly properties: object; readonly required: readonly string[] };

/** As if this had been kept of an event type that a function of ours consumes. out: a project's folder */
function projectWith(name: string, kept: object): string {
  const project = join(folder, name);
  mkdirSync(join(project, "deploy/contracts"), { recursive: true });
  const all = { ...now, events: { ...now.events, [type]: { ...event, ...kept } } };
  writeFileSync(join(project, "deploy/contracts/kept.json"), JSON.stringify(all));
  return project;
}

const more = { ...data.properties, extra: { type: "string" } };
const required = { data: { ...data, properties: more, required: [...data.required, "extra"] } };
const [consumer] = event?.consumers ?? [];

it("tells that nothing has changed, and that the samples are read", () => {
  const { status, stdout, stderr } = run("--against", projectWith("same", {}));
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`\nsamples that were kept: ${Object.keys(now.events).length} read by the schemas\n`);
});

it("tells what is no more as it was, whom it hurts, and what to do; that one direction holds is enough, but for --full", () => {
  const project = projectWith("forward-broken", required);
  const { status, stdout } = run("--against", project);
  const lines = stdout.split("\n");
  const at = lines.findIndex((line) => line.startsWith(type));
  expect([status, lines[at]?.split(/ {2,}/), lines[at + 1]]).toEqual([
    0,
    [type, "backward", `old ${consumer}`],
    "  data.extra: is gone, and was required (breaks forward)",
  ]);
  expect(stdout).toContain("\nbackward: deploy those who consume it before those who say it\n");
  expect(run("--against", project, "--full").status).toBe(1);
});

it("leaves it at that where events of before are refused, as its verdict says: samples tell nothing new then", () => {
  const loose = { data: { ...data, required: [] }, sample: {} };
  const { status, stdout } = run("--against", projectWith("loose", loose));
  expect([status, stdout]).toEqual([0, expect.stringMatching(/ forward +new .*\n {2}1 refused: data\..*\n$/s)]);
});

it("ends with 1 where neither holds, and says so to programs", () => {
  const { status, stdout } = run("--against", projectWith("topic", { topic: "elsewhere" }), "--json");
  const { types } = JSON.parse(stdout) as {
    readonly types: readonly { readonly type: string; readonly verdict: string }[];
  };
  expect([status, types.filter(({ verdict }) => verdict === "breaking").map((row) => row.type)]).toEqual([1, [type]]);
});

it("ends with 1 where a recorded event is read no more, and with 0 where it never was; it shows no value", () => {
  const file = join(folder, "events.jsonl");
  const SECRET = "4711-secret";
  const event = { specversion: "1.0", id: "1", source: "/s", type, data: SECRET };
  writeFileSync(file, `${JSON.stringify(event)}\n${SECRET}\n`);
  const before = run("--events", file);
  expect([before.status, before.stdout.split("\n").slice(-4)]).toEqual([
    0,
    [
      `${file}: 1 read by the schemas`,
      `  1 refused, as before: data of ${type}: must be Object`,
      `  no events: 1, the first at ${file}:2`,
      "",
    ],
  ]);
  const after = run("--events", file, "--against", projectWith("any", { data: true }));
  expect([after.status, after.stdout]).toEqual([
    1,
    expect.stringContaining(`\n  1 refused: data of ${type}: must be Object\n`),
  ]);
  expect(before.stdout + after.stdout).not.toContain(SECRET);
});

it.each([
  { args: ["--against", join(folder, "none")], why: `--against: must be there, ${join(folder, "none")} is not` },
  { args: ["--events", MAIN.replace("compat-main.ts", "none")], why: "--events: must be there, " },
  { args: ["--against", MAIN], why: `${MAIN}: ` },
  { args: ["--keep", "--events", folder], why: "--keep: must stand alone" },
])("refuses $args in words, and changes nothing", ({ args, why }) => {
  const kept = join(import.meta.dirname, "kept.json");
  const before = readFileSync(kept, "utf8");
  const { status, stdout, stderr } = run(...args);
  expect([status, stdout, stderr.startsWith(why), stderr.split("\n").length]).toEqual([2, "", true, 3]);
  expect(readFileSync(kept, "utf8")).toBe(before);
});
