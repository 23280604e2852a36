import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { isRunning, until } from "../../adapters/local/test-shop.ts";
import { allOrNone, type Running, startProcess } from "./engine.ts";

const ENGINE = join(import.meta.dirname, "engine.ts");

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "loosely-engine-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const startSleeper = (logFile: string, ready = true): Promise<Running> =>
  startProcess({ command: "sleep", args: ["600"], logFile, ready: async () => ready, patienceMs: 200 });

it("ends what has started where another one does not, and says why that does not", async () => {
  const log = join(newFolder(), "log");
  const well = [startSleeper(log), startSleeper(log)];
  await expect(allOrNone([...well, startSleeper(log, false)], (running) => running.kill())).rejects.toThrow(
    "sleep was not ready in 200 ms",
  );
  const pids = (await Promise.all(well)).map(({ pid }) => pid);
  expect(pids.filter(isRunning)).toEqual([]);
});

it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("leaves no engine behind when its test gets %s", async (signal) => {
  const folder = newFolder();
  const file = join(folder, "pid");
  const test = `
    import { writeFileSync } from "node:fs";
    import { startProcess } from ${JSON.stringify(ENGINE)};
    const running = await startProcess({
      command: "sleep", args: ["600"], logFile: ${JSON.stringify(join(folder, "log"))}, ready: async () => true,
    });
    writeFileSync(${JSON.stringify(file)}, String(running.pid));
    setInterval(() => {}, 1_000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", test], { stdio: "inherit" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await until(() => existsSync(file) && readFileSync(file, "utf8") !== "", "an engine runs");
  const pid = Number(readFileSync(file, "utf8"));
  expect(isRunning(pid)).toBe(true);
  child.kill(signal);
  await until(() => !isRunning(pid) && !isRunning(child.pid as number), "both have ended");
});
