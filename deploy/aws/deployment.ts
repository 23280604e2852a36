/** What a way of deployment makes, in names without a prefix instead of ARNs, so that two of them can be compared. */
export interface Deployment {
  readonly topics: readonly string[];
  readonly queues: Readonly<Record<string, Queue>>;
  readonly subscriptions: readonly Subscription[];
  readonly functions: Readonly<Record<string, LambdaFunction>>;
  /** By function. */
  readonly mappings: Readonly<Record<string, Mapping>>;
  /** By function. */
  readonly schedules: Readonly<Record<string, Schedule>>;
  /** By function. */
  readonly roles: Readonly<Record<string, readonly Statement[]>>;
  /** Days, by log group. */
  readonly logs: Readonly<Record<string, number>>;
  readonly alarms: readonly Alarm[];
  readonly table: Table;
  /** `undefined`: there is no edge. */
  readonly urlAuth: string | undefined;
  /** How many requests the edge handles at once. `undefined`: as many as the account lets it. */
  readonly edgeConcurrency: number | undefined;
}

interface Table {
  readonly name: string;
  readonly key: string;
  readonly ttl: string;
  /** In AWS's words, as are its indexes. */
  readonly attributes: readonly unknown[];
  readonly indexes: readonly unknown[];
  readonly recovery: boolean;
}

export interface Queue {
  readonly visibilitySeconds: number | undefined;
  readonly retentionSeconds: number;
  readonly maxBytes: number;
  readonly deadLetters: { readonly to: string; readonly after: number } | undefined;
  /** Topics that may send. */
  readonly senders: readonly string[];
}

interface FilterPolicy {
  readonly type: readonly unknown[];
}

interface Subscription {
  readonly topic: string;
  readonly queue: string;
  readonly raw: boolean;
  readonly filter: { readonly scope: string; readonly policy: FilterPolicy } | undefined;
  readonly deadLetters: string | undefined;
}

interface LambdaFunction {
  readonly code: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memory: number;
  readonly env: Readonly<Record<string, string>>;
}

interface Mapping {
  readonly queue: string;
  readonly batchSize: number;
  readonly responses: readonly string[];
  readonly concurrency: number;
}

export interface Schedule {
  readonly rule: string;
  readonly every: string;
  /** What it invokes the function with. */
  readonly event: unknown;
  readonly retries: number;
}

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly keys?: readonly string[];
}

interface Alarm {
  /** Its name, or the expression of several. */
  readonly metric: string;
  readonly of: string;
  readonly above: number;
  /** In one of how many periods. */
  readonly periods: number;
}

// biome-ignore lint/suspicious/noExplicitAny: CloudWatch's properties have no types here
type AlarmProperties = Readonly<Record<string, any>>;

/** in: as CloudFormation and the API call them alike, resolved */
export function toAlarm({ Metrics, ...alarm }: AlarmProperties): Alarm {
  const [judged, measured] = Metrics ?? [];
  const { Dimensions } = measured?.MetricStat.Metric ?? alarm;
  return {
    metric: judged?.Expression ?? alarm.MetricName,
    of: shortName(Dimensions[0].Value),
    above: alarm.Threshold,
    periods: alarm.EvaluationPeriods / alarm.DatapointsToAlarm,
  };
}

/** In the place of a secret that the deployment makes, and keeps. */
export const KEPT = "kept";

/** The name at the end of an ARN; of an index, that of its table as well. */
export const shortName = (arn: string): string => arn.replace(/^(.*[:/])?(?=[^:/]+\/index\/)|^.*[:/](?!\*)/, "");

/** in: a policy document, resolved */
export function sendersIn({ Statement: statements }: PolicyDocument): readonly string[] {
  return statements
    .flatMap(({ Condition }) => listOf(Condition?.ArnEquals?.["aws:SourceArn"]))
    .map(shortName)
    .sort();
}

/** in: a policy document, resolved */
export function statementsIn({ Statement: statements }: PolicyDocument): readonly Statement[] {
  return statements.map(({ Action, Resource, Condition }) => {
    const keys = listOf(Condition?.["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"]);
    return {
      actions: [...listOf(Action)].sort(),
      resources: listOf(Resource).map(shortName).sort(),
      ...(keys.length > 0 ? { keys } : {}),
    };
  });
}

export interface PolicyDocument {
  readonly Statement: readonly {
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  }[];
}

const listOf = (value: string | readonly string[] = []): readonly string[] =>
  typeof value === "string" ? [value] : value;
