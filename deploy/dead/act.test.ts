import { describe, expect, it } from "vitest";
import { UsageError } from "../../adapters/local/command-line.ts";
import { system } from "../../functions/index.ts";
import { act } from "./act.ts";
import { parseAsked } from "./asked.ts";
import { createFakeDriver, createFakeTerminal, letterBytes, NOW } from "./test-letters.ts";

const ended = new AbortController().signal;
const several = (count: number) => Array.from({ length: count }, (_, n) => letterBytes({ event: { id: `e-${n}` } }));

interface RunOptions {
  readonly answers?: readonly boolean[];
  readonly signal?: AbortSignal;
}

async function run(
  command: string,
  driver = createFakeDriver(several(3)),
  { answers, signal = ended }: RunOptions = {},
) {
  const asked = parseAsked([...command.split(" "), "--rate", "1000"], NOW);
  if (!asked) throw new Error("help");
  const terminal = createFakeTerminal(answers);
  const editor = async () => {
    throw new Error("no editor here");
  };
  const code = await act(driver, asked, { system, terminal, editor, signal });
  return { code, driver, terminal };
}

describe("replay", () => {
  it("sends each letter where it died, takes it out, and says so", async () => {
    const { code, driver, terminal } = await run("replay");
    expect(code).toBe(0);
    expect(driver.sent).toEqual(["e-0", "e-1", "e-2"].map((eventId) => ({ eventId, to: { topic: "orders" } })));
    expect(driver.held).toEqual([]);
    expect(terminal.printed.at(-1)).toBe("3 replayed");
  });

  it("sends what died first before what died later, whatever order its host has them in", async () => {
    const driver = createFakeDriver(several(3));
    const held = driver.held.map((one, n) => {
      const time = [new Date(NOW).toISOString(), undefined, "2026-11-28T09:00:00+01:00"][n];
      return { ...one, letter: { ...one.letter, ...(time === undefined ? { time: "" } : { time }) } };
    });
    driver.held.splice(0, 3, ...held);
    await run("replay", driver);
    expect(driver.sent.map(({ eventId }) => eventId)).toEqual(["e-2", "e-0", "e-1"]);
  });

  it("tells a letter that fails, passes it over, and ends with 1", async () => {
    const { code, driver, terminal } = await run("replay", createFakeDriver(several(3), { fails: "e-1" }));
    expect(code).toBe(1);
    expect(driver.sent.map(({ eventId }) => eventId)).toEqual(["e-0", "e-2"]);
    expect(terminal.said.join()).toMatch(/stays: \w+ com\.example\.test\.v1 e-1: the broker is away/);
    expect(terminal.printed.at(-1)).toBe("2 replayed, 1 stays");
  });

  it.each([
    ["no seal", { secret: undefined }],
    ["the seal of another deployment", { secret: "another" }],
  ])("leaves a letter with %s, until somebody names its topic", async (_what, options) => {
    const driver = createFakeDriver([letterBytes({ ...options, topic: "bills" })]);
    const first = await run("replay", driver);
    expect([first.code, driver.sent]).toEqual([1, []]);
    expect(first.terminal.said.join()).toContain("--topic");
    const digest = driver.held[0]?.letter.digest;
    const second = await run(`replay ${digest} --topic orders`, driver);
    expect([second.code, driver.sent]).toEqual([0, [{ eventId: "e-1", to: { topic: "orders" } }]]);
  });

  it("leaves a letter whose seal is that of another place, as whoever forges it writes it", async () => {
    const forged = { ...JSON.parse(letterBytes({}).toString()), deadtopic: "bills" };
    const { code, driver } = await run("replay", createFakeDriver([Buffer.from(JSON.stringify(forged))]));
    expect([code, driver.sent]).toEqual([1, []]);
  });

  it("refuses a topic that is none of the system's", async () => {
    await expect(run("replay --topic billz")).rejects.toThrow(/--topic: must be one of bills, orders, got billz/);
  });

  it("leaves a letter that was cut: its rest is lost", async () => {
    const cut = { ...JSON.parse(letterBytes({}).toString()), deadlength: "300000" };
    const { code, terminal } = await run("replay", createFakeDriver([Buffer.from(JSON.stringify(cut))]));
    expect(code).toBe(1);
    expect(terminal.said.join()).toContain("cut");
  });

  it("tells of many that stay for one reason only the first, and how many more there are", async () => {
    const driver = createFakeDriver(Array.from({ length: 30 }, () => letterBytes({ secret: undefined })));
    const { terminal } = await run("replay", driver);
    expect([terminal.said.length, terminal.said.at(-1)]).toEqual([
      21,
      expect.stringMatching(/^and 10 more: it bears no/),
    ]);
  });

  it.each([
    ["would be replayed", "replay --dry-run", 1, /^would be replayed: \w+ .* to orders: biling is no function of \w+:/],
    ["was replayed", "replay", 1, /^replayed: \w+ .* to orders: biling is no function of \w+:/],
    ["would be replayed, of many once", "replay --dry-run", 30, /^30 of them: biling is no function of \w+:/],
  ])("says of what %s that it is for all who hear it, where its function is none", async (_, command, count, said) => {
    const driver = createFakeDriver(Array.from({ length: count }, () => letterBytes({ at: "biling" })));
    const { code, terminal } = await run(command, driver);
    expect(code).toBe(0);
    const lines = [...terminal.printed, ...terminal.said].filter((line) => line.includes("biling"));
    expect(lines).toEqual([expect.stringMatching(said)]);
  });

  it("leaves a letter that would go where its function hears nothing: all who do would ignore it", async () => {
    const driver = createFakeDriver([letterBytes({ topic: "bills" })]);
    const { code, terminal } = await run(`replay ${driver.held[0]?.letter.digest} --topic bills`, driver);
    expect([code, driver.sent]).toEqual([1, []]);
    expect(terminal.said.join()).toContain("billing does not hear bills: --topic must be orders");
  });

  it("says nothing of a function that is gone where the place is one function's alone", async () => {
    const driver = { ...createFakeDriver([letterBytes({ at: "biling" })]), functionAt: () => "billing" };
    const { terminal } = await run("replay", driver);
    expect([...terminal.printed, ...terminal.said].join()).not.toContain("biling");
  });

  it("only says what it would do, with --dry-run", async () => {
    const { code, driver, terminal } = await run("replay --dry-run");
    expect([code, driver.sent, driver.held.length]).toEqual([0, [], 3]);
    expect(terminal.printed.at(-1)).toBe("3 would be replayed");
  });

  it("prints what became of each, with --json", async () => {
    const { terminal } = await run("replay --json", createFakeDriver(several(2), { fails: "e-1" }));
    expect(JSON.parse(terminal.printed.join("\n"))).toEqual([
      { digest: expect.any(String), eventId: "e-0", type: "com.example.test.v1", outcome: "replayed", to: "orders" },
      {
        digest: expect.any(String),
        eventId: "e-1",
        type: "com.example.test.v1",
        outcome: "stays",
        why: "the broker is away",
      },
    ]);
  });

  it.each([
    ["replay", "replay 101 dead letters, in about 1 s?"],
    ["drop", "drop 101 dead letters, in about 1 s?"],
  ])("asks before it %ss more than 100, and does nothing without a yes", async (command, question) => {
    const no = await run(command, createFakeDriver(several(101)), { answers: [false] });
    expect([no.code, no.terminal.asked, no.driver.held.length]).toEqual([1, [question], 101]);
    const yes = await run(command, no.driver, { answers: [true] });
    expect([yes.code, yes.driver.held.length]).toEqual([0, 0]);
  });

  it.each(["replay", "drop"])(
    "refuses to %s more than 100 where nobody can be asked, but with --yes",
    async (command) => {
      const driver = createFakeDriver(several(101));
      await expect(run(command, driver)).rejects.toThrow(UsageError);
      expect(driver.held).toHaveLength(101);
      expect((await run(`${command} --yes`, driver)).code).toBe(0);
      expect(driver.held).toEqual([]);
    },
  );

  it("ends after the letter at hand when it is told to, and says how many are left", async () => {
    const ending = new AbortController();
    const driver = createFakeDriver(several(3));
    const { replay } = driver;
    const stopping = {
      ...driver,
      replay: async (...args: Parameters<typeof replay>) => {
        ending.abort();
        return replay(...args);
      },
    };
    const { code, terminal } = await run("replay", stopping, { signal: ending.signal });
    expect([code, driver.held.length]).toEqual([1, 2]);
    expect(terminal.printed.at(-1)).toBe("1 replayed, 2 left as they are");
  });

  it("is 1 for an ID that no letter has, and refuses one that several begin with", async () => {
    expect((await run("replay 00000000")).code).toBe(1);
    const driver = createFakeDriver(several(2));
    const held = driver.held.map((one) => ({
      ...one,
      letter: { ...one.letter, digest: `aaaaaaaa${one.letter.eventId}` },
    }));
    const alike = {
      ...driver,
      letters: async function* () {
        yield* held;
      },
    };
    await expect(run("replay aaaaaaaa", alike)).rejects.toThrow(/ID: must be longer/);
  });
});

describe("drop", () => {
  it("takes out the letter with the ID, and asks nobody", async () => {
    const driver = createFakeDriver(several(3));
    const { code } = await run(`drop ${driver.held[1]?.letter.digest.slice(0, 8)}`, driver);
    expect([code, driver.held.map(({ letter }) => letter.eventId)]).toEqual([0, ["e-0", "e-2"]]);
  });

  it("asks even about one that was not named: what is dropped is gone", async () => {
    await expect(run("drop --function billing", createFakeDriver(several(1)))).rejects.toThrow(/--yes/);
  });
});
