import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import type { Fault } from "../../../adapters/conformance/faults.ts";
import type { Host, Running, Setup } from "../../../adapters/conformance/host.ts";
import type { TraceEntry } from "../../../adapters/conformance/trace.ts";
import { type DeliveryForm, push } from "../../../adapters/gcf/conformance.ts";
import { MAX_EVENT_BYTES } from "../../../adapters/gcf/receive.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { type Running as Process, startProcess } from "../../engines/engine.ts";
import type { FirestoreEmulator } from "../../engines/firestore-emulator.ts";
import type { PubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { buildGcf } from "../../gcloud/build.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import type { Control } from "./conformance-function.ts";
import { PROJECT } from "./shop.ts";

const ROOT = join(import.meta.dirname, "../../..");
const TOPICS = ["followed", "dead-letters", "one", "two"];

interface Site {
  readonly folder: string;
  readonly pubsub: PubsubEmulator;
  readonly firestore: FirestoreEmulator;
}

/** Hosts that run each case in the built function under the real framework, on the emulators. */
export async function createFunctionHosts(forms: readonly DeliveryForm[], { folder, pubsub, firestore }: Site) {
  // Where the framework is found on the way up.
  const outdir = join(ROOT, "dist/gcf-conformance");
  await buildGcf(outdir, { conformance: 'import "./deploy/e2e/gcloud/conformance-function.ts";' });
  for (const topic of TOPICS) await pubsub.call("PUT", `projects/${PROJECT}/topics/${topic}`, {});
  mkdirSync(folder, { recursive: true });
  const controlFile = join(folder, "control.json");
  const [port = 0] = await freePorts(FIRST_PORT + 90, 1);
  let agent = new Agent({ keepAlive: true });
  let process_: Process | undefined;

  const begin = async () => {
    process_ ??= await startProcess({
      command: process.execPath,
      args: [
        join(ROOT, "node_modules/.bin/functions-framework"),
        `--source=${join(outdir, "conformance")}`,
        "--target=conformance",
        `--port=${port}`,
      ],
      env: {
        NODE_ENV: "production",
        GOOGLE_CLOUD_PROJECT: PROJECT,
        PUBSUB_EMULATOR_HOST: pubsub.host,
        FIRESTORE_EMULATOR_HOST: firestore.host,
        CONTROL_FILE: controlFile,
      },
      logFile: join(folder, "conformance.log"),
      ready: async () => (await fetch(`http://127.0.0.1:${port}/`)).ok,
    });
    return process_;
  };
  const end = async (how: "stop" | "kill") => {
    const ending = process_;
    process_ = undefined;
    await ending?.[how]();
    agent.destroy();
    agent = new Agent({ keepAlive: true });
  };

  const start = async (setup: Setup, { wire }: DeliveryForm): Promise<Running> => {
    const id = randomUUID();
    const traceFile = join(folder, `${id}.jsonl`);
    let control: Control = { generation: id, setup, database: `case-${id}`, traceFile, jumpedMs: 0 };
    let isStopped = false;
    const write = (next: Control) => {
      control = next;
      writeFileSync(controlFile, JSON.stringify(control));
    };
    write(control);
    await begin();
    return {
      deliver: (message) => push(wire(message), { agent, port }),
      async restart(faults: readonly Fault[]) {
        await end("kill");
        write({ ...control, generation: randomUUID(), setup: { ...setup, faults } });
        await begin();
      },
      advance: (ms) => write({ ...control, jumpedMs: control.jumpedMs + ms }),
      trace: () => readTrace(traceFile),
      // Only the handler of the case that is told to stop tells more than a kill would: the others leave the process to
      // the next case.
      async stop() {
        if (!isStopped && setup.handler === "says-slowly") await end("stop");
        isStopped = true;
      },
    };
  };
  const hosts = forms.map(
    (form): Host => ({
      name: `Cloud Functions built, ${form.name}`,
      lacks: form.lacks,
      maxEventBytes: MAX_EVENT_BYTES,
      start: (setup) => start(setup, form),
    }),
  );
  return { hosts, close: () => end("stop") };
}

/** The last line may be under way. */
const readTrace = (file: string): readonly TraceEntry[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];
