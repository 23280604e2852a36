import type { Check, Project, Subscription } from "./project.ts";
import { deliveringOf, targetOf } from "./project.ts";

const PUBSUB = "Pub/Sub documentation";
/** An outage that a deployment or a dependency may well have. */
const OUTAGE_SECONDS = 600;
/** Of what Node takes as headers of a request: 16 KiB. Of attributes, Pub/Sub takes 100, each of 256 and 1,024 bytes. */
const ATTRIBUTE_BYTES = 100 * (256 + 1024);

const pushed = (project: Project) => deliveringOf(project).filter(({ endpoint }) => endpoint !== undefined);

/** How long a message is tried until it is a dead letter, at least: without a policy at once, again and again. */
function triedFor({ letters, backoff, isPartial }: Subscription): number | undefined {
  if (!letters || (isPartial && !backoff)) return undefined;
  if (!backoff) return 0;
  const { least, most } = backoff;
  return Array.from({ length: letters.attempts - 1 }, (_, tried) => Math.min(most, least * 2 ** tried)).reduce(
    (a, b) => a + b,
    0,
  );
}

export const subscriptionChecks: readonly Check[] = [
  {
    rule: {
      id: "gcloud-ack-deadline",
      effect: "repeats",
      why: "what takes longer than the deadline is delivered again while it is still at work",
      source: `${PUBSUB}, "Push subscriptions"; REST reference, "projects.subscriptions": ackDeadlineSeconds is the timeout of a push`,
      fix: "raise --ack-deadline above the function's --timeout (600 s at most), or lower that",
    },
    find: (project) =>
      pushed(project).flatMap((at) => {
        const fn = targetOf(project, at.endpoint);
        if (at.ackDeadline === undefined || fn?.timeout === undefined || at.ackDeadline >= fn.timeout) return [];
        return [
          {
            at,
            path: ["ackDeadlineSeconds"],
            what: `${at.id} waits ${at.ackDeadline} s for ${fn.id}, which may take ${fn.timeout} s`,
          },
        ];
      }),
  },
  {
    rule: {
      id: "gcloud-expires",
      effect: "loses",
      why: "a subscription that was idle for so long is deleted, and what is published then goes nowhere",
      source: `${PUBSUB}, "Subscription properties", "Expiration period": 31 days by default`,
      fix: "set --expiration-period=never",
    },
    find: ({ subscriptions }) =>
      subscriptions.flatMap((at) =>
        at.expires === undefined || at.expires === Number.POSITIVE_INFINITY
          ? []
          : [
              {
                at,
                path: ["expirationPolicy"],
                what: `${at.id} is deleted after ${Math.round(at.expires / 86_400)} idle days`,
              },
            ],
      ),
  },
  {
    rule: {
      id: "gcloud-filter",
      effect: "loses",
      why: "Pub/Sub itself acknowledges what does not pass: it is nobody's dead letter. Filters see attributes only, which structured events need not have",
      source: `${PUBSUB}, "Filter messages from a subscription"`,
      fix: "make the subscription anew without a filter: functions acknowledge types that they do not consume",
    },
    find: (project) =>
      deliveringOf(project).flatMap((at) =>
        at.filter ? [{ at, path: ["filter"], what: `${at.id} passes only ${at.filter}` }] : [],
      ),
  },
  {
    rule: {
      id: "gcloud-transform",
      effect: "loses",
      why: "for what its function returns null, the message is dropped, and without attributes in its answer those are gone",
      source: `${PUBSUB}, "User-defined functions (UDFs) overview": to filter a message, return null`,
      fix: "take the transform away, or see that it never returns null and keeps all attributes",
    },
    find: ({ topics, subscriptions }) =>
      [...topics, ...subscriptions].flatMap((at) =>
        at.transforms ? [{ at, path: ["messageTransforms"], what: `${at.id} transforms messages` }] : [],
      ),
  },
  {
    rule: {
      id: "gcloud-topic-deleted",
      effect: "loses",
      why: "its topic was deleted, and one of the same name that is made anew is another: nothing comes here any more",
      source: `${PUBSUB}, "Delete a topic"; REST reference, "projects.subscriptions": _deleted-topic_`,
      fix: "make the subscription anew on the topic that there is",
    },
    find: ({ subscriptions }) =>
      subscriptions.flatMap((at) =>
        at.topic === "_deleted-topic_" ? [{ at, path: ["topic"], what: `${at.id} has no topic` }] : [],
      ),
  },
  {
    rule: {
      id: "gcloud-ordering",
      effect: "repeats",
      why: "the function says its events with an ordering key, and without ordering on the subscription what failed comes after what is younger",
      source: `${PUBSUB}, "Order messages": set when the subscription is made`,
      fix: "make the subscription anew with --enable-message-ordering (deploy.sh --ordered)",
    },
    find: (project) =>
      pushed(project).flatMap((at) => {
        const fn = targetOf(project, at.endpoint);
        if (at.isOrdered || at.isPartial || fn?.variables.PUBSUB_ORDERING !== "true") return [];
        return [{ at, what: `${at.id} keeps no order, and ${fn.id} has PUBSUB_ORDERING=true` }];
      }),
  },
  {
    rule: {
      id: "gcloud-no-metadata",
      effect: "loses",
      why: "without wrapper attributes come only with metadata: of a binary CloudEvent the type, source and id are gone",
      source: `${PUBSUB}, "Payload unwrapping for push subscriptions": write metadata`,
      fix: "add --push-no-wrapper-write-metadata",
    },
    find: (project) =>
      pushed(project).flatMap((at) =>
        at.wrapper === "none"
          ? [{ at, path: ["pushConfig", "noWrapper"], what: `${at.id} pushes without attributes` }]
          : [],
      ),
  },
  {
    rule: {
      id: "gcloud-header-size",
      effect: "stalls",
      why: "Node answers 431 to more than 16 KiB of headers, before the function sees anything: the message comes again until it is a dead letter",
      source: `Node.js documentation, "--max-http-header-size"; Pub/Sub quotas: 100 attributes of 256 and 1,024 bytes`,
      fix: `set NODE_OPTIONS=--max-http-header-size=278528 on the function`,
    },
    find: (project) =>
      pushed(project).flatMap((at) => {
        const fn = targetOf(project, at.endpoint);
        if (at.wrapper !== "none, with metadata" || !fn) return [];
        const [, bytes = "16384"] = /--max-http-header-size=(\d+)/.exec(fn.variables.NODE_OPTIONS ?? "") ?? [];
        if (Number(bytes) >= ATTRIBUTE_BYTES) return [];
        return [
          { at: fn, what: `${fn.id} takes ${bytes} bytes of headers, and ${at.id} pushes attributes as headers` },
        ];
      }),
  },
  {
    rule: {
      id: "gcloud-attempts",
      effect: "stalls",
      why: "after an outage that is no longer than that, good events lie among the dead letters and wait for a person",
      source: `${PUBSUB}, "Handle message failures": immediate redelivery unless there is a retry policy, five attempts unless said`,
      fix: "raise --max-delivery-attempts (100 at most), with --min-retry-delay and --max-retry-delay",
    },
    find: (project) =>
      deliveringOf(project).flatMap((at) => {
        const seconds = triedFor(at);
        if (seconds === undefined || seconds >= OUTAGE_SECONDS) return [];
        const how = seconds === 0 ? "that follow at once" : `within some ${Math.round(seconds)} s`;
        return [
          {
            at,
            path: ["deadLetterPolicy", "maxDeliveryAttempts"],
            what: `${at.id} gives up after ${at.letters?.attempts} attempts ${how}`,
          },
        ];
      }),
  },
  {
    rule: {
      id: "gcloud-expires-before-letter",
      effect: "loses",
      why: "a message that fails is gone before it was tried often enough to become a dead letter",
      source: `${PUBSUB}, "Subscription properties", "Message retention duration"; "Handle message failures"`,
      fix: "raise --message-retention-duration (31d at most)",
    },
    find: (project) =>
      deliveringOf(project).flatMap((at) => {
        const seconds = triedFor(at);
        if (seconds === undefined || at.retention === undefined || at.retention > seconds) return [];
        return [
          {
            at,
            path: ["messageRetentionDuration"],
            what: `${at.id} keeps for ${at.retention} s what it tries for ${seconds} s`,
          },
        ];
      }),
  },
];
