import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPortGate } from "./ask.ts";
import { CACHE, type Engine, type Running, run, startProcess } from "./engine.ts";
import { copyFromMaven, missingJava } from "./maven.ts";

const FOLDER = join(CACHE, "kafka-4.1.0");
const CLASSPATH = join(FOLDER, "*");
const CLUSTER = "bG9vc2VseS1rYWZrYS0wMQ";

export const kafka: Engine = {
  name: "kafka",
  missing: () =>
    existsSync(FOLDER) ? missingJava("kafka") : "kafka: not installed, run npm run engines -- --only kafka",
  async install(say) {
    if (existsSync(FOLDER)) return;
    say("downloading Kafka");
    await copyFromMaven({ goal: "dependency:copy-dependencies@kafka", into: FOLDER });
  },
};

interface KafkaOptions {
  readonly port: number;
  readonly controllerPort: number;
  /** Where it listens, and where it says that it is. */
  readonly host?: string;
  /** Where its log lies: start it again with the same folder and it knows what it knew. */
  readonly dir: string;
}

/** Starts a Kafka broker that is its own controller. Topics are made when they are first named, with four partitions. */
export async function startKafka({ port, controllerPort, host = "127.0.0.1", dir }: KafkaOptions): Promise<Running> {
  mkdirSync(dir, { recursive: true });
  const settings = {
    "process.roles": "broker,controller",
    "node.id": 1,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://${host}:${port}`,
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    "log.dirs": join(dir, "log"),
    "num.partitions": 4,
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "log.retention.ms": -1,
  };
  const file = join(dir, "server.properties");
  writeFileSync(
    file,
    `${Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n")}\n`,
  );
  if (!existsSync(join(dir, "log/meta.properties")))
    await java("kafka.tools.StorageTool", ["format", "-t", CLUSTER, "-c", file]);
  return startProcess({
    command: "java",
    args: ["-Xmx512m", "-cp", CLASSPATH, "kafka.Kafka", file],
    logFile: join(dir, "kafka.log"),
    ready: createPortGate(port, host),
  });
}

interface FollowOptions {
  readonly port: number;
  readonly topic: string;
  /** Gets what the topic holds, one message a line, as it comes. */
  readonly file: string;
  /** Before each message its headers, `name:value` with commas between them, and a tab. */
  readonly headers?: boolean;
}

/** Reads a topic from its start until it is ended. */
export const followTopic = ({ port, topic, file, headers = false }: FollowOptions): Promise<Running> =>
  startProcess({
    command: "java",
    args: [
      ...[...SMALL, "-cp", CLASSPATH, "org.apache.kafka.tools.consumer.ConsoleConsumer"],
      ...["--bootstrap-server", `127.0.0.1:${port}`, "--topic", topic, "--from-beginning"],
      ...["--property", `print.headers=${headers}`],
    ],
    logFile: file,
    ready: async () => true,
  });

interface RecordOptions {
  readonly port: number;
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** Writes one record as another producer would: by Kafka's own, with headers and without a key. */
export async function produceRecord({ port, topic, headers, value }: RecordOptions): Promise<void> {
  const told = Object.entries(headers).map(([name, text]) => `${name}:${text}`);
  const settings = ["parse.headers=true", "headers.delimiter=\t", "headers.separator=,"];
  await run(
    [
      ...(["java", ...SMALL, "-Dfile.encoding=UTF-8", "-cp", CLASSPATH] as const),
      "org.apache.kafka.tools.ConsoleProducer",
      ...["--bootstrap-server", `127.0.0.1:${port}`, "--topic", topic],
      ...settings.flatMap((setting) => ["--property", setting]),
    ],
    { input: `${told.join(",")}\t${value}\n` },
  );
}

const SMALL = ["-Xmx256m", "-XX:TieredStopAtLevel=1"];

const java = (program: string, args: readonly string[]): Promise<string> =>
  run(["java", ...SMALL, "-cp", CLASSPATH, program, ...args]);
