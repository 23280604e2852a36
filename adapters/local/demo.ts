import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pc from "picocolors";
import { system } from "../../functions/index.ts";
import { freeRow } from "./free-ports.ts";
import { startSystem } from "./launcher.ts";
import { createQuiet } from "./quiet.ts";
import { runnable } from "./runnable.ts";
import { toStory } from "./story.ts";

const FIRST_PORT = 8090;
const PATIENCE_MS = 20_000;

const print = (text: string) => process.stdout.write(`${text}\n`);

if (process.argv.includes("--help")) {
  print(`npm run demo

Starts a system of its own, asks its first edge for something made up, tells the story until everything that is said has been handled
by everybody who hears it, shows what has become of it, and stops. Exit code 0 when it got so far, 1 when it did not.`);
} else {
  process.exitCode = (await demo()) ? 0 : 1;
}

async function demo(): Promise<boolean> {
  const [edge] = system.edges;
  if (!edge) throw new Error("functions/index.ts: has no edge to ask");
  const dataDir = mkdtempSync(join(tmpdir(), "loosely-demo-"));
  const quiet = createQuiet(system);
  const started = await startSystem({
    ...runnable,
    port: await freeRow(FIRST_PORT, runnable.services.length),
    dataDir,
    onLine: (line) => {
      const story = toStory(line);
      if (story) print(story);
      quiet.hear(line);
    },
    onTrouble: (text) => process.stderr.write(`${pc.yellow(text)}\n`),
  });
  try {
    const { name: owner } = system.functions.find(({ source }) => source === edge.of) ?? {};
    const url = started.services.find(({ name }) => name === owner)?.url;
    const { method, path } = edge;
    print(pc.bold(`${method} ${path}`));
    const placed = await fetch(`${url}${path}`, { method });
    const location = placed.headers.get("location");
    if (placed.status !== 202 || location === null) throw new Error(`${method} ${path} answered ${placed.status}`);
    const isQuiet = await quiet.within(PATIENCE_MS);
    const shown = await (await fetch(`${url}${location}`)).json();
    print(`${pc.bold(`GET ${location}`)}\n${JSON.stringify(shown, null, 2)}`);
    print(
      isQuiet
        ? pc.green("all that was said has been handled")
        : pc.red(`still waiting for ${quiet.waiting().join(", ")}`),
    );
    return isQuiet;
  } finally {
    await started.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
