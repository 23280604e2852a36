import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseWords, UsageError } from "../../adapters/local/command-line.ts";
import { SourceError } from "../generate/sources.ts";
import { readImporters, readProject } from "./project.ts";
import { type Removal, removeEvent, removeFunction } from "./removal.ts";
import { print, printList, RenewError, renew } from "./renew.ts";

const HELP = `npm run remove -- function NAME [--dry-run]
npm run remove -- event TYPE [--dry-run]

Removes a function's folder and its events that nobody else uses, or an event that nobody uses, and renders all that follows from it.
What git does not have is gone.

  --dry-run  says what would be removed and what kept
  --help     this text

Exit code 0 when it is removed, 1 when what is left could not be rendered, 2 when it was asked for wrongly.
`;

const ROOT = join(import.meta.dirname, "../..");

try {
  const { values, words } = parseWords({
    command: "npm run remove",
    options: { "dry-run": { type: "boolean", default: false }, help: { type: "boolean", default: false } },
  });
  if (values.help) print(HELP);
  else await run(words, values["dry-run"]);
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof SourceError || error instanceof RenewError)) throw error;
  const { message } = error as Error;
  process.stderr.write(isUsage ? `${message}\nnpm run remove -- --help tells how.\n` : `${message}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

async function run([kind, name, ...rest]: readonly string[], isDry: boolean): Promise<void> {
  if ((kind !== "function" && kind !== "event") || name === undefined || rest.length > 0)
    throw new UsageError("must be asked for as `function NAME` or `event TYPE`");
  const [project, importers] = [await readProject(ROOT), readImporters(ROOT)];
  const removal =
    kind === "function" ? removeFunction(project, name, importers) : removeEvent(project, name, importers);
  printList(isDry ? "would be removed:" : "removed:", removal.files);
  printList("kept:", removal.kept);
  printList("left to you:", removal.left);
  if (isDry) return;
  remove(removal, kind === "function" ? `functions/${name}` : undefined);
  for (const line of renew()) print(line);
}

function remove({ files }: Removal, folder: string | undefined): void {
  for (const path of files) rmSync(join(ROOT, path), { force: true });
  if (folder !== undefined) rmSync(join(ROOT, folder), { recursive: true, force: true });
}
