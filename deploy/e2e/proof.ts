import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { BrokerKind } from "./brokers.ts";
import { scenarios } from "./faults.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(import.meta.dirname, "proof");

interface Proof {
  readonly broker: string;
  /** From the top of the project. */
  readonly component: string;
  readonly proven: readonly string[];
}

const ALL = [...scenarios.map(({ name }) => name), "an event is poison"];

/** Keeps what a run has shown, for the README. Only a whole run says something. */
export function writeProof({ name, folder }: BrokerKind, proven: readonly string[]): void {
  if (proven.length === 0) return;
  mkdirSync(FOLDER, { recursive: true });
  const proof: Proof = { broker: name, component: relative(ROOT, join(folder, "pubsub.yaml")), proven };
  if (proven.length === ALL.length)
    writeFileSync(join(FOLDER, `${name.toLowerCase()}.json`), `${JSON.stringify(proof, undefined, 2)}\n`);
}

/** The table of the README: what was proven on which broker. out: Markdown */
export function toProofTable(): string {
  const proofs = readdirSync(FOLDER).map((file): Proof => JSON.parse(readFileSync(join(FOLDER, file), "utf8")));
  const head = ["loses nothing when", ...proofs.map(({ broker, component }) => `[${broker}](${component})`)];
  const rows = ALL.map((name) => [name, ...proofs.map(({ proven }) => (proven.includes(name) ? "✓" : "–"))]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
