import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { startSystem } from "../launcher.ts";
import { createQuiet } from "../quiet.ts";
import { runnable } from "../runnable.ts";
import { temporaryFolder } from "../test-app.ts";
import type { Happening } from "./api-types.ts";
import { openHistory } from "./history.ts";

const MOST = 500;
const [edge] = system.edges;
const names = ["sidecars", ...runnable.services.map(({ name }) => name)];

/** Our system as `npm start` runs it, with its history, asked once for something made up. */
async function run(dataDir: string, { isFresh }: { readonly isFresh: boolean }) {
  const file = join(dataDir, "history.db");
  let history: ReturnType<typeof openHistory> | undefined;
  const quiet = createQuiet(system);
  const troubles: string[] = [];
  const started = await startSystem({
    ...{ ...runnable, port: 0, dataDir, isFresh },
    history: () => (history = openHistory(file)),
    onLine: quiet.hear,
    onTrouble: (text) => troubles.push(text),
  });
  const probed = started.probe();
  const pids = started.pids();
  const { name } = system.functions.find(({ source }) => source === edge?.of) ?? {};
  const url = started.services.find((service) => service.name === name)?.url;
  await fetch(`${url}${edge?.path}`, { method: edge?.method ?? "" });
  const isQuiet = await quiet.within(20_000);
  await started.stop();
  history?.close();
  const closed = openHistory(file);
  const rows = closed.since(0, MOST);
  const story = closed.story(rows.find(({ kind }) => kind === "published")?.correlation ?? "");
  closed.close();
  return { rows, story, probed, pids, isQuiet, troubles };
}

const of = (rows: readonly Happening[], kind: Happening["kind"]) => rows.filter((row) => row.kind === kind);
const places = (rows: readonly Happening[]) => rows.map(({ app, topic, event }) => `${app} ${topic} ${event}`).sort();
const effectsIn = (dataDir: string) =>
  readFileSync(join(dataDir, "effects.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

it("all that a system does with one request is recorded once, over restarts, and is one story", async () => {
  const dataDir = temporaryFolder();
  const { rows, story, probed, pids, isQuiet, troubles } = await run(dataDir, { isFresh: true });
  expect([isQuiet, troubles]).toEqual([true, []]);

  const told = of(rows, "told");
  const published = of(rows, "published");
  expect(published.map(({ type }) => type).sort()).toEqual(told.flatMap(({ said = [] }) => said).sort());
  // What is asked of an edge comes by no topic.
  const brought = places(told.filter(({ topic }) => topic !== undefined));
  expect([places(of(rows, "delivered")), places(of(rows, "answered"))]).toEqual([brought, brought]);
  expect(new Set(of(rows, "answered").map(({ outcome, attempt }) => `${outcome} ${attempt}`))).toEqual(
    new Set(["success 1"]),
  );

  const saved = of(rows, "saved");
  const handled = told.filter(({ how }) => how === "handled");
  expect(new Set(saved.map(({ app }) => app))).toEqual(new Set(handled.map(({ app }) => app)));
  expect(saved.filter(({ subject }) => subject === undefined)).toEqual([]);

  const effects = of(rows, "effect").map(({ app: by, how: kind, key, event }) => ({ kind, key, event, by }));
  expect(effects).toEqual(effectsIn(dataDir));

  const ofService = (app: string) => of(rows, "service").flatMap((row) => (row.app === app ? row.outcome : []));
  for (const name of names) expect(ofService(name)).toEqual(["started", "up", "stopped"]);
  expect(probed).toEqual(names.map((name) => ({ name, state: "up", pid: pids[name] })));

  const ofStory = rows.filter(({ kind }) => kind !== "service");
  expect(story?.happenings).toEqual(ofStory);
  expect(Object.keys(story?.bodies ?? {})).toHaveLength(published.length + saved.length);

  const again = await run(dataDir, { isFresh: false });
  expect(again.rows.slice(0, rows.length)).toEqual(rows);
  expect(of(again.rows, "effect")).toHaveLength(effectsIn(dataDir).length);
  expect(effectsIn(dataDir)).toHaveLength(2 * effects.length);
});
