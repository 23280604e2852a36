import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createAlarm } from "./alarm.ts";
import { toBulkVerdicts, toOutcome, type Verdict } from "./answer.ts";
import { createBackoff } from "./backoff.ts";
import type { Position } from "./broker.ts";
import { AFTER_TROUBLE_MS, type Consumer, type ConsumerOptions } from "./delivery.ts";
import { type Entry, toBulk } from "./request.ts";
import type { Subscription } from "./resource-types.ts";
import { createSettle } from "./settle.ts";
import type { Turn } from "./turn.ts";

/** Of the events of a request, but for its first. */
const MOST_BYTES = 16 * 1024 * 1024;

interface BulkOptions extends ConsumerOptions {
  /** Of all requests to this app. */
  readonly turn: Turn;
}

interface Held extends Entry {
  readonly position: Position;
}

interface Recording {
  readonly topic: string;
  readonly attempt: number;
  readonly send: () => Promise<readonly Verdict[] | "gone">;
}

interface Queue {
  readonly subscription: Subscription;
  readonly group: number;
  running: Promise<void> | undefined;
}

/**
 * Many events in a request, one request at once: what is due goes at once, and what comes meanwhile goes with the next. Entries
 * that failed are repeated alone, and what comes later on their topic waits for them, as behind daprd.
 *
 * source  daprd 1.14.0, default_bulksub.go, bulksubscription.go and bulkresiliency.go
 */
export function createBulkConsumer(options: BulkOptions): Consumer {
  const { appId, pubsub, subscriptions, policy, broker, app, recorder, report, turn } = options;
  const timeoutMs = policy?.timeout ?? pubsub.processingTimeout;
  const stopping = new AbortController();
  const aborting = new AbortController();
  const settle = createSettle(options);

  const queues = subscriptions.map((subscription): Queue => {
    const topic = { component: pubsub.name, topic: subscription.topic };
    return { subscription, group: broker.join(topic, { appId, wake: () => wake() }), running: undefined };
  });

  const take = ({ subscription, group }: Queue): readonly Held[] => {
    const taken: Held[] = [];
    let bytes = 0;
    for (const position of broker.due(group, subscription.bulk ?? 1)) {
      const message = broker.read(position.entry);
      bytes += message.body.length;
      if (taken.length > 0 && bytes > MOST_BYTES) break;
      taken.push({ entryId: randomUUID(), message, position });
    }
    return taken;
  };

  const post = async (held: readonly Held[], subscription: Subscription): Promise<readonly Verdict[] | "gone"> => {
    const { path } = subscription;
    try {
      const request = { method: "POST", path, ...toBulk(held, subscription) } as const;
      const answer = await app.call({ ...request, timeoutMs, signal: aborting.signal });
      return toBulkVerdicts(
        answer,
        held.map(({ entryId }) => entryId),
      );
    } catch (error) {
      return (error as { code?: string }).code === "ECONNREFUSED" ? "gone" : held.map(() => "retry");
    }
  };

  const record = async (held: readonly Held[], { topic, attempt, send }: Recording) => {
    const answered = held.map(({ position: { entry }, message: { body } }) =>
      recorder.delivered({ appId, topic, entry, body, attempt }),
    );
    const verdicts = await send();
    for (const [index, tell] of answered.entries())
      tell(toOutcome(verdicts === "gone" ? "gone" : (verdicts[index] ?? "retry")));
    return verdicts;
  };

  /** out: whether there was anything */
  const deliver = async (queue: Queue): Promise<boolean> => {
    const { subscription } = queue;
    const { topic } = subscription;
    const backoff = createBackoff(policy?.retry);
    let left: readonly Held[] = [];
    for (let attempts = 1; ; ) {
      const verdicts = await turn(async () => {
        await app.whenUp(stopping.signal);
        stopping.signal.throwIfAborted();
        if (left.length === 0) left = take(queue);
        return left.length === 0
          ? []
          : record(left, { topic, attempt: attempts, send: () => post(left, subscription) });
      });
      if (left.length === 0) return false;
      if (verdicts === "gone") {
        app.reportGone();
        continue;
      }
      const failed: Held[] = [];
      for (const [index, held] of left.entries()) {
        const verdict = verdicts[index] ?? "retry";
        if (verdict === "retry") failed.push(held);
        else settle(held.position, subscription, verdict);
      }
      if (failed.length === 0) return true;
      aborting.signal.throwIfAborted();
      const wait = backoff.next();
      if (wait === undefined) {
        for (const { position } of failed) settle(position, subscription, "retry");
        return true;
      }
      const events = failed.length;
      report({ level: "warn", msg: "delivery failed", appId, topic, events, attempts, nextMs: Math.round(wait) });
      await app.backOff(wait, stopping.signal);
      left = failed;
      attempts++;
    }
  };

  const run = async (queue: Queue): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        if (!(await deliver(queue))) return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        const why = (error as Error).message;
        report({ level: "error", msg: "the broker failed", appId, topic: queue.subscription.topic, why });
        await sleep(AFTER_TROUBLE_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };

  const wake = () => {
    if (stopping.signal.aborted || !app.isUp()) return;
    for (const queue of queues) {
      if (queue.running || broker.due(queue.group, 1).length === 0) continue;
      queue.running = run(queue).finally(() => {
        queue.running = undefined;
        wake();
      });
    }
    alarm.set();
  };

  const alarm = createAlarm(broker, { groups: queues.map(({ group }) => group), wake });

  return {
    wake,
    async stop(graceMs) {
      stopping.abort();
      alarm.stop();
      const grace = setTimeout(() => aborting.abort(), graceMs);
      await Promise.all(queues.map(({ running }) => running));
      clearTimeout(grace);
    },
  };
}
