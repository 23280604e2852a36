import { join } from "node:path";
import { freePorts } from "../../adapters/local/free-ports.ts";
import { type Engine, type Running, startProcess } from "./engine.ts";
import { findInSdk, howToInstall } from "./gcloud-sdk.ts";

const findJar = () => findInSdk("platform/cloud-firestore-emulator", /^cloud-firestore-emulator\.jar$/);

export const firestoreEmulator: Engine = {
  name: "firestore-emulator",
  missing: () =>
    findJar() ? undefined : `Firestore emulator: not in the Google Cloud SDK (${howToInstall("firestore-emulator")})`,
  async install() {
    const why = firestoreEmulator.missing();
    if (why) throw new Error(why);
  },
};

export interface FirestoreEmulator extends Running {
  /** For FIRESTORE_EMULATOR_HOST. */
  readonly host: string;
}

export async function startFirestoreEmulator({ folder }: { readonly folder: string }): Promise<FirestoreEmulator> {
  // Below those that the system gives to clients.
  const [port] = await freePorts(16_000 + Math.floor(Math.random() * 6_000), 1);
  const host = `127.0.0.1:${port}`;
  const running = await startProcess({
    command: "java",
    args: [
      "-Xmx256m",
      "-cp",
      findJar() ?? "",
      // The jar names no main class.
      "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
      "start",
      "--host=127.0.0.1",
      `--port=${port}`,
    ],
    logFile: join(folder, "firestore-emulator.log"),
    // Its first read takes it seconds, which are not those of a test.
    ready: async () =>
      (await fetch(`http://${host}/`)).ok &&
      (await fetch(`http://${host}/v1/projects/warm/databases/(default)/documents/up/up`)).status === 404,
  });
  return { ...running, host };
}
