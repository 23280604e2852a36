import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../../engines/engine.ts";
import { findSdk } from "../../engines/gcloud-sdk.ts";
import { type GcloudShop, PROJECT } from "./shop.ts";

const ROOT = join(import.meta.dirname, "../../..");
const REAL = join(findSdk() ?? "", "bin/gcloud");
const REGION = "europe-west1";
/** What deploy.sh begins names with where it is told nothing. */
export const PREFIX = "shop-";

interface RunOptions {
  /** Runs nothing at all, not even against the emulator. */
  readonly notesOnly?: boolean;
}

/** deploy.sh and destroy.sh against the emulators, and what they asked gcloud for. */
export interface Deployer {
  /** out: what was printed */
  run(script: "deploy.sh" | "destroy.sh", args: readonly string[], options?: RunOptions): Promise<string>;
  /** Every command since the start, as lists of words. */
  commands(): readonly (readonly string[])[];
  /** Somebody makes something in the project, without us. */
  gcloud(...args: readonly string[]): Promise<string>;
}

/**
 * The real gcloud for Pub/Sub, as far as the emulator goes; for everything else, and for all that is notes only, somebody who
 * takes notes.
 */
export function createDeployer({ folder, pubsub, urls }: Pick<GcloudShop, "folder" | "pubsub" | "urls">): Deployer {
  const log = join(folder, "gcloud.log");
  writeFileSync(log, "");
  copyFileSync(join(ROOT, "deploy/gcloud/fake-gcloud.sh"), join(folder, "gcloud"));
  chmodSync(join(folder, "gcloud"), 0o755);
  const env = {
    ...emulatorEnv({ folder, host: pubsub.host }),
    FAKE_LOG: log,
    FAKE_STATE: join(folder, "there"),
    FAKE_URLS: Object.entries(urls)
      .map(([name, url]) => `${PREFIX}${name}=${url}`)
      .join(" "),
    FAKE_REAL: REAL,
    PATH: `${folder}${delimiter}${process.env.PATH}`,
  };
  const notes = { FAKE_STATE: join(folder, "there-in-notes"), FAKE_REAL: "" };
  return {
    run: (script, args, { notesOnly = false } = {}) =>
      run(["bash", join(ROOT, "deploy/gcloud", script), "--project", PROJECT, "--region", REGION, ...args], {
        env: { ...env, ...(notesOnly ? notes : {}) },
      }),
    commands: () =>
      readFileSync(log, "utf8")
        .split("\0\0")
        .filter((line) => line !== "")
        .map((line) => line.split("\0")),
    gcloud: (...args) => run([REAL, ...args, `--project=${PROJECT}`], { env }),
  };
}

const emulatorEnv = ({ folder, host }: { readonly folder: string; readonly host: string }) => ({
  CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB: `http://${host}/`,
  CLOUDSDK_AUTH_DISABLE_CREDENTIALS: "true",
  CLOUDSDK_CONFIG: join(folder, "gcloud-config"),
  CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
  CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "true",
});

/** What gcloud's own parser says of commands, one line for each that it does not take. */
export async function lint(commands: readonly string[], folder: string): Promise<readonly string[]> {
  const file = join(folder, "commands.json");
  writeFileSync(file, JSON.stringify(commands.map((command) => ({ command_string: command }))));
  const said = await run([REAL, "meta", "lint-gcloud-commands", `--commands-file=${file}`], {
    env: { CLOUDSDK_CONFIG: join(folder, "gcloud-config") },
  });
  const results: readonly {
    readonly success: boolean;
    readonly command_string: string;
    readonly error_message: string;
  }[] = JSON.parse(said);
  const taken = new Set(results.filter(({ success }) => success).map(({ command_string }) => command_string));
  return commands
    .filter((command) => !taken.has(command))
    .map((command) => {
      const why = results.find(({ command_string }) => command_string === command)?.error_message ?? "not looked at";
      return `${command}: ${why}`;
    });
}
