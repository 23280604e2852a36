import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApi } from "./api.ts";
import { createAppChannel } from "./app-channel.ts";
import { createBroker } from "./broker.ts";
import { createBulkConsumer } from "./bulk-delivery.ts";
import { createBreakable } from "./console/breaking.ts";
import { createDeliverAgain } from "./console/deliver-again.ts";
import { type Recorder, SILENT } from "./console/recorder.ts";
import type { Breaking } from "./console/sidecar-commands.ts";
import { openDatabase } from "./database.ts";
import { createConsumer } from "./delivery.ts";
import { listen, listenFrom } from "./listen.ts";
import type { Report } from "./report.ts";
import { loadResources } from "./resources.ts";
import { isInScope } from "./scopes.ts";
import { createStateStore } from "./state-store.ts";
import { createTurn } from "./turn.ts";

const GRACE_MS = 5_000;

export interface AppOptions {
  readonly appId: string;
  /** 0: not known yet. */
  readonly appPort: number;
  /** 0: any that is free, or the first one from firstPort on. */
  readonly httpPort: number;
  /** The sidecar shows it to the app. */
  readonly appToken?: string;
  /** The app must show it to the sidecar. */
  readonly apiToken?: string;
  /** Default /healthz. */
  readonly healthCheckPath?: string;
}

export interface SidecarsOptions {
  /** Folders with the YAML that a real daprd reads. */
  readonly resources: readonly string[];
  /** A file, or ":memory:". */
  readonly database: string;
  readonly apps: readonly AppOptions[];
  /** Where those that have no port look for one. */
  readonly firstPort?: number;
  readonly onEvent?: Report;
  /** Gets to know what happens to each event. */
  readonly recorder?: Recorder;
  /** The database was deleted, moved or replaced: nothing is answered any more. */
  readonly onLost?: (why: Error) => void;
}

export interface Sidecars {
  readonly apps: readonly { readonly appId: string; readonly httpPort: number }[];
  /** An app has been started again, elsewhere. */
  moveApp(appId: string, appPort: number): void;
  /** Breaks something on purpose, or mends it. throws: Error where it cannot be done */
  obey(command: Breaking): void;
  /** Waits up to 5 s for the deliveries that are on their way. */
  close(): Promise<void>;
}

/**
 * Starts a local sidecar for each app: Dapr's HTTP API over one durable broker and state store, on 127.0.0.1. A development
 * tool; differences.ts lists where it is not like daprd.
 *
 * throws  Error that lists what is wrong with the resources; Error for a port or a database that is in use
 */
export async function createSidecars({
  resources: folders,
  database,
  apps,
  firstPort,
  onEvent = () => {},
  recorder = SILENT,
  onLost = () => {},
}: SidecarsOptions): Promise<Sidecars> {
  const appIds = apps.map(({ appId }) => appId);
  if (new Set(appIds).size < appIds.length)
    throw new Error(`apps: each appId must be there once, got ${appIds.join(", ")}`);
  const resources = loadResources(folders, appIds);
  for (const msg of resources.ignored) onEvent({ level: "debug", msg });

  const { db, check, close: closeDatabase } = openDatabase(database, { onLost });
  const breakable = createBreakable();
  const broker = breakable.broker(
    createBroker({
      db,
      onTrim: ({ topic }) =>
        onEvent({ level: "warn", msg: "nobody subscribes: the oldest event is thrown away", topic }),
    }),
  );
  const store = breakable.store(createStateStore(db));
  const deliverAgain = createDeliverAgain(db);

  const sidecars = apps.map((options) => {
    const { appId, appPort, healthCheckPath = "/healthz", appToken, apiToken } = options;
    const pubsubs = resources.pubsubs.filter(({ scopes }) => isInScope(scopes, appId));
    const subscriptions = resources.subscriptions.filter(({ scopes }) => isInScope(scopes, appId));
    const channel = createAppChannel({
      appId,
      port: appPort,
      token: appToken,
      healthCheckPath,
      onChange(state) {
        onEvent({ level: "info", msg: `app is ${state}`, appId });
        if (state === "up") for (const consumer of consumers) consumer.wake();
      },
      onRefused: (why) => onEvent({ level: "error", msg: "app gets no events", appId, why }),
    });
    const app = breakable.app(channel, appId);
    const turn = createTurn();
    const consumers = pubsubs.flatMap((pubsub) => {
      const own = subscriptions.filter((subscription) => subscription.pubsub === pubsub.name);
      const policy = resources.inbound.find(
        ({ component, scopes }) => component === pubsub.name && isInScope(scopes, appId),
      );
      const options = { appId, pubsub, policy, broker, app, recorder, report: onEvent };
      const [single, bulk] = [false, true].map((isBulk) => own.filter((each) => (each.bulk !== undefined) === isBulk));
      return [
        createConsumer({ ...options, subscriptions: single ?? [] }),
        createBulkConsumer({ ...options, subscriptions: bulk ?? [], turn }),
      ];
    });
    const stores = resources.stores.filter(({ scopes }) => isInScope(scopes, appId));
    const access = { appId, pubsubs, stores, broker, store, recorder };
    const server = createApi({ ...access, apiToken, subscriptions, app, check });
    return { ...options, app, consumers, server };
  });
  for (const group of broker.abandoned())
    onEvent({ level: "warn", msg: "events wait for an app that no longer subscribes", ...group });

  const obey = (command: Breaking) => {
    if (command.do === "fail") return breakable.fail(command.app, command.times);
    if (command.do === "again") deliverAgain(command);
    else breakable[command.do](command.what);
    for (const { consumers } of sidecars) for (const consumer of consumers) consumer.wake();
  };
  const close = async () => {
    // Handlers that are still at it publish and save through the APIs.
    await Promise.all(sidecars.flatMap(({ consumers }) => consumers.map((consumer) => consumer.stop(GRACE_MS))));
    await Promise.all(sidecars.map(({ server }) => closeServer(server)));
    for (const { app } of sidecars) app.close();
    closeDatabase();
  };
  try {
    let next = firstPort;
    // One after the other: which port is whose is the same at each start.
    for (const { server, httpPort } of sidecars)
      if (httpPort !== 0 || next === undefined) await listen(server, httpPort);
      else next = 1 + (await listenFrom(server, next));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    apps: sidecars.map(({ appId, server }) => ({ appId, httpPort: (server.address() as AddressInfo).port })),
    moveApp: (appId, appPort) => sidecars.find((sidecar) => sidecar.appId === appId)?.app.moveTo(appPort),
    obey,
    close,
  };
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 500).unref();
  });
