import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createServiceLog, logFilesOf } from "./service-log.ts";

const folders: string[] = [];
const newFolder = () => folders[folders.push(mkdtempSync(join(tmpdir(), "loosely-log-"))) - 1] as string;
const linesOf = (file: string) =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

it("keeps each service's lines in a file of its own, over a restart, for their owner alone", () => {
  const folder = newFolder();
  createServiceLog(folder).append("a", { msg: "one" });
  const again = createServiceLog(folder);
  again.append("a", { msg: "two" });
  again.append("b", { msg: "three" });
  expect(linesOf(logFilesOf(folder, "a")[0])).toEqual([{ msg: "one" }, { msg: "two" }]);
  expect(linesOf(logFilesOf(folder, "b")[0])).toEqual([{ msg: "three" }]);
  expect(statSync(logFilesOf(folder, "a")[0]).mode & 0o777).toBe(0o600);
});

it("keeps one older file, so that a shop that runs for weeks does not fill the disk", () => {
  const folder = newFolder();
  for (let number = 0; number < 25; number++) createServiceLog(folder, 100).append("a", { number });
  const log = createServiceLog(folder, 100);
  for (let number = 25; number < 50; number++) log.append("a", { number });
  const [newer, older] = logFilesOf(folder, "a").map(linesOf);
  expect([...(older ?? []), ...(newer ?? [])].map(({ number }) => number).at(-1)).toBe(49);
  for (const file of logFilesOf(folder, "a")) expect(statSync(file).size).toBeLessThanOrEqual(100);
  expect(readdirSync(join(folder, "log")).sort()).toEqual(["a.1.jsonl", "a.jsonl"]);
});
