import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { system } from "../../functions/index.ts";
import { renew } from "../readme/blocks.ts";
import { checkSettings, readSettings } from "./aws/settings.ts";
import { renderInto } from "./render.ts";
import { staleFiles } from "./stale.ts";

const HELP = `npm run generate -- [options]

Renders from functions/index.ts all that lists its functions, topics and events: subscriptions, manifests, the template, the lists of
the deploy scripts. Where a file is written by hand, the values that it marks as kept; of README.md, the parts that are made of code.
Prints each file that it has changed.

  --check  writes nothing; exit code 1 where a file is not as it would be rendered
  --help   this text
`;

const ROOT = join(import.meta.dirname, "../..");
const README = "README.md";

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
if (values.help) process.stdout.write(HELP);
else await run(values.check);

async function run(isCheck: boolean): Promise<void> {
  checkSettings(readSettings(), system);
  const page = await renew(readFileSync(join(ROOT, README), "utf8"));
  const files = new Map([...renderInto(ROOT, system), [README, page]]);
  const changed = [...files].filter(([path, text]) => read(path) !== text);
  const stale = staleFiles(ROOT, files);
  if (!isCheck) {
    for (const [path, text] of changed) {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      writeFileSync(join(ROOT, path), text);
    }
    for (const path of stale) rmSync(join(ROOT, path));
  }
  const [renders, removes] = isCheck ? ["differs", "is rendered no more"] : ["rendered", "removed"];
  for (const [path] of changed) process.stdout.write(`${renders}: ${path}\n`);
  for (const path of stale) process.stdout.write(`${removes}: ${path}\n`);
  if (isCheck && changed.length + stale.length > 0) {
    process.stdout.write("npm run generate renders them again\n");
    process.exitCode = 1;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return undefined;
  }
}
