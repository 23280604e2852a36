import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { STORY } from "./test-lines.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const texts = STORY.map((told) => `${JSON.stringify({ ...told, service: told.function, msg: "event" })}\n`);

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "loosely-story-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function newData(lines: readonly string[]) {
  const data = newFolder();
  mkdirSync(join(data, "log"));
  writeFileSync(join(data, "log/one.jsonl"), lines.join(""));
  return { data, file: join(data, "log/one.jsonl") };
}

function tell(args: readonly string[], { path = "", input = "" } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    input,
    env: { ...process.env, NO_COLOR: "1", PATH: `${path}${delimiter}${process.env.PATH}` },
  });
  return { status, out: stdout, err: stderr };
}

/** A program that keeps its arguments, and prints what it is told to. */
function fake(name: string, output: string) {
  const path = newFolder();
  writeFileSync(join(path, "output"), output);
  writeFileSync(join(path, name), `#!/bin/sh\nprintf '%s\\n' "$@" >> "${path}/asked"\ncat "${path}/output"\n`);
  chmodSync(join(path, name), 0o755);
  return { path, asked: () => readFileSync(join(path, "asked"), "utf8").split("\n") };
}

it("tells a story from what services of this machine keep, and ends with 1 where something is dead", () => {
  const { data } = newData(texts);
  const { status, out, err } = tell(["s-1", "--data", data]);
  expect([status, err]).toEqual([1, ""]);
  expect(out.match(/^\d\d:\d\d:\d\d\.\d{3} /gm)).toHaveLength(5);
  expect(out).toContain("3 handled, 1 dead");
});

it("ends with 0 where all is handled, and gives it as JSON", () => {
  const { data } = newData(texts);
  const { status, out } = tell(["closed", "--data", data, "--json"]);
  const [only] = JSON.parse(out) as readonly object[];
  expect([status, only]).toMatchObject([0, { event: "closed", function: "desk", time: "1970-01-01T00:00:00.006Z" }]);
});

it("reads what daprd printed, from standard input", () => {
  const input = texts.map((line) => `== APP == ${line}`).join("");
  expect(tell(["closed", "--log", "-"], { input }).status).toBe(0);
});

it("asks kubectl for the logs of a namespace", () => {
  const { path, asked } = fake("kubectl", texts.map((line) => `[pod/one/app] ${line}`).join(""));
  expect(tell(["closed", "--namespace", "mine"], { path }).status).toBe(0);
  expect(asked().slice(0, 3)).toEqual(["logs", "--namespace", "mine"]);
});

it("asks Google, then for all that belongs together", () => {
  const entries = STORY.map(({ time, ...told }) => ({ timestamp: new Date(time).toISOString(), jsonPayload: told }));
  const { path, asked } = fake("gcloud", JSON.stringify(entries));
  expect(tell(["closed", "--host", "gcloud", "--project", "p"], { path }).status).toBe(0);
  const filters = asked().filter((line) => line.startsWith("jsonPayload.event="));
  expect(filters.map((filter) => /"(.*?)"/.exec(filter)?.[1]).toSorted()).toEqual(["c-1", "closed", "s-1"]);
});

it("asks AWS in each function's log group", () => {
  const { path, asked } = fake("aws", JSON.stringify({ events: texts.map((message) => ({ message })) }));
  expect(tell(["closed", "--host", "aws", "--prefix", "mine-"], { path }).status).toBe(0);
  expect(asked().filter((line) => line.startsWith("/aws/lambda/mine-")).length).toBeGreaterThan(1);
  expect(asked()).toContain('"closed"');
});

it("goes on telling until it is told to end, which is no failure", async () => {
  const { data, file } = newData(texts.slice(0, 1));
  const child = spawn(process.execPath, [MAIN, "s-1", "--data", data, "--follow", "--json"], { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const events: string[] = [];
  const ended = new Promise((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    events.push((JSON.parse(line) as { event: string }).event);
    if (events.length === 1) appendFileSync(file, texts[4] ?? "");
    else child.kill("SIGINT");
  }
  expect([events, await ended]).toEqual([["asked", "closed"], 0]);
});

it.each<[string, readonly string[], number, RegExp]>([
  ["an id that is empty", [""], 2, /^ID: must be given/],
  ["no id", [], 2, /^ID: must be given/],
  [
    "an id that nobody has logged",
    ["unknown", "--data", "/nowhere"],
    1,
    /^unknown: nothing is known of it in \/nowhere\/log/,
  ],
  ["a host that is none", ["x", "--host", "mars"], 2, /^--host: must be aws or gcloud/],
  ["a program that is not there", ["x", "--namespace", "n"], 1, /^kubectl: is not installed/],
])("says in one line what is wrong with %s", (_what, args, status, message) => {
  const run = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env: { PATH: newFolder() } });
  expect([run.status, run.stderr]).toEqual([status, expect.stringMatching(message)]);
});
