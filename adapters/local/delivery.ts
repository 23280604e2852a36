import { setTimeout as sleep } from "node:timers/promises";
import { createAlarm } from "./alarm.ts";
import { toOutcome, toVerdict, type Verdict } from "./answer.ts";
import type { AppChannel } from "./app-channel.ts";
import { createBackoff } from "./backoff.ts";
import type { Broker, Message, Position } from "./broker.ts";
import type { Recorder } from "./console/recorder.ts";
import type { Report } from "./report.ts";
import { toSingle } from "./request.ts";
import type { InboundPolicy, PubSub, Subscription } from "./resource-types.ts";
import { createSettle } from "./settle.ts";

export const AFTER_TROUBLE_MS = 1_000;

export interface ConsumerOptions {
  readonly appId: string;
  readonly pubsub: Pick<PubSub, "name" | "concurrency" | "processingTimeout">;
  /** Of this app to this component, all of them in bulk or none. */
  readonly subscriptions: readonly Subscription[];
  readonly policy: Pick<InboundPolicy, "timeout" | "retry"> | undefined;
  readonly broker: Broker;
  readonly app: AppChannel;
  readonly recorder: Recorder;
  readonly report: Report;
}

/** Delivers what the broker holds for one app. */
export interface Consumer {
  /** There may be something to do. */
  wake(): void;
  /** Takes nothing new, waits for the answers that are due, and leaves the rest to the next start. */
  stop(graceMs: number): Promise<void>;
}

interface Held {
  readonly entry: number;
  readonly message: Message;
}

/** An event may be due twice, where somebody wants it to come again. */
const keyOf = ({ group, due, entry }: Position): string => `${group}:${due}:${entry}`;

/** One event in a request, several requests at once. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { appId, pubsub, subscriptions, policy, broker, app, recorder, report } = options;
  // Never without a limit: ten handlers that hang would stop the component.
  const timeoutMs = policy?.timeout ?? pubsub.processingTimeout;
  const inFlight = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  const aborting = new AbortController();

  const settle = createSettle(options);

  const post = async (request: NonNullable<ReturnType<typeof toSingle>>, path: string): Promise<Verdict | "gone"> => {
    try {
      return toVerdict(await app.call({ method: "POST", path, ...request, timeoutMs, signal: aborting.signal }));
    } catch (error) {
      return (error as { code?: string }).code === "ECONNREFUSED" ? "gone" : "retry";
    }
  };

  /** out: the last verdict; retries are used up when it is "retry". An app that is away uses up none. */
  const attempt = async (subscription: Subscription, { entry, message }: Held): Promise<Verdict | "illegible"> => {
    const { path, topic } = subscription;
    const backoff = createBackoff(policy?.retry);
    for (let attempts = 1; ; ) {
      await app.whenUp(stopping.signal);
      stopping.signal.throwIfAborted();
      const request = toSingle(message, subscription);
      if (!request) return "illegible";
      const answered = recorder.delivered({ appId, topic, entry, body: message.body, attempt: attempts });
      const verdict = await post(request, path);
      answered(toOutcome(verdict));
      if (verdict === "gone") {
        app.reportGone();
        continue;
      }
      if (verdict !== "retry") return verdict;
      aborting.signal.throwIfAborted();
      const wait = backoff.next();
      if (wait === undefined) return "retry";
      report({ level: "warn", msg: "delivery failed", appId, topic, attempts, nextMs: Math.round(wait) });
      await app.backOff(wait, stopping.signal);
      attempts++;
    }
  };

  const deliver = async (position: Position, subscription: Subscription): Promise<void> => {
    const message = broker.read(position.entry);
    const expired = !subscription.isRaw && message.expires !== null && message.expires <= Date.now();
    const { entry } = position;
    const end = expired ? "expired" : await attempt(subscription, { entry, message });
    if (end === "expired" || end === "illegible")
      recorder.undelivered({ appId, topic: subscription.topic, entry, body: message.body }, end);
    settle(position, subscription, end);
  };

  const start = (position: Position, subscription: Subscription) => {
    const key = keyOf(position);
    const work = deliver(position, subscription)
      .catch(async (error: Error) => {
        if (stopping.signal.aborted) return;
        report({ level: "error", msg: "the broker failed", appId, topic: subscription.topic, why: error.message });
        await sleep(AFTER_TROUBLE_MS, undefined, { signal: stopping.signal }).catch(() => {});
      })
      .then(() => {
        inFlight.delete(key);
        wake();
      });
    inFlight.set(key, work);
  };

  const groups = subscriptions.map((subscription) => ({
    subscription,
    group: broker.join({ component: pubsub.name, topic: subscription.topic }, { appId, wake: () => wake() }),
  }));

  const wake = () => {
    if (stopping.signal.aborted || !app.isUp() || inFlight.size >= pubsub.concurrency) return;
    for (const { subscription, group } of groups) {
      for (const position of broker.due(group, inFlight.size + pubsub.concurrency)) {
        if (inFlight.size >= pubsub.concurrency) break;
        if (!inFlight.has(keyOf(position))) start(position, subscription);
      }
    }
    // The topic that was first is last the next time, so that a busy one cannot starve the others.
    groups.push(...groups.splice(0, 1));
    if (inFlight.size < pubsub.concurrency) alarm.set();
  };

  const alarm = createAlarm(broker, { groups: groups.map(({ group }) => group), wake });

  return {
    wake,
    async stop(graceMs) {
      stopping.abort();
      alarm.stop();
      const grace = setTimeout(() => aborting.abort(), graceMs);
      await Promise.all(inFlight.values());
      clearTimeout(grace);
    },
  };
}
