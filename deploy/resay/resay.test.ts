import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../adapters/local/free-ports.ts";
import { openClosedShop } from "./closed-shop.ts";

const dataDir = mkdtempSync(join(tmpdir(), "loosely-resay-"));
writeFileSync(join(dataDir, "broker.db"), "");
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const SINCE = ["--since", ago(60_000)];

const run = (args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

it.each([
  ["no time", [], "--since: must be given"],
  ["what is no time", ["--since", "an hour ago"], "--since: must be RFC 3339"],
  ["a time to come", ["--since", ago(-60_000)], "--since: must have been"],
  ["a time of which nothing is kept", ["--since", ago(25 * 3_600_000)], "--since: must be of the last 24 hours"],
  ["a function that is not there", [...SINCE, "--function", "baking"], "--function: must be one of order, billing"],
  ["a sidecar of nobody", [...SINCE, "--port", "3500"], "--port: must come with --function"],
  ["what is no port", [...SINCE, "--port", "x", "--function", "order"], "--port: must be a port number"],
  ["an option that is none", ["--until", "now"], "--until: is no option"],
])("says what is wrong with %s, and where to read more", async (_, args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(stderr).toContain("npm run resay -- --help");
});

it("fails where nobody answers", async () => {
  const port = String(await freePort());
  expect(await run([...SINCE, "--port", port, "--function", "order"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("ECONNREFUSED"),
  });
});

it("makes no shop where there is none", async () => {
  const { code, stderr } = await run([...SINCE, "--data", join(dataDir, "elsewhere")]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("--data must name what a shop has kept")]);
});

it("finds nothing in a shop that has said nothing, and opens none that runs", async () => {
  expect(await run([...SINCE, "--data", dataDir, "--function", "order"])).toEqual({
    code: 0,
    stdout: "order         0 documents, 0 said again\n",
    stderr: "",
  });
  const running = await openClosedShop(dataDir);
  onTestFinished(() => running.close());
  expect(await run([...SINCE, "--data", dataDir])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("another process uses this database; stop it first"),
  });
});

it("goes through the sidecar at a port, too", async () => {
  const shop = await openClosedShop(dataDir);
  onTestFinished(() => shop.close());
  const { code, stdout } = await run([...SINCE, "--port", String(shop.portOf("order")), "--function", "order"]);
  expect([code, stdout]).toEqual([0, "order         0 documents, 0 said again\n"]);
});
