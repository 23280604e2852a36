import { join } from "node:path";
import { expect, it } from "vitest";
import { renew } from "./blocks.ts";
import { readPages } from "./pages.ts";

const pages = readPages(join(import.meta.dirname, "../.."));

it("the generated parts of the pages say what the code says now (npm run generate renews them)", async () => {
  for (const [path, text] of await renew(pages)) expect(text, path).toBe(pages.get(path));
});

it("a part is renewed in the one page that has its marker, and what is around it stays", async () => {
  const [path, text] = [...pages].find(([, page]) => page.includes("<!-- versions -->")) ?? ["", ""];
  const old = text.replace(/(<!-- versions -->\n)[\s\S]*(<!-- \/versions -->)/, "$1as it was\n$2");
  expect(old).not.toBe(text);
  expect(await renew(new Map([...pages, [path, old]]))).toEqual(pages);
});

it("a part that no page has, or two have, is an error that names them", async () => {
  const page = "<!-- consumer -->\n<!-- /consumer -->\n";
  await expect(renew(new Map([["a.md", ""]]))).rejects.toThrow(
    "<!-- consumer --> … <!-- /consumer -->: must be in one page, is in none",
  );
  const two = new Map([...["a.md", "b.md"].map((path) => [path, page] as const)]);
  await expect(renew(two)).rejects.toThrow("must be in one page, is in a.md and b.md");
});
