import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePorts } from "../../adapters/local/free-ports.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { firestoreEmulator, startFirestoreEmulator } from "../engines/firestore-emulator.ts";
import { pubsubEmulator, startPubsubEmulator } from "../engines/pubsub-emulator.ts";
import { buildGcf } from "../gcloud/build.ts";
import { buildPeers } from "./gcf-peers.ts";
import { median } from "./section.ts";

const HELP = `node deploy/bench/gcf-cold-start.ts [--rounds N] [--json]

Cold start of the built Cloud Functions, from the start of the process: until it answers, and until billing has handled
its first event. In rounds, each with every function once; times are medians, ratios medians of the ratios within one round.
Ends with 1 where the fastest start of a function takes more than 1.15 times the fastest of one that does nothing: whatever
else runs on the machine only adds to either.
`;

const ROOT = join(import.meta.dirname, "../..");
const BAR = 1.15;
/** On a busy machine the fastest start may come late. */
const MOST_TIMES = 3;
const PROJECT = "loosely-bench";
const FUNCTIONS = ["billing", "notification", "shipping", "order", "edge"] as const;
const PATIENCE_MS = 20_000;

interface Candidate {
  readonly name: string;
  readonly target: string;
  readonly source: string;
  /** Whether it handles order.created. */
  readonly handles: boolean;
}

