import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildLambda } from "../aws/build.ts";
import { buildDapr } from "../dapr/build.ts";
import { daprEntries, gcfEntries, lambdaEntries } from "../entries.ts";
import { buildGcf } from "../gcloud/build.ts";
import { SECOND } from "./sources.ts";

const ROOT = join(import.meta.dirname, "../..");
const names = SECOND.system.functions.map(({ name }) => name);
/** Each with what its code is made of. */
const EFFECTS = { dispatching: ["assign-driver"], payouts: ["transfer"], receipts: ["tell-rider"] };

let folder: string;
let built: Readonly<Record<string, Readonly<Record<string, Metafile>>>>;
beforeAll(async () => {
  // Where packages are found on the way up.
  folder = mkdtempSync(join(ROOT, "node_modules/.loosely-second-"));
  built = {
    dapr: await buildDapr(join(folder, "dapr"), await daprEntries(SECOND)),
    lambda: await buildLambda(join(folder, "lambda"), { entries: await lambdaEntries(SECOND) }),
    gcf: await buildGcf(join(folder, "gcf"), await gcfEntries(SECOND)),
  };
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inputsOf = (host: string, name: string) => Object.keys(built[host]?.[name]?.inputs ?? {});

describe.each(["dapr", "lambda", "gcf"])("built for %s", (host) => {
  it("has a bundle for each function, and one for all edges where they are apart, or for what keeps dead letters", () => {
    expect(Object.keys(built[host] ?? {}).sort()).toEqual([...names, host === "dapr" ? "keeper" : "edge"].sort());
  });

  it.each(names)("%s has its own effects, and nothing of the others or of our own system", (name) => {
    const inputs = inputsOf(host, name);
    const effects = inputs.flatMap((path) => /second\/effects\/([\w-]+)\.ts$/.exec(path)?.[1] ?? []);
    expect(effects).toEqual(EFFECTS[name as keyof typeof EFFECTS] ?? []);
    expect(inputs.filter((path) => /^functions\/(?!kernel\/)|^adapters\/effects\//.test(path))).toEqual([]);
  });

  it.skipIf(host === "dapr")("the edge has the functions that it asks", () => {
    const inputs = inputsOf(host, "edge");
    const asked = inputs.flatMap((path) => /second\/functions\/(\w+)\/handler\.ts$/.exec(path)?.[1] ?? []);
    expect(asked.sort()).toEqual(["rides", "support"]);
  });
});

it("what keeps dead letters knows where they may go: the topics and functions of its system", async () => {
  const { keeper = "" } = await daprEntries(SECOND);
  const [, told = ""] = /runKeeper\((.*)\)/.exec(keeper) ?? [];
  expect(JSON.parse(told)).toMatchObject({ functions: names, topics: expect.arrayContaining(["rides"]) });
});
