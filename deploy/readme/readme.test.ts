import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "README.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };

const commands = [...page.matchAll(/(?:`|^)npm (?:run )?([a-z:0-9]+)/gm)].map(([, script = ""]) => script);

it.each([...new Set(commands)].filter((script) => script !== "ci"))(
  "npm %s, which the README names, is there",
  (script) => {
    expect(scripts).toHaveProperty([script]);
  },
);

it.each(Object.keys(scripts))("npm %s, which is there, is in the README", (script) => {
  expect(commands).toContain(script);
});

const sources = globSync("{adapters,deploy}/**/*.{ts,sh,yaml}", { cwd: ROOT })
  .filter((file) => !file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(ROOT, file), "utf8"))
  .join("\n");
const variables = [...page.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, name = ""]) => name);

it.each([...new Set(variables)])("%s, which the README names, is read somewhere", (name) => {
  expect(sources).toMatch(new RegExp(`\\b${name}\\b`));
});

const files = [...page.matchAll(/(?:`|^node |\s)((?:adapters|deploy|functions)\/[\w./-]+\.\w+)/gm)].map(
  ([, file = ""]) => file,
);

it.each([...new Set(files)])("%s, which the README names, is there", (file) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
});
