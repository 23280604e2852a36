import { toInstant } from "../../adapters/core/event/timestamp.ts";
import { parseWords, UsageError } from "../../adapters/local/command-line.ts";
import { parseDuration } from "../../adapters/local/duration.ts";
import type { Filter } from "./letter.ts";

export const COMMAND = "npm run dead";
const COMMANDS = ["list", "show", "replay", "drop"] as const;
export const HOSTS = ["local", "dapr", "aws", "gcloud"] as const;
const DEFAULT_RATE = 10;
const MOST_RATE = 1_000;

const OPTIONS = {
  host: { type: "string", default: "local" },
  function: { type: "string" },
  code: { type: "string" },
  topic: { type: "string" },
  since: { type: "string" },
  json: { type: "boolean", default: false },
  all: { type: "boolean" },
  "exit-code": { type: "boolean" },
  edit: { type: "boolean" },
  "edit-event": { type: "boolean" },
  "new-id": { type: "boolean" },
  "dry-run": { type: "boolean" },
  rate: { type: "string" },
  yes: { type: "boolean" },
  data: { type: "string" },
  url: { type: "string" },
  namespace: { type: "string" },
  profile: { type: "string" },
  region: { type: "string" },
  project: { type: "string" },
  prefix: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

type Option = keyof typeof OPTIONS;

/** Options that only some commands have. */
const OF_COMMAND: Partial<Record<Option, readonly string[]>> = {
  all: ["list"],
  "exit-code": ["list"],
  edit: ["replay"],
  "edit-event": ["replay"],
  "new-id": ["replay"],
  "dry-run": ["replay", "drop"],
  rate: ["replay", "drop"],
  yes: ["replay", "drop"],
};

const OF_HOST: Partial<Record<Option, readonly string[]>> = {
  data: ["local"],
  url: ["dapr"],
  namespace: ["dapr"],
  profile: ["aws"],
  region: ["aws"],
  project: ["gcloud"],
  prefix: ["aws", "gcloud"],
};

/** What was asked for. */
export interface Asked {
  readonly command: (typeof COMMANDS)[number];
  readonly host: (typeof HOSTS)[number];
  readonly filter: Filter;
  /** Where letters go that somebody has named. */
  readonly topic: string | undefined;
  readonly isJson: boolean;
  /** Each letter, not groups. */
  readonly isAll: boolean;
  /** Letters make exit code 1. */
  readonly isChecked: boolean;
  readonly edit: "data" | "event" | undefined;
  /** Its id belongs to another event. */
  readonly isRenamed: boolean;
  readonly isDry: boolean;
  /** Letters a second. */
  readonly rate: number;
  readonly isYes: boolean;
  /** Where the host's letters are. */
  readonly at: Readonly<
    Partial<Record<"data" | "url" | "namespace" | "profile" | "region" | "project" | "prefix", string>>
  >;
}

/** out: undefined where help is wanted. throws: UsageError of one line */
export function parseAsked(args: readonly string[], now: number): Asked | undefined {
  const { words, values } = parseWords({ command: COMMAND, options: OPTIONS, args });
  if (values.help) return undefined;
  const [command, ...ids] = words;
  const { host } = values;
  if (!isOneOf(COMMANDS, command))
    throw new UsageError(`must begin with list, show, replay or drop, got ${command ?? "nothing"}`);
  if (!isOneOf(HOSTS, host)) throw new UsageError(`--host: must be local, dapr, aws or gcloud, got ${host}`);
  refuseOthers(OF_COMMAND, { given: values, by: command, to: "npm run dead --" });
  refuseOthers(OF_HOST, { given: values, by: host, to: "--host" });
  if (command === "list" && ids.length > 0) throw new UsageError(`list: has no ID, got ${ids[0]}: show has one`);
  if (command === "show" && ids.length !== 1) throw new UsageError(`show: must have one ID, got ${ids.length}`);
  const odd = ids.find((id) => !/^[0-9a-f]{8,64}$/.test(id));
  if (odd !== undefined)
    throw new UsageError(`ID: must be 8 hexadecimal digits or more, as list shows them, got ${odd}`);
  const { function: name, code, topic, since } = values;
  return {
    command,
    host,
    filter: {
      ...(name === undefined ? {} : { function: name }),
      ...(code === undefined ? {} : { code }),
      // Whoever names letters says by it where they go.
      ...(topic === undefined || ids.length > 0 ? {} : { topic }),
      ...(since === undefined ? {} : { since: parseSince(since, now) }),
      ...(ids.length === 0 ? {} : { ids }),
    },
    topic,
    isJson: values.json,
    isAll: values.all ?? false,
    isChecked: values["exit-code"] ?? false,
    edit: values["edit-event"] ? "event" : values.edit ? "data" : undefined,
    isRenamed: values["new-id"] ?? false,
    isDry: values["dry-run"] ?? false,
    rate: parseRate(values.rate),
    isYes: values.yes ?? false,
    at: Object.fromEntries(Object.keys(OF_HOST).flatMap((key) => pairOf(key, values[key as Option]))),
  };
}

const pairOf = (key: string, value: unknown): readonly (readonly [string, string])[] =>
  typeof value === "string" ? [[key, value]] : [];

const isOneOf = <T extends string>(all: readonly T[], value: string | undefined): value is T =>
  (all as readonly (string | undefined)[]).includes(value);

interface Given {
  readonly given: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly to: string;
}

function refuseOthers(table: Partial<Record<Option, readonly string[]>>, { given, by, to }: Given): void {
  for (const [option, whose] of Object.entries(table))
    if (given[option] !== undefined && !whose.includes(by))
      throw new UsageError(`--${option}: belongs to ${to} ${whose.join(" and ")}, got ${by}`);
}

function parseSince(text: string, now: number): number {
  const days = /^(\d+)d$/.exec(text)?.[1];
  const duration = days === undefined ? parseDuration(text) : Number(days) * 86_400_000;
  const instant = duration === undefined ? toInstant(text) : now - duration;
  if (!Number.isNaN(instant)) return instant;
  throw new UsageError(`--since: must be a duration, as 2h, or RFC 3339, as 2026-11-28T10:00:00Z, got ${text}`);
}

function parseRate(text = String(DEFAULT_RATE)): number {
  const rate = Number(text);
  if (rate > 0 && rate <= MOST_RATE) return rate;
  throw new UsageError(`--rate: must be a number above 0, at most ${MOST_RATE}, got ${text}`);
}
