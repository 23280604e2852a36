import { join } from "node:path";
import { expect, it } from "vitest";
import { readPages } from "./pages.ts";

it("no page has anybody write a secret as an argument, where whoever lists processes reads it", () => {
  const shown = [...readPages(join(import.meta.dirname, "../.."))].flatMap(([page, text]) =>
    Array.from(
      text.matchAll(/--from-literal=(?:\w*(?:token|secret|password|key))=.*/gi),
      ([line]) => `${page}: ${line}`,
    ),
  );
  expect(shown).toEqual([]);
});