interface Sample {
  readonly answerMs: number;
  readonly eventMs: number | undefined;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const missing = pubsubEmulator.missing() ?? firestoreEmulator.missing();
if (values.help) process.stdout.write(HELP);
else if (missing) process.stdout.write(`skipped: ${missing}\n`);
else await main(Number(values.rounds));

async function main(rounds: number): Promise<void> {
  // Where the framework is found on the way up.
  const folder = mkdtempSync(join(ROOT, "node_modules/.loosely-bench-"));
  const engines = await Promise.all([startPubsubEmulator({ folder }), startFirestoreEmulator({ folder })]);
  const [pubsub, firestore] = engines;
  try {
    await pubsub.call("PUT", `projects/${PROJECT}/topics/bills`, {});
    await buildGcf(join(folder, "gcf"));
    const { hello, onClients } = await buildPeers(folder);
    const candidates: readonly Candidate[] = [
      { name: "a function that does nothing", target: "hello", source: hello, handles: false },
      ...FUNCTIONS.map((name) => ({
        name,
        target: name,
        source: join(folder, "gcf", name),
        handles: name === "billing",
      })),
      { name: "billing on @google-cloud/pubsub + firestore", target: "billing", source: onClients, handles: true },
    ];
    const env = {
      GOOGLE_CLOUD_PROJECT: PROJECT,
      PUBSUB_EMULATOR_HOST: pubsub.host,
      FIRESTORE_EMULATOR_HOST: firestore.host,
      NODE_ENV: "production",
    };
    // The emulators and the disk's cache warm up first.
    for (const candidate of candidates) for (let run = 0; run < 2; run++) await measure(candidate, env);
    const samples: Sample[][] = [];
    const isDone = () => samples.length >= rounds && (samples.length >= rounds * MOST_TIMES || isFast(samples));
    while (!isDone()) samples.push(await runRound(candidates, { env, round: samples.length }));
    report(candidates, samples);
  } finally {
    await Promise.all(engines.map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every other round backwards, so that nobody always follows the same. */
async function runRound(
  candidates: readonly Candidate[],
  { env, round }: { readonly env: Readonly<Record<string, string>>; readonly round: number },
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const order = round % 2 === 0 ? candidates : candidates.toReversed();
  for (const candidate of order) samples[candidates.indexOf(candidate)] = await measure(candidate, env);
  return samples;
}

async function measure({ target, source, handles }: Candidate, env: Readonly<Record<string, string>>): Promise<Sample> {
  const [port = 0] = await freePorts(26_000 + Math.floor(Math.random() * 6_000), 1);
  const framework = join(ROOT, "node_modules/.bin/functions-framework");
  const started = performance.now();
  const child = spawn(process.execPath, [framework, `--source=${source}`, `--target=${target}`, `--port=${port}`], {
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      isOver = true;
      resolve();
    });
  });
  const agent = new Agent({ keepAlive: true });
  try {
    while ((await ask({ agent, port, method: "GET" })) !== 200)
      if (isOver || performance.now() - started > PATIENCE_MS) throw new Error(`${source}: no answer`);
    const answerMs = performance.now() - started;
    if (!handles) return { answerMs, eventMs: undefined };
    const status = await ask({ agent, port, method: "POST" });
    if (status !== 204) throw new Error(`${source}: must handle the event with 204, got ${status}`);
    return { answerMs, eventMs: performance.now() - started };
  } finally {
    agent.destroy();
    child.kill("SIGKILL");
    await ended;
  }
}

interface Question {
  readonly agent: Agent;
  readonly port: number;
  readonly method: "GET" | "POST";
}

/** out: the status, 0 where nobody answers yet */
function ask({ agent, port, method }: Question): Promise<number> {
  const id = crypto.randomUUID();
  const event = { specversion: "1.0", id, source: "/bench", type: OrderCreated.type, data: OrderCreated.sample };
  return new Promise((resolve) => {
    const headers = { "content-type": "application/cloudevents+json" };
    const outgoing = request({ agent, host: "127.0.0.1", port, method, path: "/", headers });
    outgoing.on("response", (answer) => answer.resume().on("end", () => resolve(answer.statusCode ?? 0)));
    outgoing.on("error", () => setTimeout(resolve, 2, 0));
    outgoing.end(method === "POST" ? JSON.stringify(event) : undefined);
  });
}

function report(candidates: readonly Candidate[], samples: readonly (readonly Sample[])[]): void {
  const client = candidates.length - 1;
  const rows = candidates.map(({ name, handles }, index) => {
    const of = (round: readonly Sample[], at = index) => round[at] as Sample;
    return {
      name,
      answerMs: Math.round(median(samples.map((round) => of(round).answerMs))),
      fastest: round2(toFastest(samples, index)),
      toHello: round2(median(samples.map((round) => of(round).answerMs / of(round, 0).answerMs))),
      ...(handles
        ? {
            eventMs: Math.round(median(samples.map((round) => of(round).eventMs ?? 0))),
            toClients: round2(
              median(samples.map((round) => (of(round).eventMs ?? 0) / (of(round, client).eventMs ?? 1))),
            ),
          }
        : {}),
    };
  });
  const slow = rows.slice(0, -1).filter((row) => row.fastest > BAR);
  if (values.json) process.stdout.write(`${JSON.stringify({ bar: BAR, rounds: samples.length, rows })}\n`);
  else {
    const line = (...cells: readonly (string | number)[]) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
    line(
      "function",
      "to the first answer",
      "× nothing",
      "fastest × fastest",
      "to the first event",
      "× Google's clients",
    );
    line("---", "---", "---", "---", "---", "---");
    for (const { name, answerMs, toHello, fastest, eventMs, toClients } of rows)
      line(name, `${answerMs} ms`, toHello, fastest, eventMs === undefined ? "" : `${eventMs} ms`, toClients ?? "");
  }
  for (const { name, fastest } of slow) process.stderr.write(`${name}: must be ≤ ${BAR} × nothing, got ${fastest}\n`);
  process.exitCode = slow.length > 0 ? 1 : 0;
}

/** Fastest over fastest: whatever else runs on the machine only adds to either. */
function toFastest(samples: readonly (readonly Sample[])[], index: number): number {
  const of = (candidate: number) => Math.min(...samples.map((round) => (round[candidate] as Sample).answerMs));
  return of(index) / of(0);
}

function isFast(samples: readonly (readonly Sample[])[]): boolean {
  return FUNCTIONS.every((_, index) => toFastest(samples, index + 1) <= BAR);
}

function round2(number: number): number {
  return Math.round(number * 100) / 100;
}
