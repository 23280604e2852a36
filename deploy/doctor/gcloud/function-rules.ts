import type { Check, CloudFunction, Project } from "./project.ts";
import { deliveringOf, targetOf } from "./project.ts";

const RUN = "Cloud Run functions documentation";
/** What a dispatch takes at most if nothing else is said. */
const DISPATCH_MS = 10_000;
/** The largest message, as mebibytes, roughly. */
const MESSAGE_MIB = 10;

/** Functions that events are brought to. */
const consumersOf = (project: Project): ReadonlySet<CloudFunction> => {
  const pushed = deliveringOf(project).flatMap(({ endpoint }) => targetOf(project, endpoint) ?? []);
  return new Set([...pushed, ...project.functions.filter(({ trigger }) => trigger)]);
};

const isInvoker = (role: string) => /^roles\/(run|cloudfunctions)\.invoker$/.test(role);
const invokersOf = ({ grants }: Project, fn: CloudFunction): readonly string[] =>
  grants.flatMap(({ on, name, role, member }) =>
    isInvoker(role) && (on === "project" || (on === "function" && name === fn.id)) ? member : [],
  );

export const functionChecks: readonly Check[] = [
  {
    rule: {
      id: "gcloud-no-retry",
      effect: "loses",
      why: "an event that fails once is dropped: retries are off unless they are asked for",
      source: `${RUN}, "Retry event-driven functions"`,
      fix: "deploy it with --retry",
    },
    find: ({ functions }) =>
      functions.flatMap((at) =>
        at.trigger && !at.trigger.retries
          ? [{ at, path: ["eventTrigger", "retryPolicy"], what: `${at.id} is triggered without retries` }]
          : [],
      ),
  },
  {
    rule: {
      id: "gcloud-function-timeout",
      effect: "repeats",
      why: "the request ends in the middle of a dispatch that still could end well, after its effect and before its answer",
      source: `${RUN}, "Function timeout"; adapters/gcf/README.md: DISPATCH_TIMEOUT_MS`,
      fix: "raise --timeout, or lower DISPATCH_TIMEOUT_MS",
    },
    find: ({ functions }) =>
      functions.flatMap((at) => {
        if (at.variables.FIRESTORE_DATABASE === undefined || at.timeout === undefined) return [];
        const dispatch = Number(at.variables.DISPATCH_TIMEOUT_MS ?? DISPATCH_MS);
        if (at.timeout * 1000 > dispatch) return [];
        return [
          {
            at,
            path: ["serviceConfig", "timeoutSeconds"],
            what: `${at.id} has ${at.timeout} s, and a dispatch ${dispatch / 1000} s`,
          },
        ];
      }),
  },
  {
    rule: {
      id: "gcloud-memory",
      effect: "repeats",
      why: "an instance that has no memory left is ended with all requests in it, and their events come again",
      source: `Cloud Run documentation, "Configure memory limits for services"; Pub/Sub quotas: a message of 10 MB`,
      fix: "raise --memory, or lower --concurrency",
    },
    find: (project) =>
      [...consumersOf(project)].flatMap((at) => {
        if (at.concurrency === undefined || at.mebibytes === undefined || at.concurrency * MESSAGE_MIB <= at.mebibytes)
          return [];
        const what = `${at.id} takes ${at.concurrency} messages at once, of ${MESSAGE_MIB} MB each, in ${at.mebibytes} MB`;
        return [{ at, path: ["serviceConfig", "availableMemory"], what }];
      }),
  },
  {
    rule: {
      id: "gcloud-push-unsigned",
      effect: "stalls",
      why: "a private function answers 403 to a push that nobody signed: all events end as dead letters",
      source: 'Pub/Sub documentation, "Authentication for push subscriptions"',
      fix: "add --push-auth-service-account, an account that may invoke the function",
    },
    find: (project) =>
      deliveringOf(project).flatMap((at) => {
        const fn = targetOf(project, at.endpoint);
        if (
          fn?.isOpen !== false ||
          at.account !== undefined ||
          at.isPartial ||
          invokersOf(project, fn).includes("allUsers")
        )
          return [];
        return [{ at, what: `${at.id} pushes unsigned to ${fn.id}` }];
      }),
  },
  {
    rule: {
      id: "gcloud-push-refused",
      effect: "stalls",
      why: "a private function answers 403 to whom it was not told of: all events end as dead letters",
      source:
        'Pub/Sub documentation, "Authentication for push subscriptions"; Cloud Run documentation, "Authenticating service-to-service"',
      fix: "gcloud functions add-invoker-policy-binding for the account that signs pushes",
    },
    find: (project) =>
      !project.isPlan
        ? []
        : deliveringOf(project).flatMap((at) => {
            const fn = targetOf(project, at.endpoint);
            if (fn?.isOpen !== false || at.account === undefined) return [];
            const invokers = invokersOf(project, fn);
            if (invokers.includes("allUsers") || invokers.includes(`serviceAccount:${at.account}`)) return [];
            return [{ at, what: `${fn.id} does not let ${at.account} in, which signs for ${at.id}` }];
          }),
  },
  {
    rule: {
      id: "gcloud-no-relay",
      effect: "stalls",
      why: "with RELAY=on a function leaves what it could not say to a job, and there is none",
      source: "deploy/gcloud/README.md: one job of Cloud Scheduler for each function",
      fix: "have Cloud Scheduler POST to its /~relay each minute",
    },
    find: (project) =>
      !project.isPlan
        ? []
        : [...consumersOf(project)].flatMap((at) => {
            if (at.variables.RELAY !== "on") return [];
            const isAsked = project.asked.some((uri) => uri.includes("~relay") && targetOf(project, uri) === at);
            return isAsked ? [] : [{ at, what: `${at.id} has RELAY=on and no job` }];
          }),
  },
  {
    rule: {
      id: "gcloud-open-function",
      effect: "exposes",
      why: "everybody who knows its URL may send it forged events",
      source: 'Cloud Run documentation, "Allowing public (unauthenticated) access"',
      fix: "deploy it with --no-allow-unauthenticated, and sign pushes",
    },
    find: (project) =>
      [...consumersOf(project)].flatMap((at) =>
        at.isOpen || invokersOf(project, at).includes("allUsers")
          ? [{ at, what: `${at.id} handles events, and lets everybody in` }]
          : [],
      ),
  },
];
