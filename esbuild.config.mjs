import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseWords, reportUsage, UsageError } from "./adapters/local/command-line.ts";
import { buildLambda } from "./deploy/aws/build.ts";
import { buildDapr, buildSdk } from "./deploy/dapr/build.ts";
import { buildGcf } from "./deploy/gcloud/build.ts";

// What deployments ship, for each host of the system in functions/index.ts: deploy/entries.ts says what each bundle is made of.
const COMMAND = "npm run build";
const HELP = `npm run build -- [FOLDER]

Makes what deployments ship of the system in functions/index.ts, in FOLDER (default dist): dapr/ has a file for each service, lambda/
and gcf/ a folder for each function, contents.json what each is made of.

  --help   this text
`;

/** in: where to */
async function build(outdir) {
  const contents = {
    dapr: await buildDapr(`${outdir}/dapr`),
    sdk: await buildSdk(`${outdir}/dapr`),
    lambda: await buildLambda(`${outdir}/lambda`),
    gcf: await buildGcf(`${outdir}/gcf`),
  };
  await writeFile(`${outdir}/contents.json`, JSON.stringify(contents));
}

try {
  const { values, words } = parseWords({ command: COMMAND, options: { help: { type: "boolean", default: false } } });
  if (words.length > 1) throw new UsageError(`FOLDER: must be one, got ${words.join(", ")}`);
  if (values.help) process.stdout.write(HELP);
  else await build(resolve(words[0] ?? "dist"));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  reportUsage(error, COMMAND);
}
