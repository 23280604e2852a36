import type { Rule } from "./rule.ts";

const PAGE = 'See adapters/core/README.md, "When an alert comes".';

/**
 * What somebody should hear of, once for all places. Where nothing is said of a place, it has no number for it.
 *
 * A state (unsaid, late) alerts once, while it lasts. A thing that happens (a letter) alerts each time: whoever has read of the first
 * must hear of the second, so that those rules ask what came of late, never what lies there, and are quiet again soon.
 */
export const RULES: readonly Rule[] = [
  {
    id: "unsaid",
    severity: "critical",
    prometheus: {
      alert: "LooselyUnsaid",
      expr: "max by (namespace, function) (loosely_unsaid_oldest_seconds) > 300",
      for: "5m",
      summary: "{{ $labels.function }} cannot say what it has saved",
      description: `The oldest of it has been waiting for {{ $value | humanizeDuration }}. Nothing is lost, and it is said once it can be: look whether its broker and its sidecar are away, or refuse it (publish in the log of {{ $labels.function }}). ${PAGE}`,
    },
    cloudwatch: {
      name: "<name>-is-unsaid",
      of: "function",
      why: "What cannot be said is tried each 5 minutes at last: a period may have no try.",
      description: "What <name> has saved waits for more than 5 minutes to be said.",
      metric: { namespace: "loosely", metric: "UnsaidOldestSeconds", statistic: "Maximum" },
      periodSeconds: 300,
      periods: 2,
      above: 300,
    },
    google: {
      name: "unsaid",
      documentation: `What a function has saved waits for more than 5 minutes to be said. ${PAGE}`,
      conditions: [
        {
          displayName: "unsaid for more than 5 minutes",
          conditionMatchedLog: {
            filter:
              'resource.type="cloud_run_revision" AND resource.labels.service_name=~"^@PREFIX@" AND jsonPayload.oldestMs>300000',
            labelExtractors: { function: "EXTRACT(jsonPayload.function)" },
          },
        },
      ],
      strategy: { notificationRateLimit: { period: "3600s" }, autoClose: "1800s" },
    },
  },
  {
    id: "parked",
    severity: "warning",
    prometheus: {
      alert: "LooselyParked",
      expr: "sum by (namespace, function) (loosely_parked) > 0",
      for: "15m",
      summary: "{{ $labels.function }} keeps failing on {{ $value }} parked events",
      description: `They hold up nobody but their own subjects, and become dead letters once they have spent GIVE_UP_AFTER_MS failing. The log of {{ $labels.function }} says on what (handler): mend that before. ${PAGE}`,
    },
  },
  {
    id: "due-grows",
    severity: "warning",
    prometheus: {
      alert: "LooselyDueGrows",
      why: "Without those that the alert above speaks of.",
      expr: "sum by (namespace, function) (loosely_due - loosely_parked) > sum by (namespace, function) (loosely_due offset 15m - loosely_parked offset 15m)",
      for: "15m",
      summary: "{{ $labels.function }} cannot finish what is due, and it becomes more",
      description: `{{ $value }} documents were due at the last look and are still so: timers among them come late. Look whether the state store answers (ledger in the log of {{ $labels.function }}). ${PAGE}`,
    },
  },
  {
    id: "dead-letters",
    severity: "warning",
    prometheus: {
      alert: "LooselyDeadLetters",
      why: "A count begins with its first letter, for which there is no increase: one that was not there counts whole, unless its process was not looked at either, and is not new. Five minutes later all is quiet, so that the next letter is told, too.",
      expr: "sum by (namespace, function, code) (increase(loosely_dead_letters_total[5m])) > 0 or sum by (namespace, function, code) ((loosely_dead_letters_total unless loosely_dead_letters_total offset 5m) and ignoring (code) (loosely_due offset 5m or time() - process_start_time_seconds < 600)) > 0",
      summary: "{{ $labels.function }} has dead letters: {{ $labels.code }}",
      description:
        'They are on the topic dead-letters, each with its reason (deadreason): nobody tries them again. See adapters/core/README.md, "What it promises", for what the code means, and adapters/core/restore.md where it is unknown-order.',
    },
    cloudwatch: {
      name: "dead-letters-wait",
      of: "dead letters",
      why: "Those that SQS moves itself are not counted as sent: there, only more of them tell. Hidden ones are those that somebody looks at.",
      description: "A dead letter has come.",
      metric: {
        sent: { namespace: "AWS/SQS", metric: "NumberOfMessagesSent", statistic: "Sum" },
        visible: { namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible", statistic: "Maximum" },
        hidden: { namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesNotVisible", statistic: "Maximum" },
      },
      expression: "IF(FILL(sent, 0) > 0 OR DIFF(FILL(visible, 0) + FILL(hidden, 0)) > 0, 1, 0)",
      periodSeconds: 60,
      above: 0,
    },
    google: {
      name: "dead-letters",
      documentation: `A dead letter has come: npm run dead lists them, and replays them. ${PAGE}`,
      conditions: [
        countOf("letters of ours", {
          resource: "pubsub_topic",
          which: 'resource.labels.topic_id="@PREFIX@dead-letters"',
          metric: "topic/send_request_count",
        }),
        countOf("letters that Pub/Sub has given up", {
          resource: "pubsub_subscription",
          // Triggers of Eventarc have subscriptions that it names itself.
          which: 'resource.labels.subscription_id=monitoring.regex.full_match("(eventarc-.+-)?@PREFIX@.+")',
          metric: "subscription/dead_letter_message_count",
        }),
      ],
      strategy: { autoClose: "1800s" },
    },
  },
  {
    id: "unwell",
    severity: "critical",
    prometheus: {
      alert: "LooselyUnwell",
      expr: 'sum by (namespace, function) (rate(loosely_retries_total{step=~"ledger|publish|dead-letter"}[5m])) > 0 unless sum by (namespace, function) (rate(loosely_events_total{outcome=~"handled|duplicate"}[5m])) > 0',
      for: "5m",
      summary: "{{ $labels.function }} fails, and nothing gets through",
      description:
        "Its state store or its broker is away, or its sidecar is: events wait and come again, however long. Its log says which (ledger, publish, dead-letter). What has lost data is brought back as adapters/core/restore.md says.",
    },
  },
  {
    id: "gone",
    severity: "critical",
    prometheus: {
      alert: "LooselyGone",
      expr: "group by (namespace, function) (last_over_time(loosely_due[6h])) unless group by (namespace, function) (loosely_due)",
      for: "5m",
      summary: "{{ $labels.function }} has no process that answers Prometheus",
      description: `Its events wait, and its timers. Look at the pods of {{ $labels.function }} in {{ $labels.namespace }}, and at their last lines: a process that cannot go on says why. ${PAGE}`,
    },
  },
  {
    id: "late",
    severity: "warning",
    cloudwatch: {
      name: "<name>-is-late",
      of: "queue",
      description: "Events for <name> wait for more than 15 minutes.",
      metric: { namespace: "AWS/SQS", metric: "ApproximateAgeOfOldestMessage", statistic: "Maximum" },
      periodSeconds: 300,
      above: 900,
    },
  },
  {
    id: "no-attributes",
    severity: "warning",
    cloudwatch: {
      name: "<name>-are-illegible",
      of: "topic",
      why: "A filter on attributes drops what has an attribute that SNS cannot read: only this metric tells.",
      description: "Somebody publishes to <name> with an attribute that SNS cannot read, and SNS drops it.",
      metric: { namespace: "AWS/SNS", metric: "NumberOfNotificationsFilteredOut-InvalidAttributes", statistic: "Sum" },
      periodSeconds: 300,
      above: 0,
    },
  },
];

interface Count {
  readonly resource: string;
  readonly which: string;
  readonly metric: string;
}

/**
 * A condition on what was counted in the last five minutes: that window slides, so that one letter is seen by several looks. Without new
 * ones nothing is counted, which ends it, and the next letter is told as the first was.
 */
function countOf(displayName: string, { resource, which, metric }: Count): object {
  return {
    displayName,
    conditionThreshold: {
      filter: `resource.type="${resource}" AND ${which} AND metric.type="pubsub.googleapis.com/${metric}"`,
      aggregations: [{ alignmentPeriod: "300s", perSeriesAligner: "ALIGN_DELTA" }],
      comparison: "COMPARISON_GT",
      thresholdValue: 0,
      duration: "60s",
      evaluationMissingData: "EVALUATION_MISSING_DATA_INACTIVE",
    },
  };
}
