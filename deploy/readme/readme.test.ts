import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { system } from "../../functions/index.ts";
import { anchorsOf, linksOf } from "./links.ts";
import { readPages } from "./pages.ts";

const ROOT = join(import.meta.dirname, "../..");
const pages = readPages(ROOT);
const README = pages.get("README.md") ?? "";
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };

/** What a pattern's group names in any page, each once, with the pages that name it. */
const named = (pattern: RegExp): readonly (readonly [name: string, pages: string])[] => {
  const found = new Map<string, Set<string>>();
  for (const [path, text] of pages)
    for (const [, name = ""] of text.matchAll(pattern)) found.set(name, (found.get(name) ?? new Set()).add(path));
  return Array.from(found, ([name, paths]) => [name, [...paths].join(", ")]);
};

describe("README.md is short", () => {
  const measure = (text: string) => ({ lines: text.trimEnd().split("\n").length, bytes: Buffer.byteLength(text) });

  // Of more functions, screen and picture grow: what is written by hand must not.
  it.runIf(system.functions.length <= 4)("has at most 120 lines and 10 KB, what is generated included", () => {
    const { lines, bytes } = measure(README);
    expect(lines).toBeLessThanOrEqual(120);
    expect(bytes).toBeLessThanOrEqual(10 * 1024);
  });

  it("has at most 60 lines and 7 KB that are written by hand, whatever the system", () => {
    const { lines, bytes } = measure(README.replaceAll(/<!-- (consumer|screen|flow) -->[\s\S]*?<!-- \/\1 -->\n/g, ""));
    expect(lines).toBeLessThanOrEqual(60);
    expect(bytes).toBeLessThanOrEqual(7 * 1024);
  });

  it("leads to every other page", () => {
    const links = linksOf(README).map((link) => link.replace(/#.*/, ""));
    const others = [...pages.keys()].filter((path) => path !== "README.md" && path.endsWith("README.md"));
    expect(links).toEqual(expect.arrayContaining(others));
  });
});

it.each(["dapr", "gcf", "lambda", "local"])(
  "the page of %s has the headings of every host's, in their order",
  (host) => {
    const headings = [...(pages.get(`adapters/${host}/README.md`) ?? "").matchAll(/^## (.*)$/gm)].map(
      ([, text]) => text,
    );
    expect(headings).toEqual([
      ...["Deploy it", "What it makes", "What reaches a function", "Outcomes", "Dead letters", "Settings", "Limits"],
    ]);
  },
);

it.each([...pages.keys()])("every link of %s leads to a file that is there, and to a heading in it", (path) => {
  for (const link of linksOf(pages.get(path) ?? "")) {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : relative(ROOT, join(ROOT, dirname(path), file));
    expect(existsSync(join(ROOT, target)), link).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(pages.get(target) ?? ""), link).toContain(anchor);
  }
});

const commands = named(/(?:`|^ *)(?:[A-Z_]+=\S+ )*npm (?:run )?([a-z:0-9]+)/gm);

/** Of npm itself. */
const OF_NPM = ["ci", "install", "exec"];

it.each(commands.filter(([script]) => !OF_NPM.includes(script ?? "")))(
  "npm %s, which a page names, is there: %s",
  (script) => {
    expect(scripts).toHaveProperty([script]);
  },
);

/** What npm runs by itself. */
const HOOKS = ["postinstall"];

it.each(Object.keys(scripts).filter((name) => !HOOKS.includes(name)))(
  "npm %s, which is there, is in a page",
  (script) => {
    expect(commands.map(([name]) => name)).toContain(script);
  },
);

const sources = globSync("{adapters,deploy}/**/*.{ts,sh,yaml}", { cwd: ROOT })
  .filter((file) => !file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(ROOT, file), "utf8"))
  .join("\n");
/** Of the example of an effect, and of what others take. */
const ELSEWHERE = ["STRIPE_KEY", "AT_TIMESTAMP"];

it.each(named(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g).filter(([name]) => !ELSEWHERE.includes(name)))(
  "%s, which a page names, is read somewhere: %s",
  (name) => {
    expect(new RegExp(`\\b${name}\\b`).test(sources)).toBe(true);
  },
);

/** What the example of an effect has one write. */
const YOURS = "adapters/effects/stripe.ts";

it.each(named(/(?:`|^node |\s)((?:adapters|deploy|functions)\/[\w./-]+\.\w+)/gm).filter(([file]) => file !== YOURS))(
  "%s, which a page names, is there: %s",
  (file) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
  },
);
