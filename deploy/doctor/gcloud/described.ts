import { type Document, isMap, isScalar, LineCounter, parseDocument, type Scalar } from "yaml";
import type { Place } from "../found.ts";
import { InputError, said } from "../resource.ts";
import type { CloudFunction, Grant, Project, Subscription } from "./project.ts";
import { last, mebibytesIn, secondsIn } from "./project.ts";

// biome-ignore lint/suspicious/noExplicitAny: what gcloud describes has no types here
type Described = any;

const NAME = /"name"\s*:\s*"projects\/[^"/]+\/(subscriptions|topics|locations\/[^"/]+\/functions)\//;

/** Whether a text is what gcloud describes or lists of functions, subscriptions and topics with `--format=json`. */
export const isDescribed = (text: string): boolean =>
  /^\s*[[{]/.test(text) && (NAME.test(text) || (/"bindings"\s*:/.test(text) && /"role"\s*:\s*"roles\//.test(text)));

interface Item {
  readonly value: Described;
  readonly isListed: boolean;
  /** A place of that id. */
  readonly at: (id: string) => Place;
}

/** A project as it is described. in: JSON, one after the other where there are several */
export function fromDescribed(text: string): Project {
  const items = valuesIn(text).flatMap(itemsOf);
  const of = (kind: RegExp) => items.filter(({ value }) => kind.test(value.name ?? ""));
  const subscriptions = of(/^projects\/[^/]+\/subscriptions\//);
  return {
    topics: of(/^projects\/[^/]+\/topics\//).map(({ value, at }) => ({
      ...at(last(value.name)),
      transforms: transforms(value),
    })),
    subscriptions: subscriptions.map(toSubscription),
    functions: of(/\/functions\/[^/]+$/).map(toFunction),
    grants: items.flatMap(toGrants),
    ...{ triggers: [], databases: [], asked: [], isPlan: false },
    hasAllSubscriptions: subscriptions.some(({ isListed }) => isListed),
  };
}

interface Part {
  readonly text: string;
  /** Of its first character. */
  readonly line: number;
}

/** Values that stand one after the other, as several commands print them. */
function valuesIn(text: string): readonly Part[] {
  const parts: Part[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[[\]{}]/g)) {
    if (token === "[" || token === "{") {
      if (depth++ === 0) start = index;
    } else if ((token === "]" || token === "}") && --depth === 0) {
      parts.push({ text: text.slice(start, index + 1), line: text.slice(0, start).split("\n").length });
    }
  }
  return parts;
}

function itemsOf({ text, line }: Part): readonly Item[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors[0]) throw new InputError(`must be JSON: ${said(document.errors[0]).reason}`, line);
  const whole: Described = document.toJS();
  const isListed = Array.isArray(whole);
  const values: readonly Described[] = isListed ? whole : [whole];
  return values.map((value, index) => ({
    value: value ?? {},
    isListed,
    at: (id) => ({
      id,
      lineOf: (...path) => {
        const start = startOf(document, isListed ? index : undefined, path);
        return start === undefined ? undefined : lines.linePos(start).line + line - 1;
      },
    }),
  }));
}

/** Where the last key of a path stands, or the value itself. */
function startOf(document: Document, index: number | undefined, path: readonly string[]): number | undefined {
  let node = (index === undefined ? document.contents : document.get(index)) as unknown;
  let start = (node as Scalar | undefined)?.range?.[0];
  for (const name of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
    if (!pair) break;
    start = (pair.key as Scalar).range?.[0];
    node = pair.value;
  }
  return start;
}

const listIn = (value: Described): readonly Described[] => (Array.isArray(value) ? value : []);

const transforms = ({ messageTransforms }: Described): boolean =>
  listIn(messageTransforms).some((each) => each?.disabled !== true);

/** source: Pub/Sub API, "projects.subscriptions" */
function toSubscription({ value, at }: Item): Subscription {
  const { topic, retryPolicy, deadLetterPolicy, expirationPolicy } = value;
  const pushConfig = value.pushConfig ?? {};
  const bare = pushConfig.noWrapper?.writeMetadata ? "none, with metadata" : "none";
  // It has a policy without an end where it never expires; none is not said.
  const ttl = expirationPolicy?.ttl ?? (expirationPolicy ? "never" : undefined);
  return {
    ...at(last(value.name)),
    ...{ topic: last(String(topic)), isPartial: false, endpoint: pushConfig.pushEndpoint },
    wrapper: pushConfig.noWrapper ? bare : "kept",
    account: pushConfig.oidcToken?.serviceAccountEmail,
    ackDeadline: secondsIn(value.ackDeadlineSeconds),
    retention: secondsIn(value.messageRetentionDuration),
    expires: secondsIn(ttl),
    backoff: retryPolicy && {
      least: secondsIn(retryPolicy.minimumBackoff) ?? 10,
      most: secondsIn(retryPolicy.maximumBackoff) ?? 600,
    },
    letters: deadLetterPolicy?.deadLetterTopic && {
      topic: last(String(deadLetterPolicy.deadLetterTopic)),
      attempts: Number(deadLetterPolicy.maxDeliveryAttempts || 5),
    },
    filter: value.filter || undefined,
    isOrdered: value.enableMessageOrdering === true,
    transforms: transforms(value),
  };
}

/** source: Cloud Functions API v2, "projects.locations.functions"; v1 where it has no serviceConfig */
function toFunction({ value, at }: Item): CloudFunction {
  const { serviceConfig, eventTrigger, buildConfig } = value;
  const service = serviceConfig ?? {};
  const isSecond = Boolean(serviceConfig);
  const retries =
    eventTrigger?.retryPolicy === "RETRY_POLICY_RETRY" || eventTrigger?.failurePolicy?.retry !== undefined;
  return {
    ...at(last(value.name)),
    url: service.uri ?? value.url ?? value.httpsTrigger?.url,
    entryPoint: buildConfig?.entryPoint ?? value.entryPoint,
    timeout: isSecond ? secondsIn(service.timeoutSeconds) : secondsIn(value.timeout),
    mebibytes: isSecond ? mebibytesIn(service.availableMemory) : value.availableMemoryMb,
    concurrency: isSecond ? Number(service.maxInstanceRequestConcurrency ?? 1) : 1,
    account: service.serviceAccountEmail ?? value.serviceAccountEmail,
    variables: service.environmentVariables ?? value.environmentVariables ?? {},
    trigger: eventTrigger && { retries, isPubSub: String(eventTrigger.eventType).includes("pubsub") },
    isOpen: undefined,
  };
}

/** Of a policy, it is not said what it is on. */
const toGrants = ({ value, at }: Item): readonly Grant[] =>
  listIn(value.bindings).flatMap((binding) =>
    listIn(binding?.members).map((member) => ({
      ...at(String(member)),
      ...{ on: "other", name: "", role: String(binding.role), member: String(member) },
      isConditional: Boolean(binding.condition),
    })),
  );
