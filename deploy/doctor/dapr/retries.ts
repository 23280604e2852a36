import { isInScope } from "../../../adapters/local/scopes.ts";
import {
  type Component,
  type Deployment,
  type DeploymentRule,
  hearersOf,
  once,
  type Problem,
  pubsubOf,
  type Subscription,
  toName,
} from "../deployment.ts";
import { type Inbound, inboundOf, outboundRetryOf } from "../inbound.ts";
import { functionOf, ownApps, timeOf } from "../own.ts";
import { isTruthy, shapeAt, textAt } from "../shape.ts";
import { hearers } from "./sidecar.ts";

const RESILIENCY = "docs.dapr.io, Resiliency: policies and targets";
const SEEN = "seen on daprd 1.14 and 1.18.3: deploy/dapr/README.md";
const ENDLESS = "policy: constant, maxRetries: -1, and let the app give up what it cannot handle";

/** Rules about what a sidecar does with a delivery that fails. */
export const retries: readonly DeploymentRule[] = [
  {
    id: "no-inbound-retry",
    effect: "loses",
    why: "without an inbound retry daprd 1.18 acknowledges on Redis what its app could not take at the first try, as any version does on RabbitMQ",
    source: SEEN,
    fix: `a Resiliency whose targets.components.<pubsub>.inbound.retry is ${ENDLESS}`,
    *find(deployment) {
      for (const { each, app, inbound, pubsub } of heard(deployment))
        if (!inbound.retry && each.deadLetterTopic === undefined && !keepsWhatFails(pubsub))
          yield {
            at: each.resource.at("spec", "pubsubname"),
            what: `${toName(each.resource)}: no Resiliency tries a delivery to ${app} again`,
          };
      yield* once(untried(deployment));
    },
  },
  {
    id: "dead-letter-topic-without-resiliency",
    effect: "stalls",
    why: "without an inbound retry the first failure, a restart of the app among them, goes straight to the dead letters",
    source: "dapr/dapr#5511; seen on daprd 1.14 and 1.18.3",
    fix: `a Resiliency whose targets.components.<pubsub>.inbound.retry is ${ENDLESS}`,
    *find(deployment) {
      for (const { each, app, inbound } of heard(deployment))
        if (!inbound.retry && each.deadLetterTopic !== undefined)
          yield {
            at: each.resource.at("spec", "deadLetterTopic"),
            what: `${toName(each.resource)}: no Resiliency tries a delivery to ${app} before it is a dead letter`,
          };
    },
  },
  {
    id: "finite-inbound-retries",
    effect: "loses",
    why: "they end while an app is down: the event is lost on Redis, and among the dead letters at best",
    source: SEEN,
    fix: ENDLESS,
    *find(deployment) {
      for (const { component, inbound } of heard(deployment)) {
        const { maxRetries = -1, at } = inbound.retry ?? {};
        if (at && maxRetries >= 0)
          yield { at: at("maxRetries"), what: `deliveries from ${component} are tried again ${maxRetries} times` };
      }
    },
  },
  {
    id: "exponential-inbound-retry",
    effect: "loses",
    why: "an exponential policy of Dapr ends after 15 minutes, whatever maxRetries says",
    source: "dapr/kit, retry.go: MaxElapsedTime",
    fix: ENDLESS,
    *find(deployment) {
      for (const { component, inbound } of heard(deployment))
        if (inbound.retry?.policy === "exponential")
          yield { at: inbound.retry.at("policy"), what: `deliveries from ${component} are retried exponentially` };
    },
  },
  {
    id: "inbound-retry-matching",
    effect: "loses",
    why: "what does not match is not tried again: the event is a dead letter at its first failure, or lost",
    source: RESILIENCY,
    fix: "leave matching out: an app that will never handle an event acknowledges it",
    *find(deployment) {
      for (const { component, inbound } of heard(deployment))
        if (inbound.retry?.hasMatching)
          yield {
            at: inbound.retry.at("matching"),
            what: `deliveries from ${component} are retried for some answers alone`,
          };
    },
  },
  {
    id: "no-inbound-timeout",
    effect: "stalls",
    why: "a handler that hangs is never given up: as many as the component has at once stop it for good, while its health stays good",
    source: SEEN,
    fix: "an inbound timeout, longer than the app's own deadline",
    *find(deployment) {
      for (const { component, inbound, pubsub } of heard(deployment))
        if (!inbound.timeout)
          yield { at: inbound.retry?.at() ?? pubsub.at(), what: `deliveries from ${component} have no timeout` };
    },
  },
  {
    id: "inbound-timeout-under-deadline",
    effect: "repeats",
    why: "the sidecar stops listening before the app answers: what was done well is delivered again",
    source:
      "DISPATCH_TIMEOUT_MS, adapters/dapr/README.md; with app-max-concurrency the wait behind other topics' bulks counts, seen on daprd 1.14 and 1.18.3",
    fix: "an inbound timeout longer than DISPATCH_TIMEOUT_MS, and by a second for each further topic that the app hears in bulk",
    find: (deployment) => once(timeoutsUnderDeadline(deployment)),
  },
  {
    id: "inbound-circuit-breaker",
    effect: "loses",
    why: "while it is open each delivery fails for good without being tried: acknowledged on Redis, a dead letter at best",
    source: "dapr/dapr, pkg/resiliency/policy.go",
    fix: "no circuitBreaker under inbound",
    *find(deployment) {
      for (const { component, inbound } of heard(deployment))
        if (inbound.circuitBreaker)
          yield { at: inbound.circuitBreaker, what: `deliveries from ${component} go through a circuit breaker` };
    },
  },
  {
    id: "outbound-retry-of-saves",
    effect: "loses",
    why: "functions save many documents in a request, of which daprd 1.14 takes wrong ones from its second retry on, and may answer that all are written",
    source: "dapr/dapr 1.14, pkg/components/state/bulk.go, PerformBulkStoreOperation",
    fix: "no outbound retry for the state store: functions look what was saved, and what is not comes again",
    find: (deployment) => once(retriedSaves(deployment)),
  },
  {
    id: "policy-unknown",
    effect: "loses",
    why: "Dapr takes a policy that is not there for none, in silence",
    source: "dapr/dapr 1.14, pkg/resiliency/resiliency.go, ComponentInboundPolicy",
    fix: "write the name as it is under spec.policies",
    *find(deployment) {
      for (const { component, inbound } of heard(deployment))
        for (const { name, at } of inbound.unknown) yield { at, what: `${component}: there is no policy ${name}` };
    },
  },
  {
    id: "resiliency-not-alone",
    effect: "loses",
    why: "outside Kubernetes daprd reads the first document of such a file and none of the others",
    source: "dapr/dapr, pkg/resiliency/resiliency.go, loadLocalResiliencyPath",
    fix: "a file of its own for each Resiliency",
    *find({ apps, of }) {
      if (!apps.some(({ isOnCluster }) => !isOnCluster)) return;
      for (const resource of of("Resiliency", "dapr.io/"))
        if (!resource.isAlone) yield { at: resource.at("kind"), what: `${toName(resource)} shares its file` };
    },
  },
  {
    id: "target-unknown",
    effect: "loses",
    why: "a policy for a component that is not here is a policy for nothing: what was meant is retried as by default, that is not at all",
    source: RESILIENCY,
    fix: "name the component as its metadata.name says",
    *find({ components, of }): Iterable<Problem> {
      const all = of("Resiliency", "dapr.io/");
      const targets = all.flatMap(({ value }) => Object.keys(shapeAt(value, "spec", "targets", "components")));
      // Where each broker here has one, the others may be elsewhere.
      if (components.every(({ name, type }) => !type.startsWith("pubsub.") || targets.includes(name))) return;
      for (const resource of all)
        for (const name of Object.keys(shapeAt(resource.value, "spec", "targets", "components")))
          if (!components.some((each) => each.name === name))
            yield {
              at: resource.at("spec", "targets", "components", name),
              what: `${toName(resource)} is about ${name}, which no component is called`,
            };
    },
  },
];

