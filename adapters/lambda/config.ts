import type { AwsEnvironment } from "./aws-client.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface Rule {
  readonly must: string;
  readonly pattern: RegExp;
  readonly within?: Range;
  readonly optional?: boolean;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

const ENDPOINT: Rule = { must: "be the URL of an endpoint", pattern: /^https?:\/\/\S+$/, optional: true };
const GIVEN: Rule = { must: "be set, as Lambda does", pattern: /\S/ };

const numberOf = (unit: string, within: Range): Rule => ({
  must: `be a number of ${unit} (${within.least} to ${within.most})`,
  pattern: /^\d{1,8}$/,
  within,
  optional: true,
});

/** By hand: a schema would be a tenth of the bundle. */
const RULES: Readonly<Record<string, Rule>> = {
  AWS_REGION: { must: "be a region such as eu-west-1", pattern: /^[a-z0-9-]+$/ },
  AWS_ACCESS_KEY_ID: GIVEN,
  AWS_SECRET_ACCESS_KEY: GIVEN,
  AWS_ENDPOINT_URL: ENDPOINT,
  AWS_ENDPOINT_URL_SNS: ENDPOINT,
  AWS_ENDPOINT_URL_DYNAMODB: ENDPOINT,
  LEDGER_TABLE: { must: "be the name of a DynamoDB table", pattern: /^[\w.-]{3,255}$/ },
  TOPIC_ARN_PREFIX: {
    must: "be what the ARNs of all topics begin with, arn:aws:sns:<region>:<account>:<prefix>",
    pattern: /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]*$/,
  },
  TOPICS: {
    must: "be topic names with commas between them",
    pattern: /^\s*[\w-]+(\s*,\s*[\w-]+)*\s*$/,
    optional: true,
  },
  MAX_EVENT_BYTES: numberOf("bytes", { least: 131_072, most: 1_032_192 }),
  DISPATCH_TIMEOUT_MS: numberOf("milliseconds", { least: 1, most: 899_999 }),
  UNKNOWN_TYPE_RETRY_MS: numberOf("milliseconds", { least: 0, most: 86_400_000 }),
};

/** What a function is told by its environment; the names in the environment are those of the fields, in capitals. */
export interface LambdaConfig {
  readonly aws: AwsEnvironment;
  readonly ledgerTable: string;
  readonly topicArnPrefix: string;
  /** Where everything goes that the function says, instead of each event's own topic. */
  readonly topics: readonly string[] | undefined;
  /** For one event, everything included; shorter than the function's timeout. Default 10000. */
  readonly dispatchTimeoutMs: number;
  /** How long an event whose type is in no catalogue is tried again before it is acknowledged. Default 0: not at all. */
  readonly unknownTypeRetryMs: number;
  /** Of an event, as its dead letter holds it. Left out: what fits SNS as it is set up. */
  readonly maxEventBytes: number | undefined;
  /** A file that gets one JSON line per charge, mail and booking tried. */
  readonly effectsLog: string | undefined;
}

const isWithin = (number: number, { least, most }: Range): boolean => number >= least && number <= most;

/** throws: Error that names every fault at once, one a line, never a value. */
export function parseLambdaConfig(env: Environment): LambdaConfig {
  const faults = Object.entries(RULES).flatMap(([name, { must, pattern, within, optional = false }]) => {
    const value = env[name];
    const isFine = (text: string) => pattern.test(text) && (within === undefined || isWithin(Number(text), within));
    return (value === undefined ? optional : isFine(value)) ? [] : `${name}: must ${must}`;
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
    dispatchTimeoutMs: Number(env.DISPATCH_TIMEOUT_MS ?? 10_000),
    unknownTypeRetryMs: Number(env.UNKNOWN_TYPE_RETRY_MS ?? 0),
    maxEventBytes: env.MAX_EVENT_BYTES === undefined ? undefined : Number(env.MAX_EVENT_BYTES),
    effectsLog: env.EFFECTS_LOG,
  };
}
