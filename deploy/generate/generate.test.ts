import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { system } from "../../functions/index.ts";
import { renderInto } from "./render.ts";
import { staleFiles } from "./stale.ts";

const ROOT = join(import.meta.dirname, "../..");
const files = renderInto(ROOT, system);

it.each([...files])("%s is as it is rendered (npm run generate renders it again)", (path, text) => {
  expect(readFileSync(join(ROOT, path), "utf8")).toBe(text);
});

it("no file says that it is rendered, and is not", () => {
  expect(staleFiles(ROOT, files)).toEqual([]);
});
