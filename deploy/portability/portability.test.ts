import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import { buildLambda } from "../aws/build.ts";
import { buildDapr } from "../dapr/build.ts";
import { daprEntries, gcfEntries, lambdaEntries } from "../entries.ts";
import { buildGcf } from "../gcloud/build.ts";
import { samples } from "../second/samples.ts";
import { SECOND } from "../second/sources.ts";
import { HOST_NAMES, HOSTS } from "./hosts.ts";
import { toNeeds } from "./needs.ts";
import type { Wanted } from "./report.ts";
import { toList, toTable } from "./screen.ts";
import { type Project, survey } from "./survey.ts";

const ROOT = join(import.meta.dirname, "../..");
// Where packages are found on the way up.
const dist = mkdtempSync(join(ROOT, "node_modules/.loosely-portability-"));
afterAll(() => rmSync(dist, { recursive: true, force: true }));

let project: Project;
beforeAll(async () => {
  const contents = {
    dapr: await buildDapr(join(dist, "dapr"), await daprEntries(SECOND)),
    gcf: await buildGcf(join(dist, "gcf"), await gcfEntries(SECOND)),
    lambda: await buildLambda(join(dist, "lambda"), { entries: await lambdaEntries(SECOND) }),
  };
  project = { sources: SECOND, samples, contents, dist, main: join(ROOT, "deploy/second/main.ts") };
}, 60_000);

const fnOf = (name: string): SystemFunction<never> => {
  const found = SECOND.system.functions.find((fn) => fn.name === name);
  if (!found) throw new Error(`${name}: is none of the second system`);
  return found;
};
const NOTHING: Wanted = { isOrdered: false, eventBytes: undefined, stateBytes: undefined };
const ask = (name: string, wanted: Partial<Wanted> = {}, runs = 0) =>
  survey(fnOf(name), project, { hosts: HOST_NAMES, wanted: { ...NOTHING, ...wanted }, runs });

describe("what a function needs is what its definition says", () => {
  it.each([
    ["rides", { document: "subject", mayDependOnOrder: true, edges: ["POST /rides"], effects: [], isExclusive: false }],
    ["points", { document: "key", mayDependOnOrder: false, edges: [], effects: [] }],
    ["pricing", { document: "event", mayDependOnOrder: false, timers: [], sampleBytes: 42 }],
    ["payouts", { document: "event", effects: ["transfer"], isExclusive: false }],
    ["receipts", { document: "event", effects: ["tellRider"], isExclusive: true }],
  ])("%s", (name, needs) => {
    expect(toNeeds(fnOf(name), SECOND, samples)).toMatchObject(needs);
  });
});

describe("it cannot run as promised where a host", () => {
  const KIB = 1024;
  it.each<[what: string, Partial<Wanted>, Readonly<Record<string, RegExp>>]>([
    ["takes what it needs: nowhere", {}, {}],
    [
      "takes no event as large",
      { eventBytes: 200 * KIB },
      { aws: /^events of 200 KiB are more than 190 KiB here, unless MAX_EVENT_BYTES/ },
    ],
    [
      "has a broker that takes none as large",
      { eventBytes: 300 * KIB },
      { aws: /190 KiB/, dapr: /^events of 300 KiB are more than 256 KiB by snssqs$/ },
    ],
    [
      "takes none as large by any",
      { eventBytes: 4_000 * KIB },
      { local: /3 MiB here$/, dapr: /here$/, aws: /^events of 3.9 MiB are more than 190 KiB here$/ },
    ],
    [
      "has no room for its state",
      { stateBytes: 500_000 },
      { aws: /^a state of 488 KiB is more than 381 KiB in DynamoDB$/ },
    ],
    [
      "keeps no order",
      { isOrdered: true },
      {
        local: /which nothing keeps here$/,
        dapr: /which nothing keeps by redis, rabbitmq, gcp-pubsub, snssqs$/,
        google: /by push, triggers$/,
        aws: /^it needs the events of a subject in their order, which nothing keeps by sqs$/,
      },
    ],
  ])("%s", async (_what, wanted, expected) => {
    const { placements } = await ask("rides", wanted);
    const faults = placements.flatMap(({ host, faults }) => faults.map((fault) => [host, fault]));
    expect(faults).toEqual(
      placements.flatMap(({ host }) => (expected[host] ? [[host, expect.stringMatching(expected[host])]] : [])),
    );
  });
});

