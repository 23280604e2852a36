import { parseCommandLine, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { baseline } from "./baseline.ts";
import { chromium } from "./chromium.ts";
import { daprd } from "./daprd.ts";
import { CACHE, type Engine } from "./engine.ts";
import { firestoreEmulator } from "./firestore-emulator.ts";
import { kafka } from "./kafka.ts";
import { lambdaRic } from "./lambda-ric.ts";
import { moto } from "./moto.ts";
import { promtool } from "./promtool.ts";
import { pubsubEmulator } from "./pubsub-emulator.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { redis } from "./redis.ts";
import { restate } from "./restate.ts";
import { zipkin } from "./zipkin.ts";

/** The quick ones first, so that an interrupted run has got far. */
const engines: readonly Engine[] = [
  pubsubEmulator,
  firestoreEmulator,
  redis,
  promtool,
  chromium,
  restate,
  baseline,
  kafka,
  zipkin,
  rabbitmq,
  moto,
  lambdaRic,
  daprd,
];
const names = engines.map(({ name }) => name).join(",");

const HELP = `npm run engines -- [options]

Gets the real engines that npm run e2e and npm run bench -- flow need, into ${CACHE}. Nothing else on this machine is changed. What is
there already is left alone, and what was interrupted is begun again by the next run.

  --only LIST  some of ${names}
  --list       what is there and what is not
  --help       this text

Needs: apt-get (redis, promtool, chromium, rabbitmq), Go 1.26 (daprd), Maven and Java 17 (kafka, zipkin), Python 3 with cmake and g++
(moto, lambda-ric), gcloud with its emulators (pubsub-emulator, firestore-emulator), this project's git history (baseline).
`;

const COMMAND = "npm run engines";
const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const values = parseCommandLine({
    command: COMMAND,
    options: {
      only: { type: "string", default: names },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) print(HELP);
  else if (values.list) for (const { name, missing } of engines) print(`${name.padEnd(20)} ${missing() ?? "there"}`);
  else process.exitCode = (await install(choose(values.only))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  reportUsage(error, COMMAND);
}

function choose(only: string): readonly Engine[] {
  return only.split(",").map((name) => {
    const engine = engines.find((each) => each.name === name.trim());
    if (!engine) throw new UsageError(`--only: must be some of ${names}, got ${name}`);
    return engine;
  });
}

/** One after the other: they compete for the network and the processor. out: whether all are there now */
async function install(chosen: readonly Engine[]): Promise<boolean> {
  let complete = true;
  for (const engine of chosen) {
    const started = Date.now();
    const say = (line: string) => print(`${engine.name.padEnd(20)} ${line}`);
    try {
      const had = engine.missing() === undefined;
      if (!had) await engine.install(say);
      const missing = engine.missing();
      if (missing) throw new Error(missing);
      say(had ? "there already" : `installed in ${Math.round((Date.now() - started) / 1_000)} s`);
    } catch (error) {
      complete = false;
      say((error as Error).message);
    }
  }
  return complete;
}
