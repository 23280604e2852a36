import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const DEPLOY = join(import.meta.dirname, "../..");
const read = (file: string) => parse(readFileSync(join(DEPLOY, file), "utf8"));

/** Of what dapr.yaml says for all apps: where things are, which each test says itself. */
const PLACES = new Set(["resourcesPaths", "configFilePath", "placementHostAddress", "schedulerHostAddress"]);
/** How a sidecar ends, which the Dapr CLI has no word for. */
const ENDING = ["block-shutdown-duration", "graceful-shutdown-seconds"] as const;

interface Shipped {
  /** Of dapr.yaml. */
  readonly common: Readonly<Record<string, unknown>>;
  /** Of a pod. */
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The flags that make a daprd treat its app as what ships does: under the Dapr CLI, and at the end of a pod.
 *
 * in      times: flags whose values a test shortens
 * throws  Error for one that does not ship
 */
export function toFlags({ common, annotations }: Shipped, times: Readonly<Record<string, string>> = {}) {
  const flags = new Map<string, string>();
  for (const [name, value] of Object.entries(common)) if (!PLACES.has(name)) flags.set(toKebab(name), String(value));
  for (const name of ENDING) {
    const value = annotations[`dapr.io/${name}`];
    if (value !== undefined) flags.set(`dapr-${name}`, value);
  }
  for (const [flag, value] of Object.entries(times)) {
    if (!flags.has(flag)) throw new Error(`${flag}: does not ship, so that no test may say it`);
    flags.set(flag, value);
  }
  return [...flags].map(([flag, value]) => `--${flag}=${value}`);
}

const toKebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const shippedFlags = (times: Readonly<Record<string, string>> = {}): readonly string[] =>
  toFlags(
    {
      common: read("dapr/dapr.yaml").common,
      annotations: read("kubernetes/base/service.yaml").spec.template.metadata.annotations,
    },
    times,
  );
