import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { toDeadLetter } from "../../adapters/core/dispatch/dead-letter.ts";
import { defineEvent, defineFunction, when } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { defineSystem } from "../../functions/kernel/system.ts";
import { createEditor, editLetter, renamed } from "./edit.ts";
import { createFakeTerminal, letterBytes, NOW, SECRET, toHeld } from "./test-letters.ts";

const Noted = defineEvent({
  type: "com.example.noted.v1",
  topic: "notes",
  data: v.object({ note: v.string(), size: v.optional(v.union([v.number(), v.bigint()])) }),
  subject: ({ note }) => note,
});
const createClerk = () => defineFunction({ name: "clerk", on: [when(Noted, () => ({}))] });
const system = defineSystem({ name: "office", functions: [createClerk] });

const letter = (data: unknown, more: object = {}) =>
  toHeld(letterBytes({ event: { type: Noted.type, data, ...more }, at: "clerk", topic: "notes" }));

type Change = (text: string) => string;

/** in: what is made of the text, time after time */
async function edit(
  held: ReturnType<typeof toHeld>,
  changes: readonly Change[],
  { part = "data" as "data" | "event", answers = [] as readonly boolean[] } = {},
) {
  const opened: string[] = [];
  const terminal = createFakeTerminal(answers);
  const editor = async (file: string) => {
    const text = readFileSync(file, "utf8");
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(dirname(file)).mode & 0o077).toBe(0);
    const change = changes[opened.length];
    opened.push(text);
    if (change) writeFileSync(file, change(text));
  };
  const bytes = await editLetter(held, { part, system, terminal, editor });
  return { event: bytes && JSON.parse(Buffer.from(bytes).toString()), bytes, opened, terminal };
}

describe("editLetter", () => {
  it("opens the data, and makes the event of them that its schema takes", async () => {
    const held = letter({ note: 7 });
    const { event, opened } = await edit(held, [(text) => text.replace("7", '"seven"')]);
    expect(opened).toEqual(['{\n  "note": 7\n}\n']);
    expect(event).toEqual({
      ...{ specversion: "1.0", id: "e-1", source: "/t", type: Noted.type, data: { note: "seven" } },
    });
  });

  it("tells what breaks the schema, and offers to edit it again", async () => {
    const { event, terminal, opened } = await edit(
      letter({ note: 7 }),
      [(text) => text.replace("7", "8"), (text) => text.replace("8", '"eight"')],
      { answers: [true] },
    );
    expect(terminal.said).toEqual([expect.stringMatching(/^not sent: data\.note/)]);
    expect(terminal.asked).toEqual(["edit it again?"]);
    expect([opened.length, event.data]).toEqual([2, { note: "eight" }]);
  });

  it.each([
    ["what is no JSON", () => "{", /must be JSON/],
    ["what still breaks the schema", () => "{}", /data\.note/],
  ])("sends nothing of %s where nobody edits it again", async (_what, change, said) => {
    const { event, terminal } = await edit(letter({ note: 7 }), [change]);
    expect([event, terminal.said]).toEqual([undefined, [expect.stringMatching(said)]]);
  });

  it("sends nothing where nothing was changed", async () => {
    const { event, terminal } = await edit(letter({ note: 7 }), []);
    expect([event, terminal.said]).toEqual([undefined, ["nothing was changed: nothing is sent"]]);
  });

  it("keeps integers that are none of JavaScript's", async () => {
    const { bytes } = await edit(letter({ note: 7, size: 2n ** 60n }), [(text) => text.replace("7", '"x"')]);
    expect(Buffer.from(bytes ?? "").toString()).toContain(`"size":${2n ** 60n}`);
  });

  it("makes the subject that of the data, and says so", async () => {
    const { event, terminal } = await edit(letter({ note: "a" }, { subject: "b" }), [
      (text) => text.replace('"a"', '"c"'),
    ]);
    expect(event.subject).toBe("c");
    expect(terminal.said).toEqual(["subject: is now c, as the data say, and was b"]);
  });

  it("refuses data that are bytes: they are no text to edit", async () => {
    await expect(edit(letter(Buffer.from("a")), [])).rejects.toThrow(/--edit-event/);
  });

  it("opens the whole event where its attributes are at fault, without marks, which it gets where it is sent", async () => {
    const held = letter({ note: "a" }, { time: "2020-01-01T00:00:00Z" });
    const { event, opened } = await edit(held, [(text) => text.replace("2020", "2026")], { part: "event" });
    expect(opened[0]).not.toContain("replay");
    expect(event).toMatchObject({ time: "2026-01-01T00:00:00Z" });
    expect(event).not.toHaveProperty("replayfor");
  });

  it("opens what was no event as the text that it was", async () => {
    const { body } = toDeadLetter(
      { message: { headers: { "content-type": "application/cloudevents+json" }, body: Buffer.from('{"specver') } },
      {
        dead: new Dead("json", "cut"),
        functionName: "clerk",
        topic: "notes",
        time: new Date(NOW).toISOString(),
        letterSecret: SECRET,
      },
    );
    const mended = { specversion: "1.0", id: "e-9", source: "/t", type: Noted.type, data: { note: "a" } };
    const held = toHeld(Buffer.from(body));
    const { event, opened } = await edit(held, [() => JSON.stringify(mended)]);
    expect(opened).toEqual(['{"specver\n']);
    expect(event).toEqual(mended);
    const again = await edit(held, [() => '{"specversion":"1.0"}']);
    expect(again.terminal.said).toEqual([expect.stringMatching(/^not sent: must be an event: /)]);
  });
});

describe("renamed", () => {
  it("gives an event an id of its own, the same each time, so that it may be sent twice", async () => {
    const held = letter({ note: "a" });
    const [one, two] = [await renamed(held), await renamed(held)];
    expect(two).toEqual(one);
    expect(JSON.parse(Buffer.from(one).toString()).id).toBe(`e-1-${held.letter.digest.slice(0, 12)}`);
  });
});

describe("createEditor", () => {
  it.each([
    [
      "no terminal for vi, which would fill a log",
      {},
      /^there is no terminal to open vi on: EDITOR must name a program/,
    ],
    ["an editor that fails", { EDITOR: "false" }, /^the editor \(false\) ended with 1: nothing is sent/],
    ["one that is not there", { VISUAL: "/nowhere/ed 2>/dev/null" }, /ended with 127/],
    ["one that takes the file away", { EDITOR: "rm" }, /^the editor \(rm\) left no file: nothing is sent/],
  ])("says in one line what is wrong with %s", async (_what, env, message) => {
    const folder = mkdtempSync(join(tmpdir(), "edit-test-"));
    const file = join(folder, "data.json");
    writeFileSync(file, "{}");
    await expect(createEditor(env, false)(file)).rejects.toThrow(message);
    rmSync(folder, { recursive: true });
  });
});
