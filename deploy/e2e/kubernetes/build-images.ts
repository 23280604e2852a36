import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../engines/engine.ts";
import { type Recipe, redisRecipe, shopRecipe, toArguments, zipkinRecipe } from "./images.ts";

const HELP = `node deploy/e2e/kubernetes/build-images.ts MKIMG FOLDER

Makes the images that npm run e2e:kubernetes runs, as archives in FOLDER: the shop from dist/dapr, Redis and Zipkin from what
npm run engines has installed. MKIMG is a program that takes ARCHIVE NAME --user U --entrypoint E --env K=V --libs FILE=PATH.
`;

const [mkimg, folder] = process.argv.slice(2);
if (mkimg === undefined || folder === undefined) {
  process.stderr.write(HELP);
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
await make("shop", shopRecipe(), { anew: true });
await make("redis", redisRecipe());
await make("zipkin", zipkinRecipe(join(folder, "java")));

/** What is made of engines stays as it is while its recipe does; the shop is made anew each time. */
async function make(name: string, recipe: Recipe, { anew = false } = {}): Promise<void> {
  const archive = join(folder as string, `${name}.tar`);
  const made = `${archive}.json`;
  const { environment = {}, ...contents } = recipe;
  const says = JSON.stringify(contents);
  if (!anew && existsSync(archive) && existsSync(made) && readFileSync(made, "utf8") === says) return;
  await run([mkimg as string, ...toArguments(recipe, archive)], { env: environment });
  writeFileSync(made, says);
  process.stdout.write(`${archive} ${recipe.name}\n`);
}
