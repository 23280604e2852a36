import { type CommonConfig, parseCommon } from "../core/host/common-config.ts";
import { ConfigError } from "../core/host/config-error.ts";

/** What a function is told by its environment. */
export interface GcfConfig extends CommonConfig {
  /** GOOGLE_CLOUD_PROJECT. Left out: what the metadata server says. */
  readonly project: string | undefined;
  /** TOPIC_PREFIX: what the names of all topics begin with. */
  readonly topicPrefix: string;
  /** FIRESTORE_DATABASE. */
  readonly database: string;
  /** RELAY=on: a job has the functions say what is due, so that what a relay says may be left to it. */
  readonly isRelayed: boolean;
  /** PUBSUB_ORDERING=true: publishes with the subject as ordering key. */
  readonly ordered: boolean;
  /** PUBSUB_EMULATOR_HOST and FIRESTORE_EMULATOR_HOST, as host:port. */
  readonly pubsubEmulator: string | undefined;
  readonly firestoreEmulator: string | undefined;
}

const RULES = [
  ["GOOGLE_CLOUD_PROJECT", /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{0,61}[a-z0-9]$/, "a project's id"],
  ["TOPIC_PREFIX", /^([a-z][a-z0-9-]{0,19})?$/, "at most 20 letters a-z, digits and '-', with a letter first"],
  ["FIRESTORE_DATABASE", /^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$/, "a database's id"],
  ["RELAY", /^(on|off)$/, "on or off"],
  ["PUBSUB_ORDERING", /^(true|false)$/, "true or false"],
  ["PUBSUB_EMULATOR_HOST", /^[\w.[\]:-]+:\d+$/, "host:port"],
  ["FIRESTORE_EMULATOR_HOST", /^[\w.[\]:-]+:\d+$/, "host:port"],
] as const;

/** throws: ConfigError that names every fault at once. */
export function parseGcfConfig(env: Readonly<Record<string, string | undefined>>): GcfConfig {
  const faults = RULES.flatMap(([name, pattern, rule]) =>
    env[name] === undefined || pattern.test(env[name]) ? [] : [`${name}: must be ${rule}`],
  );
  const { PUBSUB_EMULATOR_HOST: pubsubEmulator, FIRESTORE_EMULATOR_HOST: firestoreEmulator } = env;
  const project = env.GOOGLE_CLOUD_PROJECT;
  if (project === undefined && (pubsubEmulator ?? firestoreEmulator) !== undefined)
    faults.push("GOOGLE_CLOUD_PROJECT: must be set beside an emulator, which belongs to no project");
  const common = parseCommon(env);
  if ("faults" in common) faults.push(...common.faults);
  if ("faults" in common || faults.length > 0) throw new ConfigError(faults.join("\n"));
  return {
    ...common,
    project,
    topicPrefix: env.TOPIC_PREFIX ?? "",
    database: env.FIRESTORE_DATABASE ?? "(default)",
    isRelayed: env.RELAY === "on",
    ordered: env.PUBSUB_ORDERING === "true",
    pubsubEmulator,
    firestoreEmulator,
  };
}