export interface Heard {
  readonly each: Subscription;
  readonly app: string;
  readonly component: string;
  readonly pubsub: Component;
  readonly inbound: Inbound;
}

/** Each subscription with each of its apps. Only those whose component is here: a Resiliency may be where the others are. */
export function heard(deployment: Deployment): readonly Heard[] {
  return deployment.subscriptions.flatMap((each) => {
    const pubsub = pubsubOf(deployment, each);
    if (!pubsub) return [];
    const { name: component } = pubsub;
    const hearers = hearersOf(deployment, each);
    const apps = hearers.length > 0 ? hearers : each.scopes.length > 0 ? each.scopes : ["its app"];
    return apps.map((app) => ({ each, app, component, pubsub, inbound: inboundOf(deployment, component, app) }));
  });
}

/** Kafka's component tries again by itself, without end unless it is told otherwise; RabbitMQ's where it is told to. */
function keepsWhatFails({ type, metadata }: Component): boolean {
  if (type === "pubsub.rabbitmq") return isTruthy(metadata.get("requeueInFailure"));
  return type === "pubsub.kafka";
}

/** Where no subscription is declared: of apps that may subscribe by their code. */
function* untried(deployment: Deployment): Generator<Problem> {
  if (deployment.subscriptions.length > 0) return;
  const pubsubs = deployment.components.filter((each) => each.type.startsWith("pubsub.") && !keepsWhatFails(each));
  for (const pubsub of pubsubs)
    for (const { id } of hearers(deployment).filter((app) => isInScope(pubsub.scopes, app.id)))
      if (!inboundOf(deployment, pubsub.name, id).retry)
        yield { at: pubsub.at(), what: `no Resiliency tries a delivery from ${pubsub.name} to ${id} again` };
}

function* retriedSaves(deployment: Deployment): Generator<Problem> {
  for (const { name, type, scopes } of deployment.components)
    for (const { app } of ownApps(deployment)) {
      if (!type.startsWith("state.") || !isInScope(scopes, app.id)) continue;
      const at = outboundRetryOf(deployment, name, app.id);
      if (at) yield { at, what: `what ${app.id} saves in ${name} is tried again by its sidecar` };
    }
}

/** Within which a function answers a bulk, whatever its handlers do. */
const BULK_MS = 1_000;

const isBulk = ({ resource }: Subscription): boolean =>
  isTruthy(textAt(resource.value, "spec", "bulkSubscribe", "enabled"));

function* timeoutsUnderDeadline(deployment: Deployment): Generator<Problem> {
  const all = heard(deployment);
  for (const { app, inbound } of all) {
    const own = deployment.apps.find(({ id }) => id === app);
    if (!inbound.timeout || !own || !functionOf(deployment, own)) continue;
    const bulks = all.filter((other) => other.app === app && isBulk(other.each)).length;
    const deadline = timeOf(own, "DISPATCH_TIMEOUT_MS") + Math.max(0, bulks - 1) * BULK_MS;
    if (inbound.timeout.ms <= deadline)
      yield {
        at: inbound.timeout.at,
        what: `${app} may take ${deadline} ms, its sidecar waits for ${inbound.timeout.ms} ms`,
      };
  }
}
