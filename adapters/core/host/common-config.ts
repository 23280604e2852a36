import * as v from "valibot";
import { HEADER, SECRET } from "../edge/edge-settings.ts";
import { type Retention, SAID_TOO_LONG, toRetention } from "../ledger/retention.ts";

export const matching = (pattern: RegExp, rule: string) => v.pipe(v.string(), v.regex(pattern, `must be ${rule}`));
export const within = (least: number, most: number, rule: string) =>
  v.pipe(
    matching(/^\d{1,9}$/, rule),
    v.transform(Number),
    v.minValue(least, `must be ${rule}`),
    v.maxValue(most, `must be ${rule}`),
  );
export const meaning = v.description;

/** What may be set on every host. Lambda has it by hand: there, a schema would be a tenth of the bundle. */
export const common = {
  TOPICS: v.optional(
    v.pipe(
      matching(/^\s*[\w.-]+(\s*,\s*[\w.-]+)*\s*$/, "topic names with commas between them"),
      v.transform((list) => list.split(",").map((topic) => topic.trim())),
      meaning("where everything goes that the app says, instead of each event's own topic"),
    ),
  ),
  DISPATCH_TIMEOUT_MS: v.optional(
    v.pipe(
      within(1, 600_000, "a number of milliseconds (1 to 600000)"),
      meaning("for one event, everything included; shorter than the sidecar's inbound timeout"),
    ),
    "10000",
  ),
  UNKNOWN_TYPE_RETRY_MS: v.optional(
    v.pipe(
      within(0, 86_400_000, "a number of milliseconds (0 to 86400000)"),
      meaning(
        "how long an event whose type is in no catalogue is tried again before it is acknowledged; 0: not at all",
      ),
    ),
    "0",
  ),
  RETENTION_DAYS: v.optional(
    v.pipe(
      within(1, 365, "a number of days (1 to 365)"),
      meaning(
        "an event older than this is dead (`too-old`); what was handled is known for two days more. How to change it: [for how long](../core/README.md#for-how-long)",
      ),
    ),
    "30",
  ),
  KEEP_SAID_HOURS: v.optional(
    v.pipe(
      within(1, 720, "a number of hours (1 to 720)"),
      meaning(
        "how long the ledger keeps what was said, so that it can be said again (`RESAY_SINCE`); no longer than `RETENTION_DAYS`",
      ),
    ),
    "24",
  ),
  EDGE_SECRET: v.optional(
    v.pipe(
      matching(SECRET, "at least 16 visible ASCII characters, or not set at all"),
      meaning(
        "what nobody outside knows, so that no id follows from an `Idempotency-Key` that somebody can guess; must be set wherever others can reach the edge. Another one: a key that was used before is a new one",
      ),
    ),
  ),
  LETTER_SECRET: v.optional(
    v.pipe(
      matching(SECRET, "at least 16 visible ASCII characters, or not set at all"),
      meaning(
        "of the deployment, the same for all its functions: what dead letters are sealed with (`deadseal`). Without it they bear no seal, and each is replayed only to the topic that an operator names",
      ),
    ),
  ),
  EDGE_PRINCIPAL: v.optional(
    v.pipe(
      matching(HEADER, "the name of a header"),
      v.transform((name) => name.toLowerCase()),
      meaning(
        "the header in which what stands before the edge says who asks, once it has checked it: an `Idempotency-Key` is then theirs alone",
      ),
    ),
  ),
  EDGE_DEMO: v.optional(
    v.pipe(
      v.picklist(["off", "on"], "must be off or on"),
      meaning("`on`: a request without a body asks for something made up, for a first try"),
    ),
    "off",
  ),
};

const schema = v.object(common);

export interface CommonConfig {
  readonly topics: readonly string[] | undefined;
  readonly dispatchTimeoutMs: number;
  readonly unknownTypeRetryMs: number;
  readonly retention: Retention;
  readonly letterSecret: string | undefined;
  readonly edge: EdgeConfig;
}

/** Of the public edges, where they are served. */
export interface EdgeConfig {
  readonly secret: string | undefined;
  /** The header that says who asks, in lower case. */
  readonly principalHeader: string | undefined;
  readonly isDemo: boolean;
}

/** Of what valibot has found, one a setting. */
export const toFaults = (issues: readonly v.BaseIssue<unknown>[] = []): string[] =>
  issues.map(({ path, message }) => `${String(path?.[0]?.key)}: ${message}`);

interface Faults {
  readonly faults: readonly string[];
}

/** out: the settings of every host, or what is wrong with them */
export function parseCommon(env: Readonly<Record<string, string | undefined>>): CommonConfig | Faults {
  const result = v.safeParse(schema, env);
  return result.success ? toCommon(result.output) : { faults: toFaults(result.issues) };
}

/** in: each of them right by itself. out: the same, or what is wrong between them */
export function toCommon(told: v.InferOutput<typeof schema>): CommonConfig | Faults {
  const retention = toRetention(told.RETENTION_DAYS, told.KEEP_SAID_HOURS);
  if (retention.saidMs > retention.eventMs) return { faults: [SAID_TOO_LONG] };
  return {
    topics: told.TOPICS,
    dispatchTimeoutMs: told.DISPATCH_TIMEOUT_MS,
    unknownTypeRetryMs: told.UNKNOWN_TYPE_RETRY_MS,
    retention,
    letterSecret: told.LETTER_SECRET,
    edge: {
      secret: told.EDGE_SECRET,
      principalHeader: told.EDGE_PRINCIPAL,
      isDemo: told.EDGE_DEMO === "on",
    },
  };
}

/** Where others can reach an edge. */
export const NO_SECRET = "EDGE_SECRET: must be set where others can reach the edge";
