import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import type { Engine, Running } from "../../engines/engine.ts";
import { followTopic, kafka, startKafka } from "../../engines/kafka.ts";
import { askRabbitmq, importDefinitions, rabbitmq, startRabbitmq } from "../../engines/rabbitmq.ts";
import { askRedis, redis, startRedis } from "../../engines/redis.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { eventsOf } from "./redis-stream.ts";

export type DeadLetter = Readonly<Record<string, unknown>>;

/** A broker that runs. */
export interface Broker {
  /** What the component file says otherwise: where the broker is. By name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Read from where they are held, not through Dapr. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** SIGKILL, and up again with what it had written. */
  crash(): Promise<void>;
  /** At once: how it ends in peace is its own business. */
  stop(): Promise<void>;
}

export interface BrokerKind {
  readonly name: string;
  /** The only file that differs. */
  readonly folder: string;
  readonly engine: Engine;
  /** Why an event that a sidecar has answered with 204 may be lost all the same, in a moment that no setting can avoid. */
  readonly leak?: string;
  start(dir: string): Promise<Broker>;
}

const FOLDERS = join(import.meta.dirname, "../../dapr/brokers");

const RABBITMQ_LEAK =
  "daprd's RabbitMQ component logs `did not receive confirmation of publishing` and answers 204 nevertheless, when the " +
  "broker or the channel goes away in that moment: ask again under the same Idempotency-Key";

export const brokers: Readonly<Record<"redis" | "rabbitmq" | "kafka", BrokerKind>> = {
  redis: { name: "Redis", folder: join(FOLDERS, "redis"), engine: redis, start: startRedisBroker },
  rabbitmq: {
    name: "RabbitMQ",
    folder: join(FOLDERS, "rabbitmq"),
    engine: rabbitmq,
    leak: RABBITMQ_LEAK,
    start: startRabbitmqBroker,
  },
  kafka: { name: "Kafka", folder: join(FOLDERS, "kafka"), engine: kafka, start: startKafkaBroker },
};

async function startRedisBroker(dir: string): Promise<Broker> {
  const [port = 0] = await freePorts(FIRST_PORT, 1);
  const start = () => startRedis({ port, dir });
  return {
    ...(await keep(start)),
    metadata: { redisHost: `127.0.0.1:${port}` },
    deadLetters: async () => eventsOf(await askRedis({ port }, ["XRANGE", "dead-letters", "-", "+"])),
  };
}

async function startRabbitmqBroker(dir: string): Promise<Broker> {
  const [port = 0, managementPort = 0, epmdPort = 0, distributionPort = 0] = await freePorts(FIRST_PORT, 4);
  const start = () => startRabbitmq({ port, managementPort, epmdPort, distributionPort, dir });
  const kept = await keep(start);
  await importDefinitions(managementPort, join(FOLDERS, "rabbitmq/definitions.json")).catch(async (error) => {
    await kept.stop();
    throw error;
  });
  return {
    ...kept,
    metadata: { connectionString: `amqp://guest:guest@127.0.0.1:${port}` },
    async deadLetters() {
      const messages = (await askRabbitmq(managementPort, {
        path: "queues/%2F/dead-letters/get",
        post: { count: 10_000, ackmode: "ack_requeue_true", encoding: "auto" },
      })) as readonly { readonly payload: string }[];
      return messages.map(({ payload }) => JSON.parse(payload));
    },
  };
}

async function startKafkaBroker(dir: string): Promise<Broker> {
  const [port = 0, controllerPort = 0] = await freePorts(FIRST_PORT, 2);
  const kept = await keep(() => startKafka({ port, controllerPort, dir }));
  const file = join(dir, "dead-letters.jsonl");
  const reader = await followTopic({ port, topic: "dead-letters", file }).catch(async (error) => {
    await kept.stop();
    throw error;
  });
  return {
    ...kept,
    metadata: { brokers: `127.0.0.1:${port}` },
    async stop() {
      await reader.kill();
      await kept.stop();
    },
    async deadLetters() {
      const lines = readFileSync(file, "utf8").split("\n");
      return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    },
  };
}

/** A process that can be started again. */
export async function keep(start: () => Promise<Running>): Promise<Pick<Broker, "crash" | "stop">> {
  let running = await start();
  return {
    async crash() {
      await running.kill();
      running = await start();
    },
    stop: () => running.kill(),
  };
}
