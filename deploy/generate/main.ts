import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseCommandLine, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { checkSettings, readSettings } from "./aws/settings.ts";
import { registries } from "./registries.ts";
import type { Files } from "./rendered.ts";
import { SourceError } from "./sources.ts";
import { staleFiles } from "./stale.ts";

const HELP = `npm run generate -- [options]

Finds the events of functions/events, the functions and edges of the other folders beside it and the effects that they use, and writes
the files that list them. Then it renders from functions/index.ts all that lists its functions, topics and events: subscriptions,
manifests, the template, the lists of the deploy scripts. Where a file is written by hand, the values that it marks as kept; of
README.md and the other pages, the parts that are made of code. Prints each file that it has changed.

  --check  writes nothing; exit code 1 where a file is not as it would be rendered
  --help   this text
`;

const ROOT = join(import.meta.dirname, "../..");

const COMMAND = "npm run generate";

try {
  const values = parseCommandLine({
    command: COMMAND,
    options: { check: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
  });
  if (values.help) process.stdout.write(HELP);
  else await run(values.check);
} catch (error) {
  if (error instanceof UsageError) reportUsage(error, COMMAND);
  else if (error instanceof SourceError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}

async function run(isCheck: boolean): Promise<void> {
  const files = new Map<string, string>();
  const changed: string[] = [];
  const add = (path: string, text: string) => {
    files.set(path, text);
    if (read(path) === text) return;
    changed.push(path);
    if (!isCheck) write(path, text);
  };
  for await (const [path, text] of registries(ROOT)) add(path, text);
  // Where they are not yet what they should be, the system is not, either.
  const isFound = !isCheck || changed.length === 0;
  if (isFound) for (const [path, text] of await renderSystem()) add(path, text);
  const stale = isFound ? staleFiles(ROOT, files) : [];
  if (!isCheck) for (const path of stale) rmSync(join(ROOT, path));
  const [renders, removes] = isCheck ? ["differs", "is rendered no more"] : ["rendered", "removed"];
  for (const path of changed) process.stdout.write(`${renders}: ${path}\n`);
  for (const path of stale) process.stdout.write(`${removes}: ${path}\n`);
  if (isCheck && changed.length + stale.length > 0) {
    process.stdout.write("npm run generate renders them again\n");
    process.exitCode = 1;
  }
}

/** What is made of the system. It is loaded now: what it consists of has just been written. throws: SourceError for a system that is none */
async function renderSystem(): Promise<Files> {
  const { system } = await import("../../functions/index.ts").catch((error) => {
    throw new SourceError(`functions/index.ts: ${(error as Error).message}`, { cause: error });
  });
  const [{ renderInto }, { renew }, { readPages }] = await Promise.all([
    import("./render.ts"),
    import("../readme/blocks.ts"),
    import("../readme/pages.ts"),
  ]);
  checkSettings(readSettings(), system);
  return new Map([...renderInto(ROOT, system), ...(await renew(readPages(ROOT)))]);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), text);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return undefined;
  }
}
