import { describe, expect, it } from "vitest";
import { whose } from "./find.ts";
import { line, STORY } from "./test-lines.ts";
import { toText } from "./text.ts";
import { lastWords, linesOf, toRows } from "./tree.ts";

const other = line("asked-elsewhere", { at: 2, by: "desk", subject: "s-2" });
const shown = (lines = STORY) =>
  toRows(lines).map(({ told, depth, times }) => [depth, told.function, told.event, told.outcome, times].join(" "));

describe("a story", () => {
  it("is a tree in time order: beneath each word what followed from it, the same in a row once", () => {
    expect(shown()).toEqual([
      "0 desk asked ack 1",
      "1 two opened retry 2",
      "1 two opened dead 1",
      "1 one opened ack 1",
      "2 desk closed ack 1",
    ]);
  });

  it("shows what follows from a cause that nobody logged", () => {
    expect(shown(STORY.slice(1)).slice(0, 1)).toEqual(["0 two opened retry 2"]);
  });

  it("shows events that name each other as their cause, once each", () => {
    const circle = [line("a", { at: 1, by: "x", after: "b" }), line("b", { at: 2, by: "x", after: "a" })];
    expect(shown(circle)).toEqual(["0 x a ack 1", "1 x b ack 1"]);
  });

  it.each([
    ["an event's id: it, and what follows from it", "opened", [3, 4, 5, 6, 7]],
    ["a subject: all that is about it", "s-1", [1, 3, 4, 5, 6, 7]],
    ["a correlation id: all that belongs together", "c-1", [3, 4, 5, 6, 7]],
  ])("is found by %s", (_what, id, times) => {
    const lines = [...STORY, other];
    const [asked] = whose(lines, id);
    expect(asked && linesOf(lines, asked).map(({ time }) => time)).toEqual(times);
  });

  it("holds what was logged before its cause", () => {
    const lines = [line("late", { at: 0, by: "one", after: "closed" }), ...STORY];
    expect(linesOf(lines, { by: "event", id: "opened" }).map(({ event }) => event)).toContain("late");
  });
});

it("knows an id by its first eight characters, no fewer, and names all that begin so", () => {
  const lines = [line("12345678-a", { at: 1, by: "x" }), line("12345678-b", { at: 2, by: "x" })];
  expect([whose(lines, "1234567"), whose(lines, "12345678").map(({ id }) => id), whose(lines, "12345678-a")]).toEqual([
    [],
    ["12345678-a", "12345678-b"],
    [{ by: "event", id: "12345678-a" }],
  ]);
});

it("tells the end of each event at each function, a repetition and another's replay aside", () => {
  const again = line("closed", { at: 8, by: "desk", how: "duplicate" });
  const foreign = line("opened", { at: 9, by: "two", how: "ignored" });
  const words = lastWords([...STORY, again, foreign]).map((told) => [
    told.event,
    told.function,
    told.outcome,
    told.time,
  ]);
  expect(words).toEqual([
    ["asked", "desk", "ack", 1],
    ["opened", "two", "dead", 7],
    ["opened", "one", "ack", 4],
    ["closed", "desk", "ack", 6],
  ]);
});

it("says what became of it all, and how to see each kind of letter", () => {
  const text = toText(STORY, { where: " --data there" });
  expect(text).toContain("comes again (handler: Error: no) 2 times");
  expect(text).toContain("3 handled, 1 dead");
  expect(text).toContain("npm run dead -- list --function two --code handler --data there");
  expect(toText(STORY, { where: "", find: () => "1234" })).toContain("npm run dead -- show 1234");
});
