import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { renew } from "./blocks.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "README.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };

it("the generated parts of the README say what the code says now (npm run readme renews them)", async () => {
  expect(page).toBe(await renew(page));
});

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
