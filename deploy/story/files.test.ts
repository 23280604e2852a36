import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createTail, logFiles, readFiles } from "./files.ts";
import { STORY } from "./test-lines.ts";

const texts = STORY.map((told) => `${JSON.stringify({ ...told, service: told.function, msg: "event" })}\n`);
const times = (lines: readonly { readonly time: number }[]) => lines.map(({ time }) => time);

function newData() {
  const data = mkdtempSync(join(tmpdir(), "loosely-story-"));
  onTestFinished(() => rmSync(data, { recursive: true }));
  mkdirSync(join(data, "log"));
  return { data, file: join(data, "log/one.jsonl"), older: join(data, "log/one.1.jsonl") };
}

it("reads what services keep, the older file of each too", () => {
  const { data, file, older } = newData();
  writeFileSync(older, texts.slice(0, 2).join(""));
  writeFileSync(file, texts.slice(2).join("").trimEnd());
  expect(times(readFiles(logFiles(data))).toSorted()).toEqual(times(STORY));
});

it("reads on where it was, over a line that is half written, a file that is new and one that is turned over", () => {
  const { data, file, older } = newData();
  const tail = createTail(() => logFiles(data));
  expect(tail.read()).toEqual([]);
  const [first = "", second = "", third = "", fourth = "", fifth = ""] = texts;
  writeFileSync(file, first + second.slice(0, 20));
  const steps = [times(tail.read())];
  appendFileSync(file, second.slice(20) + third);
  renameSync(file, older);
  writeFileSync(file, fourth);
  steps.push(times(tail.read()).toSorted());
  writeFileSync(join(data, "log/two.jsonl"), fifth);
  steps.push(times(tail.read()), times(tail.read()));
  expect(steps).toEqual([[1], [3, 4, 5], [6], []]);
});

it("passes over what is there when it is told to", () => {
  const { data, file } = newData();
  writeFileSync(file, texts.slice(0, 3).join(""));
  const tail = createTail(() => logFiles(data));
  tail.skip();
  appendFileSync(file, texts[3] ?? "");
  expect(times(tail.read())).toEqual([5]);
});
