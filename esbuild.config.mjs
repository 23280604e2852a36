import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { buildLambda } from "./deploy/aws/build.ts";
import { buildDapr, buildSdk } from "./deploy/dapr/build.ts";
import { buildGcf } from "./deploy/gcloud/build.ts";

// What deployments ship, for each host of the system in functions/index.ts: deploy/entries.ts says what each bundle is made of.
const outdir = resolve(process.argv[2] ?? "dist");
const contents = {
  dapr: await buildDapr(`${outdir}/dapr`),
  sdk: await buildSdk(`${outdir}/dapr`),
  lambda: await buildLambda(`${outdir}/lambda`),
  gcf: await buildGcf(`${outdir}/gcf`),
};
await writeFile(`${outdir}/contents.json`, JSON.stringify(contents));
