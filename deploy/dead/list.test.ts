import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { system } from "../../functions/index.ts";
import { parseAsked } from "./asked.ts";
import { ago, legible, oneLine } from "./legible.ts";
import { list } from "./list.ts";
import { show } from "./show.ts";
import { createFakeDriver, createFakeTerminal, letterBytes, NOW } from "./test-letters.ts";

const plain = (lines: readonly string[]) => stripVTControlCharacters(lines.join("\n"));

async function run(command: string, driver = createFakeDriver([])) {
  const asked = parseAsked(command.split(" "), NOW);
  if (!asked) throw new Error("help");
  const terminal = createFakeTerminal();
  const code =
    asked.command === "show" ? await show(driver, asked, { system, terminal }) : await list(driver, asked, terminal);
  return { code, printed: plain(terminal.printed), said: plain(terminal.said) };
}

const several = () =>
  createFakeDriver([
    letterBytes({ event: { id: "e-1" }, reason: "order o-000001 is unknown", code: "unknown-order" }),
    letterBytes({ event: { id: "e-2" }, reason: "order o-000002 is unknown", code: "unknown-order" }),
    letterBytes({ event: { id: "e-3" }, reason: "data.a: is required", at: "shipping" }),
  ]);

describe("list", () => {
  it("brings together what died of the same, with when and one of each to show", async () => {
    const { code, printed } = await run("list", several());
    expect(code).toBe(0);
    expect(printed.replace(/\b[0-9a-f]{12}\b/g, "ID").split("\n")).toEqual([
      "      2  unknown-order at billing on orders, 1 min ago",
      "         order … is unknown (ID)",
      "      1  schema at shipping on orders, 1 min ago",
      "         data.a: is required (ID)",
      "3 dead letters of 2 kinds; npm run dead -- show ID shows one",
    ]);
  });

  it.each([
    ["list", "no dead letters"],
    ["list --all", "no dead letters"],
    ["list --json", "[]"],
    ["list --all --json", "[\n]"],
  ])("says with %s that there are none", async (command, text) => {
    expect(await run(command)).toEqual({ code: 0, printed: text, said: "" });
  });

  it.each([
    ["list --exit-code", 1],
    ["list", 0],
    ["show 00000000", 1],
  ])("says with %s that others hold letters: nothing found is not nothing there", async (command, code) => {
    const driver = { ...createFakeDriver([]), unseen: () => "about 2 more are not seen" };
    const answer = await run(command, driver);
    expect(answer.code).toBe(code);
    expect(answer.said).toContain("about 2 more are not seen");
  });

  it("shows only those that are asked for", async () => {
    expect((await run("list --function shipping", several())).printed).toContain("1 dead letter of one kind");
    expect((await run("list --code nothing", several())).printed).toBe(
      "no dead letters among those that were asked for",
    );
  });

  it("prints lists for programs, of groups and of letters", async () => {
    const groups = JSON.parse((await run("list --json", several())).printed);
    expect(groups).toMatchObject([
      { code: "unknown-order", count: 2 },
      { code: "schema", count: 1 },
    ]);
    const all = JSON.parse((await run("list --all --json", several())).printed);
    expect(all).toMatchObject([{ eventId: "e-1" }, { eventId: "e-2" }, { eventId: "e-3", function: "shipping" }]);
  });

  it("ends with 1 where there are any, only if it is asked to", async () => {
    expect((await run("list --exit-code", several())).code).toBe(1);
    expect((await run("list --exit-code")).code).toBe(0);
  });

  it("believes the host's own count, where it has one", async () => {
    const groups = async () => [{ code: "schema", reason: "x", count: 100_000, digest: "a".repeat(64) }];
    const { printed } = await run("list", { ...createFakeDriver([]), groups } as never);
    expect(printed).toContain("100,000 dead letters of one kind");
  });
});

describe("show", () => {
  it("tells where a letter died and of what, and its event", async () => {
    const driver = several();
    const { code, printed } = await run(`show ${driver.held[0]?.letter.digest.slice(0, 8)}`, driver);
    expect(code).toBe(0);
    expect(printed).toMatch(/^died {5}at billing, on orders$/m);
    expect(printed).toMatch(/^why {6}unknown-order: order o-000001 is unknown$/m);
    expect(printed).toMatch(/^seal {5}valid$/m);
    expect(printed).toContain('\n{\n  "a": 1\n}');
  });

  it("says that a function is none of the system's, so that a replay is for all that hear the topic", async () => {
    const driver = createFakeDriver([letterBytes({ at: "biling" })]);
    const { code, said } = await run(`show ${driver.held[0]?.letter.digest.slice(0, 8)}`, driver);
    expect([code, said]).toEqual([
      0,
      `biling is no function of ${system.name}: a replay is for all that hear the topic`,
    ]);
  });

  it("is 1 for a letter that is not there", async () => {
    expect(await run("show 00000000", several())).toEqual({
      code: 1,
      printed: "",
      said: "00000000: there is no such letter",
    });
  });
});

describe("what a letter says", () => {
  it("moves no cursor, and turns no direction", async () => {
    expect(legible("a\u001b[2Jb\u009bc\u202ed\ne\tf")).toBe("a\ufffd[2Jb\ufffdc\ufffdd\ne\tf");
    expect(oneLine("a\r\nb\u0007")).toBe("a b\ufffd");
    const { printed } = await run("list --all", createFakeDriver([letterBytes({ event: { id: "e\u202e1" } })]));
    expect(printed).toContain("e\ufffd1");
  });

  it.each([
    ["2026-11-28T11:59:58Z", "2 s ago"],
    ["2026-11-28T11:30:00Z", "30 min ago"],
    ["2026-11-27T12:00:00Z", "24 h ago"],
    ["2026-11-01T12:00:00Z", "27 d ago"],
    ["2027-01-01T00:00:00Z", "0 s ago"],
    [undefined, ""],
  ])("of %s is %j", (time, text) => {
    expect(ago(time, NOW)).toBe(text);
  });
});
