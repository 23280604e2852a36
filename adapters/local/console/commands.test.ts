import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { LetterAct, Say } from "./api-types.ts";
import { createCommands } from "./commands.ts";
import { type Ran, runScript } from "./run-script.ts";

const DIGEST = "0123456789abcdef".repeat(4);
const OTHER = "f".repeat(64);

/** Answers as a command would, and remembers what was typed. */
function running(answer: Partial<Ran> | ((args: readonly string[]) => Partial<Ran>) = {}, at = ["--data", ".local"]) {
  const typed: string[][] = [];
  const given: string[] = [];
  const published: [string, string][] = [];
  const commands = createCommands({
    at,
    saying: {
      data: ".local",
      topicOf: (type) => (type === "known.v1" ? "things" : undefined),
      publish: async (topic, text) => {
        if (text === "refused") throw new Error("the sidecar answered 403");
        published.push([topic, text]);
      },
    },
    run: async ([, ...args], { input = "", env = {} } = {}) => {
      typed.push(args);
      given.push(env.LOOSELY_MENDED ? readFileSync(env.LOOSELY_MENDED, "utf8") : input);
      return { code: 0, stdout: "", complaints: [], ...(typeof answer === "function" ? answer(args) : answer) };
    },
  });
  return { commands, typed, given, published };
}

const json = (value: unknown) => ({ stdout: JSON.stringify(value) });

it("lists groups, and the newest letters first, once for all who ask meanwhile", async () => {
  const groups = [{ code: "schema", reason: "r", count: 2, digest: DIGEST }];
  const { commands, typed } = running((args) => ({
    ...json(args.includes("--all") ? [{ digest: "old" }, { digest: "new" }] : groups),
    complaints: args.includes("--all") ? ["there may be more"] : [],
  }));
  const [one, two] = await Promise.all([commands.letters(), commands.letters()]);
  expect(one).toEqual({ groups, letters: [{ digest: "new" }, { digest: "old" }], note: "there may be more" });
  expect([two, typed.length]).toEqual([one, 2]);
  await commands.letters();
  expect(typed.length).toBe(4);
});

it.each([
  [
    "its event, with its integers as they are",
    { stdout: '{"event":{"n":9007199254740993}}' },
    '{"n":9007199254740993}',
  ],
  ["the bytes of what was no event", json({ body: Buffer.from("{ not").toString("base64") }), "{ not"],
])("shows %s", async (_what, answer, text) => {
  expect(await running(answer).commands.letter(DIGEST)).toEqual({ text });
});

it.each<[string, LetterAct, string, readonly string[]]>([
  [
    "replays",
    { do: "replay", digests: [DIGEST, OTHER] },
    "replay 0123456789ab ffffffffffff",
    ["--yes", "--rate", "500"],
  ],
  ["drops", { do: "drop", digests: [DIGEST] }, "drop 0123456789ab", ["--yes"]],
  [
    "sends elsewhere",
    { do: "replay", digests: [DIGEST], topic: "t" },
    "replay 0123456789ab --topic t",
    ["--topic", "t"],
  ],
])("%s as somebody would who types it", async (_what, act, command, options) => {
  const { commands, typed } = running(json(act.digests.map((digest) => ({ digest, outcome: "done", note: "n" }))));
  expect(await commands.act(act)).toEqual({
    results: act.digests.map((digest) => ({ digest, outcome: "done" })),
    command: `npm run dead -- ${command}`,
  });
  expect(typed[0]).toEqual(expect.arrayContaining([act.do, ...act.digests, ...options]));
});

it("names the data that are not the default's", async () => {
  const { commands } = running(json([]), ["--data", "other"]);
  expect((await commands.act({ do: "drop", digests: [DIGEST] })).command).toMatch(/ --data other$/);
});

it("mends data by an editor that puts them there, so that they stand in no argument", async () => {
  const { commands, typed, given } = running(json([{ digest: DIGEST, outcome: "replayed" }]));
  const data = { name: "Ada", cents: 9007199254740993n };
  await commands.act({ do: "replay", digests: [DIGEST], data });
  expect(given).toEqual(['{"name":"Ada","cents":9007199254740993}']);
  expect(typed[0]).toContain("--edit");
  expect(typed.join(" ")).not.toContain("Ada");
});

it.each<[string, readonly string[], string]>([
  ["the data are wrong", ["not sent: data.cents: must be number"], "data.cents: must be number"],
  ["one is gone", [`${OTHER}: there is no such letter`, `${DIGEST}: it is gone`], "it is gone"],
  ["the command was wrong", ["--data: no", "npm run dead -- --help lists the options."], "--data: no"],
  ["nothing is said", [], "it was not done, and nothing says why"],
])("says why a letter stays where %s", async (_where, complaints, why) => {
  const { commands } = running({ code: 1, complaints });
  const { results } = await commands.act({ do: "replay", digests: [DIGEST], data: {} });
  expect(results).toEqual([{ digest: DIGEST, outcome: "stays", why }]);
});

it("says data on standard input, whatever their schema says of them", async () => {
  const { commands, typed, given } = running(json({ id: "e", topic: "t" }));
  expect(await commands.say({ type: "known.v1", data: { name: "Ada" } })).toEqual({ id: "e", topic: "t" });
  expect([typed[0]?.slice(0, 3), given]).toEqual([["known.v1", "-", "--force"], ['{"name":"Ada"}']]);
});

it.each<[string, Say, readonly [string, string]]>([
  ["on a topic", { topic: "t", text: "{" }, ["t", "{"]],
  ["on the topic of a type", { type: "known.v1", text: "" }, ["things", ""]],
])("publishes any text %s, as bytes", async (_where, say, expected) => {
  const { commands, published, typed } = running();
  expect(await commands.say(say)).toEqual({ topic: expected[0] });
  expect([published, typed]).toEqual([[expected], []]);
});

it.each<[string, Say, Partial<Ran>, object]>([
  ["a type that is on no topic", { type: "other.v1", text: "" }, {}, { status: 400 }],
  ["a text that is refused", { topic: "t", text: "refused" }, {}, { status: 503, message: "the sidecar answered 403" }],
  ["a type that would be an option", { type: "--help", data: {} }, {}, { status: 400 }],
  ["an event without a type", { event: {} }, {}, { status: 400 }],
  [
    "what the command refuses",
    { type: "x.v1", data: {} },
    { code: 2, complaints: ["TYPE x.v1: is none"] },
    { status: 400, message: "TYPE x.v1: is none" },
  ],
])("says nothing of %s", async (_what, say, answer, error) => {
  await expect(running(answer).commands.say(say)).rejects.toMatchObject(error);
});

it.each([
  ["no digest", "../x", 404],
  ["one that is gone", DIGEST, 404],
])("shows no letter for %s", async (_what, digest, status) => {
  const { commands } = running({ code: 1, complaints: ["there is no such letter"] });
  await expect(commands.letter(digest)).rejects.toMatchObject({ status });
});

it("can neither list nor say where nobody has said where", async () => {
  const commands = createCommands({});
  await expect(commands.letters()).rejects.toMatchObject({ status: 404 });
  await expect(commands.say({ type: "known.v1", data: {} })).rejects.toMatchObject({ status: 404 });
});

it.each(["deploy/dead/main.ts", "deploy/say/main.ts"])("runs %s, which is there", async (script) => {
  const { code, stdout, complaints } = await runScript([script, "--help"]);
  expect([code, complaints]).toEqual([0, []]);
  expect(stdout).toContain("--json");
});
