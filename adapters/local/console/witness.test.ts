import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Child, startChild } from "../child.ts";
import { temporaryFolder } from "../test-app.ts";
import type { Happening } from "./api-types.ts";
import type { Recording } from "./chronicle.ts";
import { createWitness } from "./witness.ts";

type Row = Omit<Happening, "id"> & { readonly body?: string | undefined };

/** As a history is, without a file. */
function createRows(rows: Row[] = []) {
  const history: Recording = {
    append: (happening, body) => void rows.push(body === undefined ? happening : { ...happening, body }),
    before: ({ kind }) => rows.filter((row) => row.kind === kind).toReversed() as Happening[],
    get last() {
      return rows.length;
    },
  };
  return { rows, history };
}

const READY = 'console.log(JSON.stringify({ level: 30, msg: "ready" }));';
const STAY = "setInterval(() => {}, 1_000);";
const TOLD = {
  ...{ level: 30, time: 17, service: "one", function: "one", topic: "t", event: "e-1", type: "org.example.asked.v1" },
  ...{ subject: "s-1", correlationid: "c-1", causationid: "e-0", outcome: "ack", how: "handled", said: ["x"] },
  ...{ durationMs: 1.5, msg: "event" },
};

interface Options {
  readonly history?: (() => Recording) | undefined;
  readonly dataDir?: string;
}

function start({ history, dataDir = temporaryFolder() }: Options = {}) {
  const troubles: string[] = [];
  const witness = createWitness({ dataDir, history, onTrouble: (text) => troubles.push(text) });
  onTestFinished(witness.close);
  const children: Child[] = [];
  const run = (name: string, script: string) => {
    const ignored = { onLine() {}, onRestart() {}, onGiveUp() {} };
    const child = startChild(witness.watch({ name, args: ["-e", script], env: () => ({}), ...ignored }));
    children.push(child);
    onTestFinished(() => child.stop());
    return child;
  };
  return { ...witness, run, troubles, states: () => witness.probe(children).map(({ name, state }) => [name, state]) };
}

const outcomes = (rows: readonly Row[]) =>
  rows.filter(({ kind }) => kind === "service").map(({ app, outcome, how }) => [app, outcome, ...(how ? [how] : [])]);

it("sees a process come, die, come back, and go", async () => {
  const { rows, history } = createRows();
  const { run, states } = start({ history: () => history });
  const child = run("one", READY + STAY);
  expect(states()).toEqual([["one", "starting"]]);
  await child.ready();
  expect(states()).toEqual([["one", "up"]]);
  process.kill(child.pid() ?? 0, "SIGKILL");
  await expect.poll(() => rows.length, { timeout: 5_000 }).toBe(5);
  await child.stop();
  expect(states()).toEqual([["one", "stopped"]]);
  expect(outcomes(rows)).toEqual([
    ["one", "started"],
    ["one", "up"],
    ["one", "died", "SIGKILL"],
    ["one", "started"],
    ["one", "up"],
    ["one", "stopped"],
  ]);
});

it("sees one down that cannot be started, and says why", async () => {
  const { rows, history } = createRows();
  const { run, states } = start({ history: () => history });
  run("one", "process.exitCode = 3");
  await expect.poll(states, { timeout: 5_000 }).toEqual([["one", "down"]]);
  expect(outcomes(rows)).toEqual([
    ["one", "started"],
    ["one", "down", "one cannot be started: exit code 3"],
  ]);
});

it("sees one down that runs and does not answer, as its sidecar has it, and up when it does", async () => {
  const { rows, history } = createRows();
  const { run, states } = start({ history: () => history });
  await run("one", READY + STAY).ready();
  const say = (state: string) =>
    `process.stdin.once("data", () => console.log(JSON.stringify({ level: 30, msg: "app is ${state}", appId: "one" })));`;
  const sidecars = run("sidecars", say("down") + say("up") + STAY);
  sidecars.tell({});
  await expect
    .poll(() => outcomes(rows).slice(3), { timeout: 5_000 })
    .toEqual([
      ["one", "down"],
      ["one", "up"],
    ]);
  expect(states()[0]).toEqual(["one", "up"]);
});

