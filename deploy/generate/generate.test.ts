import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isScalar, parseAllDocuments, visit } from "yaml";
import { system } from "../../functions/index.ts";
import { registries } from "./registries.ts";
import { renderInto } from "./render.ts";
import { staleFiles } from "./stale.ts";
import { testSystem } from "./test-system.ts";

const ROOT = join(import.meta.dirname, "../..");
const files = new Map([...(await Array.fromAsync(registries(ROOT))), ...renderInto(ROOT, system)]);

it.each([...files])("%s is as it is rendered (npm run generate renders it again)", (path, text) => {
  expect(readFileSync(join(ROOT, path), "utf8")).toBe(text);
});

it("no file says that it is rendered, and is not", () => {
  expect(staleFiles(ROOT, files)).toEqual([]);
});

it("nothing that Dapr or Kubernetes reads names this system, its functions or its topics where another is rendered", () => {
  const others = renderInto(ROOT, testSystem());
  const all = globSync("deploy/{dapr,kubernetes}/**/{*.yaml,*.json,*.env,Kustomization,Dockerfile}", { cwd: ROOT });
  const left = new Set([...all, ...others.keys()]);
  for (const path of staleFiles(ROOT, others)) left.delete(path);
  const topics = system.events.flatMap(({ topic }) => topic ?? []);
  const names = [system.name, ...system.functions.map(({ name }) => name), ...topics];
  const isNamed = new RegExp(`(?<![\\w-])(${names.join("|")})(?!\\w)`);
  const found = [...left].flatMap((path) =>
    valuesIn(others.get(path) ?? readFileSync(join(ROOT, path), "utf8"))
      .filter((value) => isNamed.test(value))
      .map((value) => `${path}: ${value}`),
  );
  expect(found).toEqual([]);
});

/** Comments, which may tell of an example, and keys are left out. */
function valuesIn(text: string): readonly string[] {
  const values: string[] = [];
  for (const document of parseAllDocuments(text))
    visit(document, {
      Scalar(key, node) {
        if (key !== "key" && isScalar(node)) values.push(String(node.value));
      },
    });
  return values;
}
