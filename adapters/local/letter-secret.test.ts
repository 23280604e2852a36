import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { letterSecret } from "./letter-secret.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "loosely-letter-secret-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, "letter-secret");

it("is made once for a folder, for its owner alone: letters sealed by an earlier start are known at the next", () => {
  const made = letterSecret(folder);
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect([letterSecret(folder), readFileSync(file(), "utf8")]).toEqual([made, made]);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

it("is what somebody has written there, and made anew where that is no secret", () => {
  writeFileSync(file(), "of its owner, and too-long\n");
  expect(letterSecret(folder)).toMatch(/^[0-9a-f]{64}$/);
  writeFileSync(file(), "sixteen-characters\n");
  expect(letterSecret(folder)).toBe("sixteen-characters");
});
