import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import { system } from "../../functions/index.ts";
import { parseCommandLine, reportUsage, UsageError } from "./command-line.ts";
import { listenForEnd } from "./ending.ts";
import { type Started, startSystem } from "./launcher.ts";
import { keepLoopbackDirect } from "./loopback.ts";
import { createQuiet, type Quiet } from "./quiet.ts";
import { runnable } from "./runnable.ts";
import { StartError } from "./start-error.ts";
import { createTeller } from "./teller.ts";

const PATIENCE_MS = 20_000;

const COMMAND = "npm run demo";
const HELP = `npm run demo

Starts a system of its own, asks its first edge for something made up, tells the story until everything that is said has been handled
by everybody who hears it, shows what has become of it, and stops. Exit code 0 when it got so far or was ended by Ctrl-C, 1 when it
did not, 2 when it was asked wrongly.`;

const print = (text: string) => process.stdout.write(`${text}\n`);

const signal = listenForEnd();
keepLoopbackDirect(process.env);
try {
  const { help } = parseCommandLine({ command: COMMAND, options: { help: { type: "boolean", default: false } } });
  if (help) print(HELP);
  else process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  if (error instanceof UsageError) reportUsage(error, COMMAND);
  else if (error instanceof StartError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else if (!signal.aborted) throw error;
}
// What was asked last keeps its connection open.
if (signal.aborted) process.exit();

async function demo(): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), "loosely-demo-"));
  const quiet = createQuiet(system);
  const tell = createTeller(print);
  try {
    const started = await startSystem({
      ...runnable,
      port: 0,
      dataDir,
      signal,
      onLine: (line) => {
        tell(line);
        quiet.hear(line);
      },
      onTrouble: (text) => process.stderr.write(`${styleText("yellow", text)}\n`),
    });
    const aborted = once(signal, "abort").then(() => signal.throwIfAborted());
    return await Promise.race([aborted.then(() => false), tellOneOf(started, quiet)]).finally(started.stop);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function tellOneOf({ services }: Started, quiet: Quiet): Promise<boolean> {
  const [edge] = system.edges;
  if (!edge) throw new StartError("functions/index.ts: has no edge to ask");
  const { name: owner } = system.functions.find(({ source }) => source === edge.of) ?? {};
  const url = services.find(({ name }) => name === owner)?.url;
  const { method, path } = edge;
  print(styleText("bold", `${method} ${path}`));
  const placed = await fetch(`${url}${path}`, { method });
  const location = placed.headers.get("location");
  if (placed.status !== 202 || location === null) throw new StartError(`${method} ${path} answered ${placed.status}`);
  const isQuiet = await quiet.within(PATIENCE_MS);
  const shown = await (await fetch(`${url}${location}`)).json();
  print(`${styleText("bold", `GET ${location}`)}\n${JSON.stringify(shown, null, 2)}`);
  print(
    isQuiet
      ? styleText("green", "all that was said has been handled")
      : styleText("red", `still waiting for ${quiet.waiting().join(", ")}`),
  );
  return isQuiet;
}
