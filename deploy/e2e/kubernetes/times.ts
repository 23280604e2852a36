import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseAllDocuments } from "yaml";

/** The times of a test on a cluster, in the proportions of what ships. For the services, by variable. */
export const SERVICE_TIMES = { DISPATCH_TIMEOUT_MS: "4000", GIVE_UP_AFTER_MS: "20000" } as const;
const INBOUND_TIMEOUT = "5s";
const RETRY_AFTER = "500ms";
/** By the name of an entry of a component. */
const PUBSUB_TIMES: Readonly<Record<string, string>> = {
  // 20 s of failing, a last attempt, a pause, and the attempt that stores the dead letter.
  processingTimeout: "31s",
  redeliverInterval: "1000",
  backOffDuration: "500ms",
};

/** Replaces the times in all files of a folder and the folders in it. */
export function shortenTimes(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) shortenTimes(path);
    else if (name.endsWith(".yaml")) {
      const documents = parseAllDocuments(readFileSync(path, "utf8"));
      for (const document of documents) shorten(document);
      writeFileSync(path, documents.map(String).join("---\n"));
    }
  }
}

function shorten(document: Document): void {
  const { kind, spec } = document.toJS() as { readonly kind?: string; readonly spec?: Spec };
  if (kind === "Component")
    for (const [index, { name }] of (spec?.metadata ?? []).entries())
      if (name in PUBSUB_TIMES) document.setIn(["spec", "metadata", index, "value"], PUBSUB_TIMES[name]);
  if (kind !== "Resiliency") return;
  for (const name of Object.keys(spec?.policies?.timeouts ?? {}))
    document.setIn(["spec", "policies", "timeouts", name], INBOUND_TIMEOUT);
  for (const name of Object.keys(spec?.policies?.retries ?? {}))
    document.setIn(["spec", "policies", "retries", name, "duration"], RETRY_AFTER);
}

interface Spec {
  readonly metadata?: readonly { readonly name: string }[];
  readonly policies?: { readonly timeouts?: object; readonly retries?: object };
}
