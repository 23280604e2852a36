import { parseArgs } from "node:util";
import pc from "picocolors";
import { system } from "../../functions/index.ts";
import { forget, StartError, startSystem } from "./launcher.ts";
import { runnable } from "./runnable.ts";
import { toScreen } from "./screen.ts";
import { toStory } from "./story.ts";

const HELP = `npm start -- [options]

Runs the whole system on this machine: each function in a process, beside a local sidecar that speaks Dapr's HTTP API over SQLite.
A development tool: nothing it needs is installed elsewhere, and nothing it keeps is meant to last.

  --port P    the first function listens on P, the next one on P+1, and so on (default 8080);
              their sidecars take the first free ports from 3500 up
  --data DIR  where state and undelivered events are kept, so that a restart goes on where it stopped (default .local)
  --fresh     forgets what is kept there first
  --quiet     does not tell the story of the events
  --help      this text
`;

const PARENT_CHECK_MS = 250;
const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8080" },
      data: { type: "string", default: ".local" },
      fresh: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) print(HELP);
  else await run({ ...values, port: parsePort(values.port) });
} catch (error) {
  const { code = "" } = error as { code?: string };
  if (!(error instanceof StartError) && !code.startsWith("ERR_PARSE_ARGS")) throw error;
  process.stderr.write(`${(error as Error).message}\nnpm start -- --help lists the options.\n`);
  process.exitCode = 1;
}

interface RunOptions {
  readonly port: number;
  readonly data: string;
  readonly fresh: boolean;
  readonly quiet: boolean;
}

async function run({ port, data, fresh, quiet }: RunOptions): Promise<void> {
  if (fresh) forget(data);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopped.resolve();
      // Whoever asks twice does not want to wait.
      process.once(signal, () => process.exit(1));
    });
  }
  endWithNpm(() => stopped.resolve());
  const started = await startSystem({
    ...runnable,
    port,
    dataDir: data,
    onLine: (line) => {
      const story = quiet ? undefined : toStory(line);
      if (story) print(story);
    },
    onTrouble: (text) => process.stderr.write(`${pc.yellow(text)}\n`),
  });
  print(toScreen(system, { services: started.services, data }));
  const why = await Promise.race([stopped.promise, started.failed]);
  print(pc.dim("closing"));
  await started.stop();
  if (typeof why === "string") throw new StartError(why);
}

/** npm that is killed takes nobody with it: all of it closes when it is gone. */
function endWithNpm(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref();
}

function parsePort(text: string): number {
  const port = Number(text);
  const most = 65_536 - runnable.services.length;
  if (!/^\d+$/.test(text) || port < 1 || port > most)
    throw new StartError(`--port: must be a number from 1 to ${most}, got ${text}`);
  return port;
}
