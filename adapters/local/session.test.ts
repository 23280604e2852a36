import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readSession, removeSession, type Session, writeSession } from "./session.ts";

const dataDir = mkdtempSync(join(tmpdir(), "loosely-session-"));
const session: Session = {
  pid: process.pid,
  system: "s",
  services: [{ name: "a", url: "http://127.0.0.1:1", appPort: 2, sidecarUrl: "http://127.0.0.1:3" }],
  tokens: { app: "one", dapr: "two" },
};

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

it("tells others who listens where, and nobody but their owner, since it holds tokens", () => {
  writeSession(dataDir, session);
  expect(readSession(dataDir)).toEqual(session);
  expect(readdirSync(dataDir).map((file) => statSync(join(dataDir, file)).mode & 0o777)).toEqual([0o600]);
});

it("is none once it was taken away", () => {
  writeSession(dataDir, session);
  removeSession(dataDir);
  removeSession(dataDir);
  expect(readSession(dataDir)).toBeUndefined();
});

it("is none when the launcher was killed, which leaves its file behind", async () => {
  const killed = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const ended = once(killed, "exit");
  killed.kill("SIGKILL");
  await ended;
  writeSession(dataDir, { ...session, pid: killed.pid ?? 0 });
  expect(readSession(dataDir)).toBeUndefined();
});
