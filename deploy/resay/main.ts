import { resolve } from "node:path";
import { toInstant } from "../../adapters/core/event/timestamp.ts";
import { ConfigError } from "../../adapters/core/host/config-error.ts";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { HOUR_MS, type Retention } from "../../adapters/core/ledger/retention.ts";
import { createAgenda } from "../../adapters/core/relay/agenda.ts";
import { type Resaid, resay } from "../../adapters/core/relay/resay.ts";
import { parseConfig } from "../../adapters/dapr/config.ts";
import { createPublisher } from "../../adapters/dapr/publisher.ts";
import { createSidecar } from "../../adapters/dapr/sidecar-client.ts";
import { createDaprLedger } from "../../adapters/dapr/state-ledger.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { parseCommandLine, UsageError } from "../../adapters/local/command-line.ts";
import { system } from "../../functions/index.ts";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { createProgress } from "../progress.ts";
import { openClosedShop } from "./closed-shop.ts";

const HELP = `npm run resay -- --since TIME [options]

Says again what functions have said since then, for a broker that has lost it. Consumers know what they have handled. Whatever
else was lost follows from that, or from what the broker delivers again. Restore the broker first: adapters/core/restore.md.

  --since TIME     RFC 3339, as 2026-11-28T10:00:00Z; of the last day, as what was said is kept no longer; KEEP_SAID_HOURS and RETENTION_DAYS as the
                   services have them
  --data DIR       of a shop on this machine, which must be stopped (default .local)
  --port P         of a sidecar instead, with --function; DAPR_API_TOKEN, DAPR_VERSION, PUBSUB_NAME and STATE_STORE as the service
                   has them
  --function NAME  only this one
  --dry-run        counts, and says nothing
  --help           this text

Exit code 0 when all is said, 1 when something could not be, 2 when it was asked for wrongly.
`;

const TIMEOUT_MS = 8_000;
const COMMAND = "npm run resay";
const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const values = parseCommandLine({
    command: COMMAND,
    options: {
      since: { type: "string" },
      data: { type: "string" },
      port: { type: "string" },
      function: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) print(HELP);
  else await run({ ...values, isDry: values["dry-run"] });
} catch (error) {
  const { message } = error as Error;
  const isUsage = error instanceof UsageError || error instanceof ConfigError;
  process.stderr.write(
    `${message.replace("DAPR_HTTP_PORT", "--port")}\n${isUsage ? `${COMMAND} -- --help lists the options.\n` : ""}`,
  );
  process.exitCode = isUsage ? 2 : 1;
}

interface Asked {
  readonly since?: string;
  readonly data?: string;
  readonly port?: string;
  readonly function?: string;
  readonly isDry: boolean;
}

async function run({ since, data = ".local", port, function: name, isDry }: Asked): Promise<void> {
  const { RETENTION_DAYS, KEEP_SAID_HOURS } = process.env;
  const { retention } = parseConfig({ RETENTION_DAYS, KEEP_SAID_HOURS });
  const from = parseSince(since, retention);
  const functions = createFunctions(system, createEffects({}));
  const chosen = name === undefined ? functions : functions.filter((fn) => fn.name === name);
  if (chosen.length === 0)
    throw new UsageError(`--function: must be one of ${functions.map((fn) => fn.name).join(", ")}, got ${name}`);
  if (port !== undefined && name === undefined) throw new UsageError("--port: must come with --function");
  const shop = port === undefined ? await openClosedShop(resolve(data)) : undefined;
  try {
    for (const fn of chosen)
      report(fn, await resayAt(fn, { port: port ?? String(shop?.portOf(fn.name)), from, retention, isDry }), isDry);
  } finally {
    await shop?.close();
  }
}

function parseSince(text: string | undefined, { saidMs }: Retention): number {
  if (text === undefined) throw new UsageError("--since: must be given");
  const from = toInstant(text);
  if (Number.isNaN(from)) throw new UsageError(`--since: must be RFC 3339, as 2026-11-28T10:00:00Z, got ${text}`);
  if (from > Date.now()) throw new UsageError(`--since: must have been, got ${text}`);
  if (from < Date.now() - saidMs)
    throw new UsageError(
      `--since: must be of the last ${saidMs / HOUR_MS} hours, as what was said is kept no longer, got ${text}`,
    );
  return from;
}

interface At {
  readonly port: string;
  /** ms since the epoch. */
  readonly from: number;
  readonly retention: Retention;
  readonly isDry: boolean;
}

async function resayAt(fn: FunctionDefinition, { port, from, retention, isDry }: At): Promise<Resaid> {
  const { DAPR_API_TOKEN, DAPR_VERSION, PUBSUB_NAME, STATE_STORE } = process.env;
  const told = { DAPR_HTTP_PORT: port, DAPR_API_TOKEN, DAPR_VERSION, PUBSUB_NAME, STATE_STORE };
  const config = parseConfig({ ...told, APP_PORT: "0" });
  const sidecar = createSidecar({
    endpoint: config.daprEndpoint,
    version: config.daprVersion,
    token: config.daprApiToken,
    timeoutMs: TIMEOUT_MS,
  });
  const store = createDaprLedger({ sidecar, store: config.stateStore });
  const ledger = createAgenda({ ledger: store, of: fn.name, now: Date.now });
  const publish = createPublisher({ sidecar, pubsubName: config.pubsubName });
  const begun = Date.now();
  let progress: ReturnType<typeof createProgress> | undefined;
  try {
    return await resay(
      fn,
      { ledger, publish, now: Date.now, deadlineMs: TIMEOUT_MS, retention },
      {
        isLost: (at) => at >= from && at < begun,
        isDry,
        onLooked({ looked }, of) {
          progress ??= createProgress(fn.name, of);
          if (looked === of) progress.done(looked);
          else progress.show(looked);
        },
      },
    );
  } finally {
    sidecar.close();
  }
}

function report({ name }: FunctionDefinition, { looked, said, failed }: Resaid, isDry: boolean): void {
  const what = isDry ? "would be said again" : "said again";
  print(`${name.padEnd(13)} ${looked} documents, ${said} ${what}${failed > 0 ? `, ${failed} FAILED` : ""}`);
  if (failed > 0) process.exitCode = 1;
}
