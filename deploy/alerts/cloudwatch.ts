import type { CloudWatchAlarm, CloudWatchMetric } from "./rule.ts";
import { RULES } from "./rules.ts";

/** What there is of each kind, by name. */
export interface Things {
  readonly queues: readonly string[];
  readonly functions: readonly string[];
  readonly topics: readonly string[];
}

/** What a metric is of: a name of CloudWatch, and which thing is called so. */
export interface Dimension {
  readonly name: "QueueName" | "FunctionName" | "TopicName";
  /** undefined: the queue of dead letters. */
  readonly thing: string | undefined;
}

export interface Alarm {
  /** Without the deployment's prefix. */
  readonly name: string;
  readonly why: string | undefined;
  /** As CloudFormation and the API call them alike. source: CloudWatch API, PutMetricAlarm */
  readonly properties: Readonly<Record<string, unknown>>;
}

const DIMENSIONS = {
  "dead letters": "QueueName",
  queue: "QueueName",
  function: "FunctionName",
  topic: "TopicName",
} as const;

/**
 * The alarms of a system.
 *
 * in  toValue: what a place says where a thing's name stands
 */
export function toAlarms(things: Things, toValue: (dimension: Dimension) => string): readonly Alarm[] {
  const all = {
    "dead letters": [undefined],
    queue: things.queues,
    function: things.functions,
    topic: things.topics,
  };
  return RULES.flatMap(({ cloudwatch }) =>
    cloudwatch ? all[cloudwatch.of].map((thing) => toAlarm(cloudwatch, { thing, toValue })) : [],
  );
}

interface AlarmOptions {
  readonly thing: string | undefined;
  readonly toValue: (dimension: Dimension) => string;
}

function toAlarm(alarm: CloudWatchAlarm, { thing, toValue }: AlarmOptions): Alarm {
  const { of, periodSeconds: Period, periods = 1, above, expression, why } = alarm;
  const named = (text: string) => text.replaceAll("<name>", thing ?? "");
  const name = DIMENSIONS[of];
  const Dimensions = [{ Name: name, Value: toValue({ name, thing }) }];
  const toStat = ({ namespace, metric, statistic: Stat }: CloudWatchMetric) => ({
    Metric: { Namespace: namespace, MetricName: metric, Dimensions },
    Period,
    Stat,
  });
  const { metric } = alarm;
  const measured = isOne(metric)
    ? { Namespace: metric.namespace, MetricName: metric.metric, Dimensions, Statistic: metric.statistic, Period }
    : {
        Metrics: [
          { Id: "judged", Label: named(alarm.description), Expression: expression },
          ...Object.entries(metric).map(([Id, each]) => ({ Id, MetricStat: toStat(each), ReturnData: false })),
        ],
      };
  const properties = {
    AlarmDescription: named(alarm.description),
    ...measured,
    EvaluationPeriods: periods,
    DatapointsToAlarm: 1,
    Threshold: above,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
  };
  return { name: named(alarm.name), why, properties };
}

const isOne = (metric: CloudWatchAlarm["metric"]): metric is CloudWatchMetric => typeof metric.namespace === "string";
