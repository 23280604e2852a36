import type { Verdict } from "./answer.ts";
import type { Broker, Position } from "./broker.ts";
import type { Recorder } from "./console/recorder.ts";
import type { Report } from "./report.ts";
import type { PubSub, Subscription } from "./resource-types.ts";

interface SettleOptions {
  readonly appId: string;
  readonly pubsub: Pick<PubSub, "name" | "processingTimeout">;
  readonly broker: Broker;
  readonly recorder: Recorder;
  readonly report: Report;
}

/** How the attempts at an event ended: `retry` when they are used up; `expired` and `illegible` before the first. */
type End = Verdict | "expired" | "illegible";

/** What becomes of an event then. */
export type Settle = (position: Position, subscription: Subscription, end: End) => void;

const WHY = {
  retry: "the retries are used up",
  missing: "the app answered 404",
  illegible: "it is no JSON",
  expired: "expired",
  drop: "the app said DROP",
} as const;

export function createSettle({ appId, pubsub, broker, recorder, report }: SettleOptions): Settle {
  return (position, { topic, deadLetterTopic }, end) => {
    if (end === "done") {
      broker.complete(position);
      return;
    }
    const why = WHY[end];
    if (deadLetterTopic !== undefined) {
      const entry = broker.moveTo({ component: pubsub.name, topic: deadLetterTopic }, position);
      recorder.givenUp({ appId, topic: deadLetterTopic, entry, body: broker.read(entry).body });
      report({ level: "error", msg: "dead letter", appId, topic, deadLetterTopic, why });
    } else if (end === "expired" || end === "drop") {
      broker.complete(position);
      report({ level: "warn", msg: end === "expired" ? "expired" : "dropped by the app", appId, topic });
    } else {
      broker.postpone(position, Date.now() + pubsub.processingTimeout);
      const msg = "delivery failed for good, no dead letter topic: tried again later";
      report({ level: "error", msg, appId, topic, why });
    }
  };
}
