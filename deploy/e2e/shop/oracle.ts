import { freePorts } from "../../../adapters/local/free-ports.ts";
import { ask, pubsubYaml, resourcesWith, subscriptionsYaml, type TestApp } from "../../../adapters/local/test-app.ts";
import { startDaprd } from "../../engines/daprd.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { until } from "./orders.ts";

/** Its app id, and so its consumer group. */
export const ORACLE = "oracle";

interface OracleOptions {
  readonly app: Pick<TestApp, "port">;
  readonly topics: Parameters<typeof subscriptionsYaml>[0];
  /** Of the broker. */
  readonly redisPort: number;
  readonly logFile: string;
  /** Deliveries in hand. */
  readonly concurrency: number;
  /** A Resiliency. */
  readonly policy?: string;
  readonly flags?: readonly string[];
}

/** Starts a real sidecar on Redis whose app is subscribed to some topics, and gives it something to do. */
export async function withOracle<T>(options: OracleOptions, work: (httpPort: number) => Promise<T>): Promise<T> {
  const { app, topics, redisPort, logFile, concurrency, policy, flags = [] } = options;
  const [httpPort = 0, grpcPort = 0, internalGrpcPort = 0] = await freePorts(FIRST_PORT + 10, 3);
  const pubsub = { redisHost: `127.0.0.1:${redisPort}`, processingTimeout: "60s", concurrency: String(concurrency) };
  const resources = resourcesWith({
    "pubsub.yaml": pubsubYaml(pubsub),
    "subscriptions.yaml": subscriptionsYaml(topics),
    ...(policy === undefined ? {} : { "resiliency.yaml": policy }),
  });
  const sidecar = await startDaprd({
    ...{ appId: ORACLE, appPort: app.port, httpPort, grpcPort, internalGrpcPort, resources: [resources] },
    ...{ logFile, flags },
  });
  try {
    await until(async () => (await ask(httpPort, { path: "/v1.0/healthz" })).status === 204, { what: "daprd is well" });
    return await work(httpPort);
  } finally {
    await sidecar.kill();
  }
}
