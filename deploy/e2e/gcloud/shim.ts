import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../../engines/engine.ts";
import { findSdk } from "../../engines/gcloud-sdk.ts";
import { type GcloudShop, PROJECT } from "./shop.ts";

const ROOT = join(import.meta.dirname, "../../..");
const REAL = join(findSdk() ?? "", "bin/gcloud");
const REGION = "europe-west1";

/**
 * The real gcloud for Pub/Sub, as far as the emulator goes; for everything else, and where SHIM_REAL is empty, somebody who
 * only takes notes. The emulator has no IAM, the old limit of 7 days, and cannot update an expiration policy.
 */
const SHIM = `#!/usr/bin/env bash
printf '%s\\0' "$@" >> "$SHIM_LOG"
printf '\\0' >> "$SHIM_LOG"
case "$*" in
  pubsub*add-iam-policy-binding*) ;;
  pubsub*)
    if [ -n "$SHIM_REAL" ]; then
      words=()
      for word in "$@"; do
        if [ "$3" = update ] && [ "$word" = --expiration-period=never ]; then continue; fi
        words+=("\${word/duration=31d/duration=7d}")
      done
      exec "$SHIM_REAL" "\${words[@]}"
    fi
    [ "$3" != describe ] || exit "$SHIM_MISSING"
    ;;
  "functions describe"*serviceConfig.uri*) url="SHIM_URL_$3"; echo "\${!url}" ;;
  "functions describe"*eventTrigger*) echo "projects/p/locations/l/triggers/trigger-of-$3" ;;
  "eventarc triggers describe"*transport*) echo "subscription-of-$4" ;;
  "projects describe"*) echo 123456789 ;;
  "alpha monitoring policies list"*) [ "$SHIM_MISSING" = 1 ] || echo projects/p/alertPolicies/1 ;;
  "alpha monitoring policies describe"*) echo projects/p/notificationChannels/7 ;;
  *describe*) exit "$SHIM_MISSING" ;;
esac
`;

interface RunOptions {
  /** Whether what is not Pub/Sub's is there already. */
  readonly isThere?: boolean;
  /** Runs nothing at all, not even against the emulator. */
  readonly notesOnly?: boolean;
}

/** deploy.sh and destroy.sh against the emulators, and what they asked gcloud for. */
export interface Deployer {
  /** out: what was printed */
  run(script: "deploy.sh" | "destroy.sh", args: readonly string[], options?: RunOptions): Promise<string>;
  /** Every command since the start, as lists of words. */
  commands(): readonly (readonly string[])[];
}

export function createDeployer({ folder, pubsub, urls }: Pick<GcloudShop, "folder" | "pubsub" | "urls">): Deployer {
  const log = join(folder, "gcloud.log");
  writeFileSync(log, "");
  writeFileSync(join(folder, "gcloud"), SHIM, { mode: 0o755 });
  const env = {
    ...emulatorEnv({ folder, host: pubsub.host }),
    SHIM_LOG: log,
    ...Object.fromEntries(Object.entries(urls).map(([name, url]) => [`SHIM_URL_${name}`, url])),
    PATH: `${folder}${delimiter}${process.env.PATH}`,
  };
  return {
    run: (script, args, { isThere = false, notesOnly = false } = {}) =>
      run(
        ["bash", join(ROOT, "deploy/gcloud", script), `--project=${PROJECT}`, `--region=${REGION}`, ...args].flatMap(
          split,
        ) as [string],
        {
          env: { ...env, SHIM_MISSING: isThere ? "0" : "1", SHIM_REAL: notesOnly ? "" : REAL },
        },
      ),
    commands: () =>
      readFileSync(log, "utf8")
        .split("\0\0")
        .filter((line) => line !== "")
        .map((line) => line.split("\0")),
  };
}

const split = (word: string): readonly string[] => (/^--(project|region|only)=/.test(word) ? word.split("=") : [word]);

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
