import type { Ledger } from "../core/ledger/ledger.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { createAgenda } from "../core/relay/agenda.ts";
import type { Publish } from "../core/relay/publish.ts";
import type { Config } from "./config.ts";
import { createPublisher } from "./publisher.ts";
import { createSidecar } from "./sidecar-client.ts";
import { createDaprLedger } from "./state-ledger.ts";

/** Of the time for a dispatch: a call that hangs ends first, so that the outcome names the ledger or the broker, not the clock. */
const CALL_SHARE = 0.8;

/** What a sidecar lends to a function, until it is closed. */
export interface Connection {
  readonly ledger: Ledger;
  readonly publish: Publish;
  /** When a process of this function was last found to be gone without a word. Left out: that is not known. */
  readonly lapsedAt?: () => Promise<number | undefined>;
  close(): Promise<void>;
}

/**
 * Broker and ledger, as the configuration says.
 *
 * in  onLost: the ledger is gone, which only one in a file can be
 */
export async function connect(
  config: Config & { readonly documents: string },
  onLost: (why: Error) => void,
): Promise<Connection> {
  const { publish, ledger, close } = config.daprClient === "sdk" ? await connectSdk(config) : connectHttp(config);
  if (config.ledger === "memory") return { publish, close, ledger: createMemoryLedger() };
  if (config.ledger === "dapr") {
    const agenda = createAgenda({ ledger, of: config.documents, now: Date.now });
    return { publish, close, ledger: agenda, lapsedAt: agenda.enter };
  }
  const { createSqliteLedger } = await import("../core/ledger/sqlite-ledger.ts");
  return { publish, close, ledger: createSqliteLedger({ file: config.ledger.slice("sqlite:".length), onLost }) };
}

const callTimeoutMs = ({ dispatchTimeoutMs }: Config): number => Math.ceil(dispatchTimeoutMs * CALL_SHARE);

function connectHttp(config: Config): Connection {
  const sidecar = createSidecar({
    endpoint: config.daprEndpoint,
    version: config.daprVersion,
    token: config.daprApiToken,
    timeoutMs: callTimeoutMs(config),
  });
  return {
    ledger: createDaprLedger({ sidecar, store: config.stateStore }),
    publish: createPublisher({ sidecar, pubsubName: config.pubsubName }),
    close: sidecar.close,
  };
}

/**
 * In a variable, so that no bundle takes the SDK in: it lies beside the bundles as a file of its own. Beside this file, where it is none, it
 * has its ending.
 */
const SDK = `./sdk${/\/ports(\.[jt]s)$/.exec(import.meta.url)?.[1] ?? ".cjs"}`;

async function connectSdk(config: Config): Promise<Connection> {
  const { createSdkPorts } = (await import(SDK)) as typeof import("./sdk.ts");
  return createSdkPorts({
    endpoint: config.daprEndpoint,
    token: config.daprApiToken,
    pubsubName: config.pubsubName,
    store: config.stateStore,
    timeoutMs: callTimeoutMs(config),
  });
}
