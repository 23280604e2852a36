import { isInScope, mayUse } from "../../../adapters/local/scopes.ts";
import { topicsOf } from "../../../functions/kernel/define.ts";
import { idsOf } from "../apps.ts";
import { type Deployment, type DeploymentRule, hearersOf, pubsubOf, toName } from "../deployment.ts";
import { nearest } from "../near.ts";
import { isWhole, ownApps } from "../own.ts";
import type { Resource } from "../resource.ts";
import { listAt, shapeAt, textAt, textsAt } from "../shape.ts";

const SCOPES = "docs.dapr.io, Scope components to one or more applications";
const SUBSCRIPTIONS = "docs.dapr.io, Declarative and programmatic subscription methods";

/** Rules about who hears what. */
export const wiring: readonly DeploymentRule[] = [
  {
    id: "scope-without-app",
    effect: "loses",
    why: "Dapr compares app ids letter by letter and gives it to none that differs: that app never subscribes, and nothing says so",
    source: SCOPES,
    fix: "write the app id as dapr.io/app-id, or appID in dapr.yaml, says it",
    *find({ apps, of, resources }) {
      if (apps.length === 0) return;
      const ids = idsOf(resources);
      for (const resource of ["Component", "Subscription", "Resiliency"].flatMap((kind) => of(kind, "dapr.io/")))
        for (const [index, scope] of textsAt(resource.value, "scopes").entries()) {
          if (ids.includes(scope)) continue;
          const meant = nearest(scope, ids);
          const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
          yield {
            at: resource.at("scopes", index),
            what: `${toName(resource)} is for ${scope}, which no app here is called${hint}`,
          };
        }
    },
  },
  {
    id: "component-without-scopes",
    effect: "exposes",
    why: "every app of the namespace gets it with its credentials, and may publish, subscribe or read state under any topic or key",
    source: SCOPES,
    fix: "list under scopes the app ids that use it",
    *find({ components }) {
      for (const { resource, type, scopes } of components)
        if (/^(pubsub|state)\./.test(type) && scopes.length === 0)
          yield { at: resource.at("metadata", "name"), what: `${toName(resource)} has no scopes` };
    },
  },
  {
    id: "subscription-without-scopes",
    effect: "loses",
    why: "every app of the namespace subscribes with it: one that does not serve its route answers 404, on which Dapr drops the event",
    source: SUBSCRIPTIONS,
    fix: "list under scopes the app ids that serve its route",
    *find({ subscriptions }) {
      for (const { resource, scopes } of subscriptions)
        if (scopes.length === 0)
          yield { at: resource.at("metadata", "name"), what: `${toName(resource)} has no scopes` };
    },
  },
  {
    id: "subscription-without-pubsub",
    effect: "loses",
    why: "a sidecar that does not have the component subscribes to nothing, and only its log says so",
    source: SCOPES,
    fix: "name a pubsub component that is there, with the app among its scopes",
    *find(deployment) {
      const pubsubs = deployment.components.filter(({ type }) => type.startsWith("pubsub."));
      if (pubsubs.length === 0) return;
      for (const each of deployment.subscriptions) {
        const named = pubsubs.filter(({ name }) => name === each.pubsub);
        const at = each.resource.at("spec", "pubsubname");
        if (named.length === 0) {
          yield { at, what: `${toName(each.resource)} is on ${each.pubsub}, which is not here` };
          continue;
        }
        for (const app of hearersOf(deployment, each))
          if (!named.some(({ scopes }) => isInScope(scopes, app)))
            yield { at, what: `${toName(each.resource)} is for ${app}, which ${each.pubsub} leaves out of its scopes` };
      }
    },
  },
  {
    id: "second-subscription",
    effect: "loses",
    why: "of two subscriptions of an app to one topic Dapr keeps the first that it has read, and its route and dead letter topic alone",
    source: "dapr/dapr 1.14, pkg/runtime/compstore/subscriptions.go",
    fix: "one subscription a topic and app: tell types apart by rules under routes, or in the app",
    *find(deployment) {
      const first = new Map<string, Resource>();
      for (const each of deployment.subscriptions)
        for (const app of hearersOf(deployment, each)) {
          const key = JSON.stringify([app, each.pubsub, each.topic]);
          const other = first.get(key);
          if (other === undefined) first.set(key, each.resource);
          // One of the same name elsewhere is the same, for another environment.
          else if (other.name !== each.resource.name || other.at().file === each.resource.at().file)
            yield {
              at: each.resource.at("spec", "topic"),
              what: `${toName(each.resource)} subscribes ${app} to ${each.topic}, as ${other.name} does`,
            };
        }
    },
  },
  {
    id: "app-without-port",
    effect: "stalls",
    why: "without the app's port a sidecar has no way to its app, and subscribes to nothing over HTTP or gRPC",
    source: "docs.dapr.io, dapr.io/app-port",
    fix: "say the port that the app listens on: dapr.io/app-port, or appPort in dapr.yaml",
    *find(deployment) {
      for (const app of deployment.apps)
        if (app.told("app-port") === undefined && isHearer(deployment, app.id))
          yield { at: app.at(), what: `${app.id} is subscribed and has no app port` };
    },
  },
  {
    id: "route-not-served",
    effect: "loses",
    why: "an app answers 404 where it serves nothing, on which Dapr drops the event, or puts it into the dead letter topic; a bulk it drops in any case",
    source: "dapr/dapr, pkg/runtime/subscription/postman/http",
    fix: "write the route that the app serves: /<topic>",
    *find(deployment) {
      for (const { app, fn } of ownApps(deployment))
        for (const each of deployment.subscriptions) {
          if (!isInScope(each.scopes, app.id)) continue;
          const served = topicsOf(fn).map((topic) => `/${topic}`);
          for (const path of each.paths.filter((one) => !served.includes(one.replace(/^\/?/, "/"))))
            yield {
              at: each.resource.at("spec", "routes"),
              what: `${toName(each.resource)} delivers to ${path}, which ${app.id} does not serve (${served.join(", ")})`,
            };
        }
    },
  },
  {
    id: "route-without-default",
    effect: "loses",
    why: "what no rule matches is delivered to nobody and acknowledged, with one line in the sidecar's debug log",
    source: "dapr/dapr, pkg/runtime: no matching route for event, skipping",
    fix: "a default under routes, or a deadLetterTopic",
    *find({ subscriptions }) {
      for (const { resource, deadLetterTopic } of subscriptions) {
        const routes = shapeAt(resource.value, "spec", "routes");
        const rules = listAt(routes, "rules");
        // A rule that has no match is the default.
        const hasDefault =
          textAt(routes, "default") || rules.some((rule) => !textAt(rule, "match") && textAt(rule, "path"));
        if (rules.length > 0 && !hasDefault && deadLetterTopic === undefined)
          yield { at: resource.at("spec", "routes"), what: `${toName(resource)} has rules and no default` };
      }
    },
  },
  {
    id: "consumer-without-subscription",
    effect: "loses",
    why: "nobody asks the broker on its behalf: its events never come, and where a broker keeps them for subscribers alone they are gone",
    source: SUBSCRIPTIONS,
    fix: "add a Subscription for the app and the topic (`npm run generate` writes it)",
    *find(deployment) {
      if (deployment.subscriptions.length === 0) return;
      for (const { app, fn } of ownApps(deployment))
        for (const topic of topicsOf(fn))
          if (!deployment.subscriptions.some((each) => each.topic === topic && isInScope(each.scopes, app.id)))
            yield { at: app.at(), what: `${app.id} consumes events on ${topic}, and no subscription brings them` };
    },
  },
  {
    id: "topic-without-publisher",
    effect: "stalls",
    why: "nobody says anything there: what the app waits for goes to another topic, or nowhere",
    source: "functions/index.ts",
    fix: "subscribe to the topic that the event's definition names",
    *find(deployment) {
      if (!isWhole(deployment)) return;
      const { system, subscriptions } = deployment;
      const said = system.functions.flatMap(({ definition }) =>
        [...definition.emits.values()].map(({ topic }) => topic),
      );
      const letters = subscriptions.map(({ deadLetterTopic }) => deadLetterTopic);
      const own = ownApps(deployment).map(({ app }) => app.id);
      for (const { topic, scopes, resource } of subscriptions)
        if (![...said, ...letters].includes(topic) && scopes.some((scope) => own.includes(scope)))
          yield {
            at: resource.at("spec", "topic"),
            what: `${toName(resource)} is on ${topic}, where no function publishes`,
          };
    },
  },
  {
    id: "topic-not-allowed",
    effect: "loses",
    why: "the component's topic scopes refuse it: a sidecar neither subscribes there nor puts dead letters there, and only its log says so",
    source: "docs.dapr.io, Scope Pub/sub topic access",
    fix: "name the app and the topic in subscriptionScopes, and the dead letter topic in publishingScopes",
    *find(deployment) {
      for (const each of deployment.subscriptions) {
        const component = pubsubOf(deployment, each);
        if (!component) continue;
        for (const appId of hearersOf(deployment, each)) {
          if (!mayUse(component, { appId, topic: each.topic, as: "subscriptionScopes" }))
            yield {
              at: component.at("subscriptionScopes"),
              what: `${component.name} does not let ${appId} subscribe to ${each.topic}`,
            };
          const { deadLetterTopic: topic } = each;
          if (topic !== undefined && !mayUse(component, { appId, topic, as: "publishingScopes" }))
            yield {
              at: component.at("publishingScopes"),
              what: `${component.name} does not let ${appId} publish to its dead letter topic ${topic}`,
            };
        }
      }
    },
  },
];

const isHearer = ({ subscriptions }: Deployment, app: string): boolean =>
  subscriptions.some(({ scopes }) => scopes.includes(app));
