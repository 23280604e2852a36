import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../test-app.ts";
import { tailFile } from "./effects-tail.ts";

function start({ content = "", from = 0 }: { readonly content?: string; readonly from?: number } = {}) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const file = join(temporaryFolder(), "effects.jsonl");
  if (content !== "") writeFileSync(file, content);
  const lines: [string, number][] = [];
  const tail = tailFile({ file, from, onLine: (line, end) => lines.push([line, end]) });
  onTestFinished(tail.close);
  return { ...tail, file, lines, append: (text: string) => appendFileSync(file, text) };
}

it("reads what is appended, each line once and when it is whole", () => {
  const { lines, look, append } = start();
  append("one\nzw");
  vi.advanceTimersByTime(100);
  look();
  expect(lines).toEqual([["one", 4]]);
  append("ölf\n");
  vi.advanceTimersByTime(100);
  look();
  expect(lines).toEqual([
    ["one", 4],
    ["zwölf", 11],
  ]);
});

it("goes on where it was told, as after a restart", () => {
  expect(start({ content: "one\ntwo\nthree\n", from: 4 }).lines).toEqual([
    ["two", 8],
    ["three", 14],
  ]);
});

it("looks no more than once in 100 ms, however often it is asked, and by itself once a second", () => {
  const { lines, look, append } = start();
  const read = (text: string) => {
    append(`${text}\n`);
    look();
    return lines.length;
  };
  expect([read("one"), read("two")]).toEqual([0, 0]);
  vi.advanceTimersByTime(99);
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(1);
  expect([lines.length, read("three")]).toEqual([2, 2]);
  vi.advanceTimersByTime(100);
  append("four\n");
  vi.advanceTimersByTime(1_000);
  expect(lines.map(([line]) => line)).toEqual(["one", "two", "three", "four"]);
});

it.each([
  ["is shorter than it was, as another one", (file: string) => writeFileSync(file, "new\n"), ["new"]],
  ["was deleted", (file: string) => rmSync(file), []],
])("of a file that %s it reads what is there", (_, change, expected) => {
  const { file, lines, look } = start({ content: "old one\n" });
  lines.length = 0;
  change(file);
  vi.advanceTimersByTime(100);
  look();
  expect(lines.map(([line]) => line)).toEqual(expected);
});

it("reads a file of some megabytes to its end, and goes on behind a line that is none", () => {
  const line = "x".repeat(999);
  const content = `${`${line}\n`.repeat(3_000)}${"y".repeat(2 * 1024 * 1024)}\nlast\n`;
  const { lines } = start({ content });
  expect([lines.length, lines.at(-1)]).toEqual([3_002, ["last", content.length]]);
});

it("looks once more when it is closed", () => {
  const { lines, close, append } = start();
  append("last\n");
  close();
  expect(lines).toEqual([["last", 5]]);
});