it("records what a service logs of an event, and nothing else that it logs or prints", async () => {
  const { rows, history } = createRows();
  const { run } = start({ history: () => history });
  const lines = [{ ...TOLD, msg: "other" }, TOLD];
  run(
    "one",
    `console.log("event"); ${lines.map((line) => `console.log('${JSON.stringify(line)}');`).join("")} ${STAY}`,
  );
  const told = () => rows.filter(({ kind }) => kind !== "service");
  await expect.poll(told, { timeout: 5_000 }).toEqual([
    {
      ...{ at: 17, kind: "told", app: "one", topic: "t", event: "e-1", type: "org.example.asked.v1", subject: "s-1" },
      ...{ correlation: "c-1", causation: "e-0", outcome: "ack", how: "handled", said: ["x"], ms: 1.5 },
    },
  ]);
});

const SIDE = { at: 1, kind: "saved", app: "one", key: "k" } as const;

it("records what the sidecars write on their side, but no line that one of them did not finish", async () => {
  const { rows, history } = createRows();
  const { run } = start({ history: () => history });
  const text = `${JSON.stringify({ ...SIDE, body: "{}" })}\\n{"at":2\\n${JSON.stringify(SIDE)}\\n`;
  run("sidecars", `require("node:fs").writeSync(3, '${text}'); ${STAY}`);
  await expect.poll(() => rows.slice(1), { timeout: 5_000 }).toEqual([{ ...SIDE, body: "{}" }, SIDE]);
});

const effect = (key: string) => `${JSON.stringify({ kind: "charge", key, event: "e-1", by: "one" })}\n`;
const keysOf = (rows: readonly Row[]) => rows.flatMap(({ kind, key }) => (kind === "effect" ? [key] : []));

it("records each effect once, over restarts, however they end", () => {
  const dataDir = temporaryFolder();
  const log = join(dataDir, "effects.jsonl");
  const run = (rows: readonly Row[], ...keys: readonly string[]) => {
    const { rows: all, history } = createRows([...rows]);
    const witness = createWitness({ dataDir, history: () => history, onTrouble() {} });
    for (const key of keys) appendFileSync(log, effect(key));
    witness.close();
    return all;
  };
  const first = run([], "a", "b");
  expect(first).toMatchObject([{ kind: "effect", app: "one", how: "charge", key: "a", event: "e-1" }, { key: "b" }]);
  appendFileSync(log, effect("while nobody looked"));
  const second = run(first, "c", "a");
  expect(keysOf(second)).toEqual(["a", "b", "while nobody looked", "c", "a"]);
  // The file of a history takes what comes at once together: a launcher that is killed may take the last of it along.
  expect(keysOf(run(second.slice(0, -2), "d"))).toEqual(["a", "b", "while nobody looked", "c", "a", "d"]);
});

it("takes what was tried before there was a history for none of it", () => {
  const dataDir = temporaryFolder();
  writeFileSync(join(dataDir, "effects.jsonl"), effect("old"));
  const { rows, history } = createRows();
  start({ dataDir, history: () => history }).close();
  expect(rows).toEqual([]);
});

it.each([
  [
    "cannot be opened",
    () => {
      throw new Error("no disk");
    },
  ],
  [
    "takes nothing",
    () => ({
      ...createRows().history,
      append() {
        throw new Error("no disk");
      },
    }),
  ],
])("a history that %s stops nobody, and is told once", async (_, history) => {
  const { run, troubles } = start({ history });
  await run("one", READY + STAY).ready();
  expect(troubles).toEqual(["what happens is not recorded: no disk"]);
});

it("without a history the processes are seen, and have nothing to write to", async () => {
  const { run, isRecording, states } = start();
  const child = run(
    "sidecars",
    `${READY} try { require("node:fs").writeSync(3, "x"); console.error("written") } catch {} ${STAY}`,
  );
  await child.ready();
  expect([isRecording, states()]).toEqual([false, [["sidecars", "up"]]]);
});
