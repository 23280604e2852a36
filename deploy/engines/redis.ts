import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { debianEnvironment, unpackDebian } from "./debian.ts";
import { CACHE, type Engine, type Running, run, startProcess } from "./engine.ts";

const FOLDER = join(CACHE, "redis-7");
const PROGRAM = join(FOLDER, "usr/bin/redis-server");

export const redis: Engine = {
  name: "redis",
  missing: () => (existsSync(PROGRAM) ? undefined : "redis: not installed, run npm run engines -- --only redis"),
  async install(say) {
    if (!existsSync(PROGRAM)) await unpackDebian({ packages: ["redis-server", "redis-tools"], into: FOLDER, say });
  },
};

interface RedisOptions {
  readonly port: number;
  /** Where its append-only file lies: start it again with the same folder and it knows what it knew. */
  readonly dir: string;
  /** Where it listens. */
  readonly host?: string;
  readonly password?: string;
}

/** Starts Redis with its append-only file on, as whoever must not lose events does. */
export function startRedis({ port, dir, host = "127.0.0.1", password }: RedisOptions): Promise<Running> {
  mkdirSync(dir, { recursive: true });
  const settings = {
    ...{ bind: host, port, dir, appendonly: "yes", appendfsync: "everysec", save: "" },
    ...(password === undefined ? {} : { requirepass: password }),
  };
  return startProcess({
    command: PROGRAM,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    env: debianEnvironment(FOLDER),
    logFile: join(dir, "redis.log"),
    // It listens while it still loads, and says so to every command.
    ready: async () => (await askRedis({ port, host, password }, ["PING"])).includes("PONG"),
  });
}

interface Address {
  readonly port: number;
  readonly host?: string;
  readonly password?: string | undefined;
}

/** One command through redis-cli. out: the reply as JSON text */
export const askRedis = (
  { port, host = "127.0.0.1", password }: Address,
  command: readonly string[],
): Promise<string> =>
  run([join(FOLDER, "usr/bin/redis-cli"), "-h", host, "-p", String(port), "--json", ...command], {
    env: { ...debianEnvironment(FOLDER), ...(password === undefined ? {} : { REDISCLI_AUTH: password }) },
  });
