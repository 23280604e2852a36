import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { complain, parseCommandLine, UsageError } from "../../adapters/local/command-line.ts";
import type { Status } from "../../adapters/local/console/api-types.ts";
import { createCommands } from "../../adapters/local/console/commands.ts";
import { openHistory } from "../../adapters/local/console/history.ts";
import { openConsole } from "../../adapters/local/console/server.ts";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { openDapr } from "../dead/drivers/dapr.ts";
import { watch } from "./watch.ts";

const HELP = `npm run console -- [options]

Opens the page of npm start on a system that runs elsewhere, behind a real Dapr: its dead letters, what its services say, count and
trace. Nothing can be broken there. At least one of these:

  --keeper URL     of its keeper, as a port-forward gives it; APP_API_TOKEN is that of the keeper
  --namespace NS   follows kubectl logs of its services
  --log FILE …     follows these instead
  --metrics URL …  of a service, as http://127.0.0.1:9090/metrics; once for each
  --zipkin URL     of Zipkin's API, as http://127.0.0.1:9411

  --port P         of the page (default: the first free one from 8091 up)
  --help           this text

Ctrl-C ends it, with exit code 0; 2: it was asked wrongly.
`;

const COMMAND = "npm run console";
const FIRST_PORT = 8_091;
const LETTERS_MS = 5_000;
const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const values = parseCommandLine({
    command: COMMAND,
    options: {
      keeper: { type: "string" },
      namespace: { type: "string" },
      log: { type: "string", multiple: true, default: [] },
      metrics: { type: "string", multiple: true, default: [] },
      zipkin: { type: "string" },
      port: { type: "string", default: String(FIRST_PORT) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) print(HELP);
  else await run(values);
} catch (error) {
  complain(error, COMMAND);
}

interface Options {
  readonly keeper?: string | undefined;
  readonly namespace?: string | undefined;
  readonly log: readonly string[];
  readonly metrics: readonly string[];
  readonly zipkin?: string | undefined;
  readonly port: string;
}

async function run({ keeper, namespace, log, metrics, zipkin, port }: Options): Promise<void> {
  const urls = { "--keeper": [keeper], "--metrics": metrics, "--zipkin": [zipkin] };
  for (const [option, given] of Object.entries(urls)) for (const url of given) requireUrl(option, url);
  if (!keeper && namespace === undefined && !zipkin && log.length + metrics.length === 0)
    throw new UsageError("--keeper, --namespace, --log, --metrics, --zipkin: at least one must be given");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new UsageError(`--port: must be a number from 0 to 65535, got ${port}`);
  const letters = keeper === undefined ? undefined : await countLetters(keeper);

  const end = new Promise<void>((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  // What is seen is nobody's state: it goes with this process.
  const folder = mkdtempSync(join(tmpdir(), "loosely-console-"));
  const history = openHistory(join(folder, "history.db"));
  const watched = watch({ namespace, logs: log, metrics, zipkin }, { history, complain: warn });
  const status = (): Status => ({
    services: watched.services().map(({ url, counted }) => ({
      name: counted?.function ?? new URL(url).host,
      state: counted === undefined ? "down" : "up",
    })),
    depths: [],
    letters: letters?.read() ?? 0,
    pending: Object.fromEntries(
      watched.services().flatMap(({ counted }) => {
        if (counted === undefined) return [];
        return [[counted.function, { parked: counted.parked, unsaid: counted.isUnsaid ? 1 : 0, due: counted.due }]];
      }),
    ),
    broken: [],
    sums: watched.sums(),
    checks: [],
  });
  const opened = await openConsole({
    ...{ history, system, catalogue, token: randomBytes(16).toString("hex"), port: Number(port) },
    status: { read: status, close() {} },
    started: Date.now(),
    faults: () => undefined,
    services: () => [],
    commands: createCommands({ at: keeper === undefined ? undefined : ["--host", "dapr", "--url", keeper] }),
  });
  print(`See ${opened.url}   Ctrl-C ends it.`);
  await end;
  letters?.close();
  await Promise.all([opened.close(), watched.close()]);
  history.close();
  rmSync(folder, { recursive: true });
}

function requireUrl(option: string, url: string | undefined): void {
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw new UsageError(`${option}: must be a URL, as http://127.0.0.1:8080, got ${url}`);
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** How many a keeper holds, asked now and then. throws: UsageError */
async function countLetters(url: string) {
  const driver = await openDapr({ at: { url }, system, env: process.env });
  let count = 0;
  const look = async () => {
    // Where it does not answer, the view of the letters says why.
    const groups = await driver.groups?.({}).catch(() => undefined);
    count = groups?.reduce((sum, group) => sum + group.count, 0) ?? count;
  };
  void look();
  const timer = setInterval(() => void look(), LETTERS_MS);
  return { read: () => count, close: () => clearInterval(timer) };
}
