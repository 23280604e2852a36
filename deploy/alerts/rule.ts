/** Of Prometheus: a rule of the Prometheus operator. */
export interface PrometheusAlert {
  readonly alert: string;
  /** What the reader of the file has to know of the expression. */
  readonly why?: string;
  readonly expr: string;
  /** For how long it has to hold. Left out: at once. */
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
}

/** One metric of CloudWatch, of the thing that the alarm is about. */
export interface CloudWatchMetric {
  readonly namespace: string;
  readonly metric: string;
  readonly statistic: "Maximum" | "Sum";
}

/** Of CloudWatch: one alarm for each thing of a kind. `<name>` stands for the name of that thing. */
export interface CloudWatchAlarm {
  readonly name: string;
  readonly of: "dead letters" | "queue" | "function" | "topic";
  readonly why?: string;
  readonly description: string;
  /** One metric, or several by the names under which an expression has them. */
  readonly metric: CloudWatchMetric | Readonly<Record<string, CloudWatchMetric>>;
  /** Metric math, where there are several. */
  readonly expression?: string;
  readonly periodSeconds: number;
  /** Of them, one is enough. Left out: one. */
  readonly periods?: number;
  readonly above: number;
}

/** Of Google: an alert policy. @PREFIX@ and @NAME@ are known when it is deployed. */
export interface GooglePolicy {
  readonly name: string;
  readonly documentation: string;
  /** As of the API. source: Cloud Monitoring API v3, AlertPolicy.Condition */
  readonly conditions: readonly object[];
  /** The same, AlertPolicy.AlertStrategy. */
  readonly strategy: object;
}

/** What somebody should hear of, in the words of each place that can say it. */
export interface Rule {
  readonly id: string;
  readonly severity: "critical" | "warning";
  readonly prometheus?: PrometheusAlert;
  readonly cloudwatch?: CloudWatchAlarm;
  readonly google?: GooglePolicy;
}