it("what it must bear is said, and a function that keeps nothing must bear nothing", async () => {
  const caveats = async (name: string, host: string) =>
    (await ask(name)).placements.find((one) => one.host === host)?.caveats;
  expect(await caveats("pricing", "aws")).toEqual([]);
  expect(await caveats("receipts", "google")).toEqual([expect.stringMatching(/^tellRider may repeat/)]);
  expect(await caveats("rides", "aws")).toEqual([
    "events of one subject come in any order by sqs: its handlers must bear that",
    expect.stringMatching(/^no broker keeps an order between topics, and it hears /),
    "by fifo, kinesis comes only what others say: functions publish to SNS, which keeps no order",
    "an event that fails is overtaken by later ones of its document",
  ]);
});

it("each bundle is weighed and loaded as its host does, the sources where there is none", async () => {
  const { placements, ...one } = await ask("dispatching", {}, 1);
  expect(placements.map(({ host, faults, loadMs = 0 }) => [host, faults, loadMs > 0])).toEqual(
    HOST_NAMES.map((host) => [host, [], true]),
  );
  const bundles = placements.flatMap(({ bundle }) => bundle ?? []);
  expect(bundles.map(({ packages }) => packages.includes("fastify"))).toEqual([true, false, false]);
  expect(bundles.map(({ startBytes, bytes }) => startBytes > 0 && startBytes <= bytes)).toEqual([true, true, true]);
  const table = stripVTControlCharacters(toTable({ ...one, placements }, 100)).split("\n");
  expect(table[0]).toMatch(/^dispatching +needs +local +Dapr +Google +AWS$/);
  expect(table.find((line) => line.startsWith("load"))?.match(/\d+ ms/g)).toHaveLength(4);
  expect(stripVTControlCharacters(toList([{ ...one, placements }]))).toMatch(
    /^dispatching {2}local yes \d+ ms {2}Dapr yes \d+ KiB \d+ ms {2}/,
  );
});

it("a bundle that does not load is a fault, with its reason and not its place", async () => {
  writeFileSync(join(dist, "dapr/points.mjs"), 'throw new TypeError("no points today");');
  const { placements } = await survey(fnOf("points"), project, { hosts: ["dapr"], wanted: NOTHING, runs: 1 });
  expect(placements.map(({ faults }) => faults)).toEqual([["it cannot be loaded: TypeError: no points today"]]);
});

it("what was not built is a fault", async () => {
  const none = { ...project, contents: { dapr: {}, gcf: {}, lambda: {} } };
  const { placements } = await survey(fnOf("points"), none, { hosts: ["aws"], wanted: NOTHING, runs: 1 });
  expect(placements.map(({ faults }) => faults)).toEqual([["it is not built: npm run build"]]);
});

it("what is due is looked for each minute where a schedule does it, as what is deployed says", () => {
  const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
  expect(read("deploy/aws/template.yaml")).toContain("Schedule: rate(1 minute)");
  expect(read("deploy/gcloud/deploy.sh")).toContain('--schedule="* * * * *"');
  expect(HOSTS.filter(({ isParking }) => !isParking).map(({ relayMs }) => relayMs)).toEqual([60_000, 60_000]);
});

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { cwd: ROOT, encoding: "utf8" });

it.each([
  [["nobody"], /^FUNCTION: must be one of .+, got nobody$/m],
  [["a", "b"], /^FUNCTION: must be one, got 2$/m],
  [["--host", "azure"], /^--host: must be one of local, dapr, google, aws, got azure$/m],
  [["--runs", "many"], /^--runs: must be a whole number, at most 20, got many$/m],
  [["--what"], /--what/],
])("asked for wrongly by %j it says so, and ends with 2", (args, said) => {
  const { status, stderr } = run(...args);
  expect([status, stderr]).toEqual([2, expect.stringMatching(said)]);
  expect(stderr).toContain("npm run portability -- --help lists the options.");
});

it("ends with 1 where a host cannot do what is asked, with 0 where all that are asked for can, for programs as JSON", () => {
  const sized = ["--runs", "0", "--event-bytes", "200000", "--json"];
  const [all, google] = [run(...sized), run(...sized, "--host", "google")];
  expect([all.status, google.status]).toEqual([1, 0]);
  const hosts = JSON.parse(google.stdout).map(({ placements }: { placements: { host: string }[] }) =>
    placements.map(({ host }) => host),
  );
  expect(new Set(hosts.flat())).toEqual(new Set(["google"]));
});
