import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPortGate } from "./ask.ts";
import { debianEnvironment, unpackDebian } from "./debian.ts";
import { CACHE, type Engine, type Running, startProcess } from "./engine.ts";

const FOLDER = join(CACHE, "rabbitmq-3.10");
const ERLANG = join(FOLDER, "usr/lib/erlang");
const HOME = join(FOLDER, "usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8");
const PROGRAM = join(HOME, "sbin/rabbitmq-server");

export const rabbitmq: Engine = {
  name: "rabbitmq",
  missing: () => (existsSync(PROGRAM) ? undefined : "rabbitmq: not installed, run npm run engines -- --only rabbitmq"),
  async install(say) {
    if (existsSync(PROGRAM)) return;
    const into = `${FOLDER}.new`;
    await unpackDebian({ packages: ["rabbitmq-server", "erlang-base"], into, say });
    // Erlang's start script knows where Debian would have put it.
    const script = join(into, "usr/lib/erlang/bin/erl");
    writeFileSync(script, readFileSync(script, "utf8").replaceAll("/usr/lib/erlang", ERLANG));
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(into, FOLDER);
  },
};

interface RabbitmqOptions {
  readonly port: number;
  readonly managementPort: number;
  /** Of Erlang: its registry of names and its own protocol. */
  readonly epmdPort: number;
  readonly distributionPort: number;
  /** Where its messages lie: start it again with the same folder and it knows what it knew. */
  readonly dir: string;
}

/** Starts RabbitMQ with its management API. User and password: guest. */
export async function startRabbitmq(options: RabbitmqOptions): Promise<Running> {
  const { port, managementPort, epmdPort, distributionPort, dir } = options;
  mkdirSync(dir, { recursive: true });
  const settings = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    "management.tcp.ip = 127.0.0.1",
    `management.tcp.port = ${managementPort}`,
  ];
  writeFileSync(join(dir, "rabbitmq.conf"), `${settings.join("\n")}\n`);
  writeFileSync(join(dir, "enabled_plugins"), "[rabbitmq_management].\n");
  const { PATH, ...libraries } = debianEnvironment(FOLDER);
  const env = {
    ...libraries,
    PATH: `${join(ERLANG, "bin")}:${PATH}`,
    HOME: dir,
    // Only this machine's processes find it, and none of another test.
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(epmdPort),
    // No shell around the broker: a signal must meet the broker itself.
    RUNNING_UNDER_SYSTEMD: "1",
    RABBITMQ_NODENAME: `loosely${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
    RABBITMQ_CONFIG_FILE: join(dir, "rabbitmq.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(dir, "data"),
    RABBITMQ_LOG_BASE: join(dir, "logs"),
    RABBITMQ_LOGS: "-",
  };
  const logFile = join(dir, "rabbitmq.log");
  // In the foreground, so that it ends with us: Erlang would leave one behind.
  const names = await startProcess({
    command: join(ERLANG, "bin/epmd"),
    args: ["-port", String(epmdPort), "-address", "127.0.0.1"],
    env,
    logFile: join(dir, "epmd.log"),
    ready: createPortGate(epmdPort),
  });
  const server = await startProcess({
    command: PROGRAM,
    args: [],
    env,
    logFile,
    // The management API comes last.
    ready: async () => (await askRabbitmq(managementPort, { path: "health/checks/local-alarms" })) !== undefined,
  }).catch(async (error) => {
    await names.kill();
    throw error;
  });
  const after = (end: (running: Running) => Promise<void>) => async () => {
    await end(server);
    await names.kill();
  };
  return {
    pid: server.pid,
    ended: server.ended,
    logFile,
    stop: after((running) => running.stop()),
    kill: after((running) => running.kill()),
  };
}

/** Makes the exchanges, queues and bindings that a file names. */
export async function importDefinitions(managementPort: number, file: string): Promise<void> {
  await askRabbitmq(managementPort, { path: "definitions", post: JSON.parse(readFileSync(file, "utf8")) });
}

interface Question {
  readonly path: string;
  /** Left out: a GET. */
  readonly post?: object;
}

/** Asks the management API. throws: when it answers with an error. */
export async function askRabbitmq(managementPort: number, { path, post }: Question): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${managementPort}/api/${path}`, {
    headers: { authorization: `Basic ${btoa("guest:guest")}`, "content-type": "application/json" },
    ...(post === undefined ? {} : { method: "POST", body: JSON.stringify(post) }),
  });
  if (!answer.ok) throw new Error(`RabbitMQ answered ${answer.status} to ${path}`);
  const text = await answer.text();
  return text === "" ? undefined : JSON.parse(text);
}
