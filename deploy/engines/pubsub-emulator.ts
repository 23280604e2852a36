import { join } from "node:path";
import { freePorts } from "../../adapters/local/free-ports.ts";
import { type Engine, type Running, startProcess } from "./engine.ts";
import { findInSdk, howToInstall } from "./gcloud-sdk.ts";

const findJar = () => findInSdk("platform/pubsub-emulator/lib", /^cloud-pubsub-emulator-.*-all\.jar$/);

export const pubsubEmulator: Engine = {
  name: "pubsub-emulator",
  missing: () =>
    findJar() ? undefined : `Pub/Sub emulator: not in the Google Cloud SDK (${howToInstall("pubsub-emulator")})`,
  async install() {
    const why = pubsubEmulator.missing();
    if (why) throw new Error(why);
  },
};

export interface PubsubEmulator extends Running {
  /** For PUBSUB_EMULATOR_HOST. */
  readonly host: string;
  /** Asks its REST API. throws: for anything but 2xx. */
  call(method: "GET" | "PUT" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
}

export async function startPubsubEmulator({ folder }: { readonly folder: string }): Promise<PubsubEmulator> {
  // Below those that the system gives to clients.
  const [port] = await freePorts(10_000 + Math.floor(Math.random() * 6_000), 1);
  const host = `127.0.0.1:${port}`;
  const running = await startProcess({
    command: "java",
    args: ["-Xmx256m", "-jar", findJar() ?? "", "--host=127.0.0.1", `--port=${port}`],
    logFile: join(folder, "pubsub-emulator.log"),
    ready: async () => (await fetch(`http://${host}/`)).ok,
  });
  return {
    ...running,
    host,
    async call(method, path, body) {
      const answer = await fetch(`http://${host}/v1/${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const said = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`);
      return JSON.parse(said);
    },
  };
}
