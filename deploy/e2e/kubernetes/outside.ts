import { join } from "node:path";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import type { Running } from "../../engines/engine.ts";
import { startKafka } from "../../engines/kafka.ts";
import { startRedis } from "../../engines/redis.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { applyObjects } from "./kubectl.ts";
import { settings } from "./settings.ts";

const KAFKA_PORT = 9092;
const REDIS_PORT = 6379;
const PASSWORD = "known-to-the-test";

/** A server outside the cluster. */
export interface Outside {
  readonly server: Running;
  /** For the Secret that tells a component where it is. */
  readonly secret: Readonly<Record<string, string>>;
}

export async function startOutsideKafka(dir: string): Promise<Outside> {
  const host = settings.hostAddress ?? "";
  const [controllerPort = 0] = await freePorts(FIRST_PORT, 1);
  const server = await startKafka({ port: KAFKA_PORT, host, controllerPort, dir: join(dir, "kafka") });
  return { server, secret: { brokers: `${host}:${KAFKA_PORT}`, authType: "none" } };
}

export async function startOutsideRedis(dir: string): Promise<Outside> {
  const host = settings.hostAddress ?? "";
  const server = await startRedis({ port: REDIS_PORT, host, password: PASSWORD, dir: join(dir, "redis") });
  return { server, secret: { host: `${host}:${REDIS_PORT}`, password: PASSWORD, tls: "false" } };
}

/** Makes a Secret. */
export const createSecret = (
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<string> => applyObjects([{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData }]);
