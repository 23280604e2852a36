import { SECRET } from "../core/edge/edge-settings.ts";
import { type Retention, SAID_TOO_LONG, toRetention } from "../core/ledger/retention.ts";
import type { AwsEnvironment } from "./aws-client.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A pattern of what must be set, one in brackets of what may be, or a range of whole numbers with their unit. */
type Rule = RegExp | readonly [RegExp] | readonly [unit: string, least: number, most: number];

const ENDPOINT: Rule = [/^https?:\/\/\S+$/];
const GIVEN = /\S/;

/** Of an event, at most: a message of SNS and SQS may have 1 MiB, with the passport of a letter. */
export const MOST_EVENT_BYTES = 1_032_192;

/** By hand: a schema would be a tenth of the bundle. */
const RULES: Readonly<Record<string, Rule>> = {
  AWS_REGION: /^[a-z0-9-]+$/,
  AWS_ACCESS_KEY_ID: GIVEN,
  AWS_SECRET_ACCESS_KEY: GIVEN,
  AWS_ENDPOINT_URL: ENDPOINT,
  AWS_ENDPOINT_URL_SNS: ENDPOINT,
  AWS_ENDPOINT_URL_DYNAMODB: ENDPOINT,
  LEDGER_TABLE: /^[\w.-]{3,255}$/,
  TOPIC_ARN_PREFIX: /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]*$/,
  TOPICS: [/^\s*[\w-]+(\s*,\s*[\w-]+)*\s*$/],
  RELAY: [/^(on|off)$/],
  MAX_EVENT_BYTES: ["bytes", 131_072, MOST_EVENT_BYTES],
  DISPATCH_TIMEOUT_MS: ["milliseconds", 1, 899_999],
  UNKNOWN_TYPE_RETRY_MS: ["milliseconds", 0, 86_400_000],
  RETENTION_DAYS: ["days", 1, 365],
  KEEP_SAID_HOURS: ["hours", 1, 720],
  LETTER_SECRET: [SECRET],
};

/** What a function is told by its environment; the names in the environment are those of the fields, in capitals. */
export interface LambdaConfig {
  readonly aws: AwsEnvironment;
  readonly ledgerTable: string;
  readonly topicArnPrefix: string;
  /** Where everything goes that the function says, instead of each event's own topic. */
  readonly topics: readonly string[] | undefined;
  /** A schedule has the functions say what is due: what a relay says may be left to it. Default: no. */
  readonly isRelayed: boolean;
  /** For one event, everything included; shorter than the function's timeout. Default 10000. */
  readonly dispatchTimeoutMs: number;
  /** How long an event whose type is in no catalogue is tried again before it is acknowledged. Default 0: not at all. */
  readonly unknownTypeRetryMs: number;
  /** An event older than RETENTION_DAYS, default 30, is dead; what was said is kept for KEEP_SAID_HOURS, default 24. */
  readonly retention: Retention;
  /** Of an event, as its dead letter holds it. Left out: what fits SNS as it is set up. */
  readonly maxEventBytes: number | undefined;
  /** What dead letters are sealed with. Left out: they bear no seal. */
  readonly letterSecret: string | undefined;
}

/** throws: Error that names every fault at once, one a line, never a value. */
export function parseLambdaConfig(env: Environment): LambdaConfig {
  const faults = Object.entries(RULES).flatMap(([name, rule]) => {
    const { [name]: value } = env;
    const isRequired = rule instanceof RegExp;
    if (value === undefined) return isRequired ? `${name}: must be set` : [];
    const [is, least = 0, most = 0] = isRequired ? [rule] : rule;
    if (is instanceof RegExp) return is.test(value) ? [] : `${name}: must match ${is}`;
    const isWithin = /^\d{1,8}$/.test(value) && Number(value) >= least && Number(value) <= most;
    return isWithin ? [] : `${name}: must be a number of ${is} (${least} to ${most})`;
  });
  const retention = toRetention(Number(env.RETENTION_DAYS ?? 30), Number(env.KEEP_SAID_HOURS ?? 24));
  if (retention.saidMs > retention.eventMs) faults.push(SAID_TOO_LONG);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const told = env as Told;
  const { AWS_ENDPOINT_URL } = told;
  return {
    aws: {
      region: told.AWS_REGION,
      accessKeyId: told.AWS_ACCESS_KEY_ID,
      secretAccessKey: told.AWS_SECRET_ACCESS_KEY,
      sessionToken: told.AWS_SESSION_TOKEN,
      endpoints: {
        sns: told.AWS_ENDPOINT_URL_SNS ?? AWS_ENDPOINT_URL,
        dynamodb: told.AWS_ENDPOINT_URL_DYNAMODB ?? AWS_ENDPOINT_URL,
      },
    },
    ledgerTable: told.LEDGER_TABLE,
    topicArnPrefix: told.TOPIC_ARN_PREFIX,
    topics: told.TOPICS?.split(",").map((topic) => topic.trim()),
    isRelayed: told.RELAY === "on",
    dispatchTimeoutMs: Number(told.DISPATCH_TIMEOUT_MS ?? 10_000),
    unknownTypeRetryMs: Number(told.UNKNOWN_TYPE_RETRY_MS ?? 0),
    retention,
    maxEventBytes: Number(told.MAX_EVENT_BYTES) || undefined,
    letterSecret: told.LETTER_SECRET,
  };
}

/** What is set once it was looked through. */
interface Told extends Environment {
  readonly AWS_REGION: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly LEDGER_TABLE: string;
  readonly TOPIC_ARN_PREFIX: string;
}
