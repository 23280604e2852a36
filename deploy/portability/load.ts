import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { unpack } from "../aws/unpack.ts";
import { median } from "../bench/section.ts";
import type { HostName } from "./hosts.ts";

/** A function as it is deployed. */
export interface Deployed {
  readonly name: string;
  /** Where bundles are. */
  readonly dist: string;
  /** What runs any function of the system from its sources, named by an argument: the local host has no bundles. */
  readonly main: string;
}

/** Nothing is done that would ask a store or a broker: there is none. */
const NOWHERE = "127.0.0.1:1";
const ENVIRONMENTS: Readonly<Record<HostName, Readonly<Record<string, string>>>> = {
  local: { APP_HOST: "127.0.0.1", APP_PORT: "0", EDGE_PORT: "0", LEDGER: "memory" },
  dapr: { APP_HOST: "127.0.0.1", APP_PORT: "0", EDGE_PORT: "0", LEDGER: "memory" },
  google: { GOOGLE_CLOUD_PROJECT: "a-project", PUBSUB_EMULATOR_HOST: NOWHERE, FIRESTORE_EMULATOR_HOST: NOWHERE },
  aws: {
    ...{
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "s",
      LEDGER_TABLE: "ledger",
      RELAY: "on",
    },
    ...{ TOPIC_ARN_PREFIX: "arn:aws:sns:eu-west-1:123456789012:", AWS_ENDPOINT_URL: `http://${NOWHERE}` },
  },
};

/** Loaded by its platform before the function is. */
const FRAMEWORK = `await import("@google-cloud/functions-framework");`;
const ANSWER = "loaded in ";
const LONGEST_MS = 30_000;

/** How long a function's module takes to load in a fresh process, the median of some, in ms; or why it does not. */
export async function measureLoad(
  host: HostName,
  deployed: Deployed,
  runs: number,
): Promise<number | { readonly fault: string }> {
  const unpacked = host === "aws" ? mkdtempSync(join(tmpdir(), "loosely-load-")) : undefined;
  try {
    if (unpacked !== undefined) unpack(readFileSync(join(deployed.dist, `lambda/${deployed.name}.zip`)), unpacked);
    const file = toFile(host, deployed, unpacked);
    const taken: number[] = [];
    // The first fills the caches of the disk.
    for (let run = 0; run <= runs; run++) {
      const ms = await loadOnce(host, { file, name: deployed.name, cwd: join(file, "..") });
      if (typeof ms !== "number") return ms;
      if (run > 0) taken.push(ms);
    }
    return Math.round(median(taken));
  } finally {
    if (unpacked !== undefined) rmSync(unpacked, { recursive: true });
  }
}

function toFile(host: HostName, { name, dist, main }: Deployed, unpacked = ""): string {
  if (host === "local") return main;
  if (host === "dapr") return join(dist, `dapr/${name}.mjs`);
  return join(host === "google" ? join(dist, "gcf", name) : unpacked, "index.mjs");
}

interface Load {
  readonly file: string;
  readonly name: string;
  readonly cwd: string;
}

async function loadOnce(host: HostName, { file, name, cwd }: Load): Promise<number | { readonly fault: string }> {
  const url = JSON.stringify(pathToFileURL(file).href);
  const code = `process.argv[2] = ${JSON.stringify(name)}; ${host === "google" ? FRAMEWORK : ""}
    const before = performance.now(); await import(${url});
    process.stdout.write("\\n${ANSWER}" + (performance.now() - before) + "\\n", () => process.exit(0));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd,
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...ENVIRONMENTS[host] },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
  });
  const [said, troubles] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [, ms] = new RegExp(`^${ANSWER}(.+)$`, "m").exec(said) ?? [];
  if (ms !== undefined) return Number(ms);
  const lines = troubles.split("\n").filter((line) => line.trim() !== "");
  return {
    fault: lines.find((line) => /^\s*\w*Error\b|: must/.test(line))?.trim() ?? lines[0]?.trim() ?? "it says nothing",
  };
}
