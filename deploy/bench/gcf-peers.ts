import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { CACHE, run } from "../engines/engine.ts";

const ROOT = join(import.meta.dirname, "../..");
const PEERS = join(CACHE, "peers/gcf");
const PACKAGES = ["@google-cloud/pubsub@5.3.1", "@google-cloud/firestore@9.4.1"];

const HELLO = `
import { http } from "@google-cloud/functions-framework";
http("hello", (request, response) => { response.status(request.method === "POST" ? 204 : 200).end(); });
`;

/** The same function, the same dispatch, the same documents, on Google's own clients. */
const ON_CLIENTS = `
import { Firestore } from "@google-cloud/firestore";
import { PubSub } from "@google-cloud/pubsub";
import { system } from "./functions/index.ts";
import { createFunctions } from "./adapters/core/host/system-parts.ts";
import { createCharge } from "./adapters/effects/charge.ts";
import { createWithdraw } from "./adapters/effects/withdraw.ts";
import { registerFunctions } from "./adapters/gcf/receive.ts";
const firestore = new Firestore();
const pubsub = new PubSub();
const documents = firestore.collection("ledger");
const ledger = {
  async load(key) {
    const found = await documents.doc(key).get();
    return found.exists ? { entry: JSON.parse(found.get("entry")), version: String(found.updateTime.valueOf()) } : {};
  },
  async save(key, entry, { expected }) {
    const document = documents.doc(key);
    return firestore.runTransaction(async (transaction) => {
      const found = await transaction.get(document);
      if ((found.exists ? String(found.updateTime.valueOf()) : undefined) !== expected) return false;
      transaction.set(document, { entry: JSON.stringify(entry) });
      return true;
    });
  },
  loadAll: (keys) => Promise.all(keys.map((key) => ledger.load(key))),
  async put(rows) {
    const batch = firestore.batch();
    for (const { key, entry } of rows) batch.set(documents.doc(key), { entry: JSON.stringify(entry) });
    await batch.commit();
  },
  maxBytes: 1_000_000,
};
const publish = async (said) => {
  for (const { topic, body } of said) {
    const attributes = { "content-type": "application/cloudevents+json" };
    await pubsub.topic(topic, { batching: { maxMilliseconds: 0 } }).publishMessage({ data: Buffer.from(body), attributes });
  }
};
const ports = { ledger, publish, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 };
const effects = { charge: createCharge({}), withdraw: createWithdraw({}) };
registerFunctions(createFunctions(system, effects).filter(({ name }) => name === "billing"), { ports });
`;

/** Builds what the functions are measured against. out: folders for `--source` */
export async function buildPeers(outdir: string): Promise<{ readonly hello: string; readonly onClients: string }> {
  if (!existsSync(join(PEERS, "node_modules/@google-cloud/firestore"))) {
    await mkdir(PEERS, { recursive: true });
    await run(["npm", "install", "--prefix", PEERS, "--no-fund", "--no-audit", "--ignore-scripts", ...PACKAGES]);
  }
  return {
    hello: await bundle(HELLO, join(outdir, "hello")),
    onClients: await bundle(ON_CLIENTS, join(outdir, "on-clients")),
  };
}

async function bundle(contents: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{"main":"index.mjs"}');
  await build({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    nodePaths: [join(PEERS, "node_modules")],
    outfile: join(folder, "index.mjs"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: ["@google-cloud/functions-framework"],
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "error",
    // The clients look for their own files beside themselves.
    banner: {
      js: `import { createRequire } from "node:module"; import { dirname } from "node:path"; const require = createRequire(import.meta.url); const __filename = import.meta.filename; const __dirname = dirname(__filename);`,
    },
  });
  return folder;
}
