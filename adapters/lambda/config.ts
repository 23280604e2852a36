import type { AwsEnvironment } from "./aws-client.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface Rule {
  readonly pattern: RegExp;
  readonly within?: Range;
  readonly optional?: boolean;
}

interface Range {
  readonly unit: string;
  readonly least: number;
  readonly most: number;
}

const ENDPOINT: Rule = { pattern: /^https?:\/\/\S+$/, optional: true };
const GIVEN: Rule = { pattern: /\S/ };

const numberOf = (unit: string, least: number, most: number): Rule => ({
  pattern: /^\d{1,8}$/,
  within: { unit, least, most },
  optional: true,
});

/** By hand: a schema would be a tenth of the bundle. */
const RULES: Readonly<Record<string, Rule>> = {
  AWS_REGION: { pattern: /^[a-z0-9-]+$/ },
  AWS_ACCESS_KEY_ID: GIVEN,
  AWS_SECRET_ACCESS_KEY: GIVEN,
  AWS_ENDPOINT_URL: ENDPOINT,
  AWS_ENDPOINT_URL_SNS: ENDPOINT,
  AWS_ENDPOINT_URL_DYNAMODB: ENDPOINT,
  LEDGER_TABLE: { pattern: /^[\w.-]{3,255}$/ },
  TOPIC_ARN_PREFIX: { pattern: /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]*$/ },
  TOPICS: { pattern: /^\s*[\w-]+(\s*,\s*[\w-]+)*\s*$/, optional: true },
  RELAY: { pattern: /^(on|off)$/, optional: true },
  MAX_EVENT_BYTES: numberOf("bytes", 131_072, 1_032_192),
  DISPATCH_TIMEOUT_MS: numberOf("milliseconds", 1, 899_999),
  UNKNOWN_TYPE_RETRY_MS: numberOf("milliseconds", 0, 86_400_000),
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
  /** Of an event, as its dead letter holds it. Left out: what fits SNS as it is set up. */
  readonly maxEventBytes: number | undefined;
  /** A file that gets one JSON line per charge, withdrawal, mail and booking tried. */
  readonly effectsLog: string | undefined;
}

/** throws: Error that names every fault at once, one a line, never a value. */
export function parseLambdaConfig(env: Environment): LambdaConfig {
  const faults = Object.entries(RULES).flatMap(([name, { pattern, within, optional = false }]) => {
    const { [name]: value } = env;
    if (value === undefined) return optional ? [] : `${name}: must be set`;
    const { unit, least = 0, most = Number.POSITIVE_INFINITY } = within ?? {};
    const isFine = pattern.test(value) && (!within || (Number(value) >= least && Number(value) <= most));
    const must = within ? `be a number of ${unit} (${least} to ${most})` : `match ${pattern}`;
    return isFine ? [] : `${name}: must ${must}`;
  });
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const { AWS_REGION = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_ENDPOINT_URL } = env;
  return {
    aws: {
      region: AWS_REGION,
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: env.AWS_SESSION_TOKEN,
      endpoints: {
        sns: env.AWS_ENDPOINT_URL_SNS ?? AWS_ENDPOINT_URL,
        dynamodb: env.AWS_ENDPOINT_URL_DYNAMODB ?? AWS_ENDPOINT_URL,
      },
    },
    ledgerTable: env.LEDGER_TABLE ?? "",
    topicArnPrefix: env.TOPIC_ARN_PREFIX ?? "",
    topics: env.TOPICS?.split(",").map((topic) => topic.trim()),
    isRelayed: env.RELAY === "on",
    dispatchTimeoutMs: Number(env.DISPATCH_TIMEOUT_MS ?? 10_000),
    unknownTypeRetryMs: Number(env.UNKNOWN_TYPE_RETRY_MS ?? 0),
    maxEventBytes: env.MAX_EVENT_BYTES === undefined ? undefined : Number(env.MAX_EVENT_BYTES),
    effectsLog: env.EFFECTS_LOG,
  };
}
