import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ledger } from "../../adapters/core/ledger/ledger.ts";
import { createMemoryLedger } from "../../adapters/core/ledger/memory-ledger.ts";
import { createSqliteLedger } from "../../adapters/core/ledger/sqlite-ledger.ts";
import { createSidecar } from "../../adapters/dapr/sidecar-client.ts";
import { createDaprLedger } from "../../adapters/dapr/state-ledger.ts";
import { createFirestoreLedger } from "../../adapters/gcf/firestore.ts";
import { createRest } from "../../adapters/gcf/rest.ts";
import { createAws } from "../../adapters/lambda/aws-client.ts";
import { createDynamoLedger } from "../../adapters/lambda/dynamodb-ledger.ts";
import { startChild } from "../../adapters/local/child.ts";
import { freePort } from "../../adapters/local/free-ports.ts";
import { createAwsApi } from "../engines/aws-api.ts";
import { firestoreEmulator, startFirestoreEmulator } from "../engines/firestore-emulator.ts";
import { LEDGER_TABLE } from "../engines/ledger-table.ts";
import { moto, REGION, startMoto } from "../engines/moto.ts";

const TIMEOUT_MS = 10_000;
const LOCAL = join(import.meta.dirname, "../../adapters/local/main.ts");

/** A ledger on a store that is empty and all its own. */
interface Opened {
  readonly ledger: Ledger;
  close(): Promise<unknown>;
}

/** Where ledgers are kept, each with what it needs. */
export interface Store {
  readonly name: string;
  /** An event takes it milliseconds. */
  readonly isSlow?: true;
  /** out: why it cannot be measured here */
  missing(): string | undefined;
  /** in: an empty folder */
  open(folder: string): Opened | Promise<Opened>;
}

const isThere = () => undefined;

const memory: Store = {
  name: "memory",
  missing: isThere,
  open: () => ({ ledger: createMemoryLedger(), close: async () => {} }),
};

export const sqlite: Store = {
  name: "SQLite",
  missing: isThere,
  open(folder) {
    const ledger = createSqliteLedger({ file: join(folder, "ledger.db") });
    return { ledger, close: async () => ledger.close?.() };
  },
};

/** In a process of its own, as it runs. */
export const localSidecar: Store = {
  name: "Dapr, local sidecar",
  missing: isThere,
  async open(folder) {
    const httpPort = await freePort();
    writeFileSync(
      join(folder, "statestore.yaml"),
      "{apiVersion: dapr.io/v1alpha1, kind: Component, metadata: {name: statestore}, spec: {type: state.redis, version: v1}}",
    );
    const apps = [{ appId: "bench", appPort: await freePort(), httpPort }];
    const settings = { resources: [folder], database: join(folder, "state.db"), apps };
    const child = startChild({
      ...{ name: "sidecars", args: [LOCAL], env: () => ({ LOOSELY_SIDECARS: JSON.stringify(settings) }) },
      ...{ onLine: () => {}, onRestart: () => {}, onGiveUp: () => {} },
    });
    await child.ready();
    const endpoint = `http://127.0.0.1:${httpPort}`;
    const sidecar = createSidecar({ endpoint, version: "v1.0", token: undefined, timeoutMs: TIMEOUT_MS });
    return {
      ledger: createDaprLedger({ sidecar, store: "statestore" }),
      close: () => sidecar.close().then(() => child.stop()),
    };
  },
};

const dynamo: Store = {
  name: "DynamoDB, moto",
  isSlow: true,
  missing: () => moto.missing(),
  async open(folder) {
    const running = await startMoto({ folder });
    await createAwsApi(running.url).json("DynamoDB_20120810.CreateTable", { ...LEDGER_TABLE, TableName: "ledger" });
    const aws = createAws({
      ...{ region: REGION, accessKeyId: "a", secretAccessKey: "s", sessionToken: undefined },
      endpoints: { dynamodb: running.url },
    });
    return { ledger: createDynamoLedger({ aws, table: "ledger" }), close: running.stop };
  },
};

const firestore: Store = {
  name: "Firestore, emulator",
  isSlow: true,
  missing: () => firestoreEmulator.missing(),
  async open(folder) {
    const emulator = await startFirestoreEmulator({ folder });
    const rest = createRest({ origin: `http://${emulator.host}`, token: async () => "owner", timeoutMs: TIMEOUT_MS });
    return {
      ledger: createFirestoreLedger({ rest, project: async () => "bench", database: "loosely" }),
      close: () => rest.close().then(emulator.stop),
    };
  },
};

export const stores: readonly Store[] = [memory, sqlite, localSidecar, dynamo, firestore];

/** Opens a store, and closes and forgets it when the work is done. */
export async function withStore<T>({ open }: Store, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "loosely-bench-"));
  const { ledger, close } = await open(folder);
  try {
    return await work(ledger);
  } finally {
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
}
