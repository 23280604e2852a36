import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { BrokerKind } from "./brokers.ts";
import { scenarios } from "./faults.ts";
import { PROOFS, type Proof } from "./proof-tables.ts";

const ROOT = join(import.meta.dirname, "../../..");

const ALL = [...scenarios.map(({ name }) => name), "an event is poison", "ten events keep failing"];

/** Keeps what a run has shown, for the page of deploy/dapr. Only a whole run says something. */
export function writeProof({ name, folder }: BrokerKind, proven: readonly string[]): void {
  if (proven.length === 0) return;
  mkdirSync(PROOFS, { recursive: true });
  const proof: Proof = { broker: name, component: relative(ROOT, join(folder, "pubsub.yaml")), proven };
  if (proven.length === ALL.length)
    writeFileSync(join(PROOFS, `${name.toLowerCase()}.json`), `${JSON.stringify(proof, undefined, 2)}\n`);
}
