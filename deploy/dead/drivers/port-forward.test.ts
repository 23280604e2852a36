import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { forwardPort } from "./port-forward.ts";

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "loosely-kubectl-"));
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(bin, { recursive: true });
});

const install = (script: string) => {
  writeFileSync(join(bin, "kubectl"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "kubectl"), 0o755);
};

it("is the address that kubectl says, until it is closed", async () => {
  install('echo "Forwarding from 127.0.0.1:40123 -> 8080"; exec sleep 60');
  const { url, close } = await forwardPort("shop");
  expect(url).toBe("http://127.0.0.1:40123");
  await close();
});

it("says what kubectl complained of, and leaves nothing behind that keeps the command from its end", async () => {
  install('echo "Error from server (NotFound): no such namespace" >&2; exit 1');
  const [set, cleared] = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "clearTimeout")];
  await expect(forwardPort("shop")).rejects.toThrow("kubectl port-forward: Error from server (NotFound)");
  const at = set.mock.calls.findIndex(([, ms]) => ms === 15_000);
  expect(cleared).toHaveBeenCalledWith(set.mock.results[at]?.value);
});
