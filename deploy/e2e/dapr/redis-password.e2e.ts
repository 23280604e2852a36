import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { debianEnvironment } from "../../engines/debian.ts";
import { CACHE } from "../../engines/engine.ts";
import { askRedis, redis } from "../../engines/redis.ts";
import { readManifests } from "../../kubernetes/read.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";

const missing = whyMissing("the password of components/redis", [redis]);

const server = readManifests("components/redis/redis.yaml").find(({ kind }) => kind === "StatefulSet");
const [container] = server?.spec.template.spec.containers ?? [];
const PASSWORD_FILE = "/run/secrets/redis/password";

interface Started {
  readonly pid: number;
  readonly port: number;
  readonly ended: Promise<unknown>;
  said(): string;
}

describe.skipIf(missing !== undefined)("components/redis, as its container starts it", () => {
  const dir = freshFolder("redis-password");
  const running: Started[] = [];
  let count = 0;

  /** Runs a command of the container with the Secret, the port and the folders of this machine. */
  const run = ([program, ...args]: readonly string[], { file = "", port = 0, path = "" }) => {
    const own = (text: string) =>
      text
        .replaceAll(PASSWORD_FILE, file)
        .replace("redis-server -", `redis-server - --bind 127.0.0.1 --port ${port}`)
        .replace("redis-cli -e", `redis-cli -p ${port} -e`)
        .replace("--dir /data", `--dir ${join(file, "..")}`);
    const env = debianEnvironment(join(CACHE, "redis-7"));
    // In a group of its own, which ends with all that a shell may have left in it.
    return spawn(program as string, args.map(own), { detached: true, env: path === "" ? env : { PATH: path } });
  };

  async function start(password: string): Promise<Started & { readonly file: string }> {
    const [port = 0] = await freePorts(FIRST_PORT + 90, 1);
    const file = join(dir, String(count++), "password");
    mkdirSync(join(file, ".."));
    writeFileSync(file, password);
    const child = run([...container.command, ...container.args], { file, port });
    let said = "";
    for (const output of [child.stdout, child.stderr]) output.on("data", (text) => (said += text));
    const ended = new Promise((resolve) => child.once("close", resolve));
    const started = { pid: child.pid as number, port, ended, said: () => said };
    running.push(started);
    return { ...started, file };
  }

  afterEach(async () => {
    for (const { pid, ended } of running.splice(0)) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await ended;
    }
  });

  it.each([
    ["plain", "development-only"],
    ["one character", "x"],
    ["what redis.conf quotes", `a"b\\c'd\\"e\\x41 # f`],
    ["what a shell reads", "$(echo x) `echo y` $HOME $1 * ? ~ ! | & ; < > END"],
    ["spaces at both ends", "  two words\t "],
    ["a flag", "--protected-mode no"],
    ["letters of other scripts", "pässwörd-密码-🔑"],
    ["many characters", "0123456789abcdef".repeat(64)],
  ])("takes the password of its file, and no other: %s", async (_, password) => {
    const { port, file, said } = await start(password);
    const ask = (word: string) => askRedis({ port, password: word }, ["PING"]);
    const isUp = async () => said().includes("Ready to accept connections");
    await until(isUp, { what: "Redis is up", withinMs: 60_000 });
    expect(await ask(password)).toBe('"PONG"\n');
    expect(await ask(`${password}x`)).toContain("NOAUTH");
    const probe = run(container.livenessProbe.exec.command, { file, port });
    expect(await new Promise((resolve) => probe.once("close", resolve))).toBe(0);
  });

  it("is told its password by its standard input alone, not where lists of processes and dumps of variables show it", async () => {
    const programs = join(dir, "programs");
    mkdirSync(programs);
    // Redis itself writes over both as soon as it runs.
    writeFileSync(join(programs, "redis-server"), `#!/bin/sh\necho "arguments $*"\nenv\nexec cat\n`, { mode: 0o755 });
    const file = join(programs, "password");
    writeFileSync(file, "a secret");
    const child = run([...container.command, ...container.args], { file, path: `${programs}:${process.env.PATH}` });
    const said = (await Array.fromAsync(child.stdout)).join("");
    expect(said).toContain("arguments - ");
    expect(said.split("a secret")).toHaveLength(2);
    expect(said).toMatch(/requirepass "a secret"\n$/);
  });

  it("ends in peace when process 1 is told to, which is Redis and no shell", async () => {
    const { pid, ended, said } = await start("development-only");
    await until(async () => said().includes("Ready to accept connections"), { what: "Redis is up", withinMs: 60_000 });
    process.kill(pid, "SIGTERM");
    expect(await ended).toBe(0);
    expect(said()).toContain("Redis is now ready to exit");
  });

  it.each([
    ["is empty", ""],
    ["is an empty line", "\n"],
    ["ends with a line break, which sidecars would send along", "development-only\n"],
    ["has two lines", "one\ntwo"],
  ])("does not start, and says why, when the password %s", async (_, password) => {
    const { ended, said } = await start(password);
    expect(await ended).toBe(1);
    expect(said()).toBe(
      "Secret redis: password must be one line of one character or more, without a line break at its end\n",
    );
  });
});
