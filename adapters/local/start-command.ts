import { join } from "node:path";
import { styleText } from "node:util";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { parseCommandLine, reportUsage, UsageError } from "./command-line.ts";
import { createLocalConsole } from "./console/local-console.ts";
import { createFooter } from "./footer.ts";
import { startSystem } from "./launcher.ts";
import { createLetterCount } from "./letter-count.ts";
import { keepLoopbackDirect } from "./loopback.ts";
import { runnable } from "./runnable.ts";
import { DEFAULT_DATA, toScreen, whereIs } from "./screen.ts";
import { StartError } from "./start-error.ts";
import { createTeller } from "./teller.ts";
import { watchSources } from "./watch.ts";

const COMMAND = "npm start";
const HELP = `npm start -- [options]

Runs the whole system on this machine: each function in a process, beside a local sidecar that speaks Dapr's HTTP API over SQLite.
A development tool: nothing it needs is installed elsewhere, and nothing it keeps is meant to last.

  --port P      the first function listens on P, the next one on P+1, and so on (default 8080);
                their sidecars take the first free ports from 3500 up, or as far from that as P is from 8080;
                and so does the page on which all of it can be seen, from 8090; 0: any ports that are free
  --data DIR    where state and undelivered events are kept, so that a restart goes on where it stopped (default .local)
  --fresh       forgets what is kept there first
  --watch       starts again what has changed, when a file is saved
  --quiet       does not tell the story of the events
  --no-ignored  does not tell where an event is ignored
  --no-console  opens no page, and keeps nothing of what happens for it
  --help        this text

Ctrl-C ends it, with exit code 0. Exit code 1: it could not be started, or not be kept running; 2: it was asked wrongly.
`;

/** in: aborted when it shall end */
export async function start(signal: AbortSignal): Promise<void> {
  try {
    const values = parseCommandLine({
      command: COMMAND,
      options: {
        port: { type: "string", default: "8080" },
        data: { type: "string", default: DEFAULT_DATA },
        fresh: { type: "boolean", default: false },
        watch: { type: "boolean", default: false },
        quiet: { type: "boolean", default: false },
        "no-ignored": { type: "boolean", default: false },
        "no-console": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    // As "$UNSET" is: --fresh would forget what lies where the shell happens to be.
    if (values.data === "") throw new UsageError("--data: must name a folder, got nothing");
    if (values.help) process.stdout.write(`${HELP}\n`);
    else {
      const { "no-ignored": hidesIgnored, "no-console": hasNoConsole, ...rest } = values;
      await run({ ...rest, port: parsePort(values.port), hidesIgnored, hasConsole: !hasNoConsole }, signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof UsageError) return reportUsage(error, COMMAND);
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

interface RunOptions {
  readonly port: number;
  readonly data: string;
  readonly fresh: boolean;
  readonly watch: boolean;
  readonly quiet: boolean;
  readonly hidesIgnored: boolean;
  readonly hasConsole: boolean;
}

async function run(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { port, data, fresh, watch, quiet, hidesIgnored, hasConsole } = options;
  keepLoopbackDirect(process.env);
  const letters = createLetterCount(join(data, "broker.db"));
  const { print, complain, ...footer } = createFooter({ count: letters.read, where: whereIs(data) });
  for (const variable of ["APP_PORT", "EDGE_PORT"])
    if (process.env[variable] !== undefined) complain(`${variable}: has no effect here; --port chooses`);
  const console = hasConsole ? createLocalConsole({ system, catalogue, data, port, onTrouble: complain }) : undefined;
  const started = await startSystem({
    ...runnable,
    port,
    dataDir: data,
    isFresh: fresh,
    ...(watch ? { onRunning: (restart) => watchSources({ ...runnable, restart, signal, say: complain }) } : {}),
    signal,
    onLine: createTeller(print, { isQuiet: quiet, hidesIgnored }),
    onTrouble: complain,
    ...(console ? { history: console.history, openPage: console.open } : {}),
  });
  print(toScreen(system, { services: started.services, data, page: started.page }));
  footer.show();
  const asked = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const why = await Promise.race([asked, started.failed]);
  footer.close();
  letters.close();
  print(styleText("dim", "closing"));
  await started.stop();
  await console?.close();
  if (typeof why === "string") throw new StartError(why);
}

function parsePort(text: string): number {
  const port = Number(text);
  const most = 65_536 - runnable.services.length;
  if (!/^\d+$/.test(text) || port > most)
    throw new UsageError(`--port: must be a number from 0 to ${most}, got ${text}`);
  return port;
}
