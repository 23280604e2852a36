import { isInScope } from "../../../adapters/local/scopes.ts";
import type { App } from "../apps.ts";
import type { Deployment, DeploymentRule } from "../deployment.ts";
import { toName } from "../deployment.ts";
import { nearest } from "../near.ts";
import type { Resource } from "../resource.ts";
import { isTruthy, listAt, textAt } from "../shape.ts";

const PAGE = "seen on daprd 1.14 and 1.18.3: deploy/dapr/README.md";

/** Rules about how a sidecar treats its app. */
export const sidecar: readonly DeploymentRule[] = [
  {
    id: "overlapping-deliveries",
    effect: "loses",
    why: "where two deliveries run at once and the app breaks its connections, daprd takes the error of one for that of the other, and acknowledges an event that nobody has got",
    source: `${PAGE}; dapr/dapr, pkg/middleware/http/pipeline.go`,
    fix: 'dapr.io/app-max-concurrency: "1", or appMaxConcurrency: 1 in dapr.yaml; more at once is bulkSubscribe, or more replicas',
    *find(deployment) {
      for (const app of hearers(deployment)) {
        const most = app.told("app-max-concurrency");
        if (most !== "1")
          yield {
            at: app.at("app-max-concurrency"),
            what: `${app.id} gets ${most === undefined || Number(most) < 1 ? "any number of" : most} deliveries at once`,
          };
      }
    },
  },
  {
    id: "app-health-check",
    effect: "stalls",
    why: "while it fails daprd takes all subscriptions away, and does not always bring them back: 1.18.3 on Kafka, 1.14 with bulkSubscribe on Redis",
    source: PAGE,
    fix: "leave it out: a sidecar with an endless retry keeps trying what it has in hand",
    *find(deployment) {
      for (const app of hearers(deployment))
        if (isTruthy(app.told("enable-app-health-check")))
          yield { at: app.at("enable-app-health-check"), what: `${app.id} is asked for its health by its sidecar` };
    },
  },
  {
    id: "hot-reload",
    effect: "loses",
    why: "from Dapr 1.18 a component, subscription or policy that is changed acts at once on events that are on their way, and one that is removed is gone before its topic is empty",
    source: "dapr/dapr 1.18, pkg/config/configuration.go, defaultFeatures",
    fix: "in the app's Configuration: features: [{ name: HotReload, enabled: false }]",
    *find({ apps, of }) {
      const configurations = of("Configuration", "dapr.io/").filter(({ name }) => name !== "daprsystem");
      for (const each of configurations)
        if (!isReloadOff(each)) yield { at: each.at("spec", "features"), what: `${toName(each)} leaves hot reload on` };
      for (const app of apps)
        if (app.told("config") === undefined)
          yield { at: app.at(), what: `${app.id} has no Configuration to turn hot reload off` };
    },
  },
  {
    id: "app-without-token",
    effect: "exposes",
    why: "whoever reaches the app's port can make it handle events that nobody has published",
    source: "docs.dapr.io, Authenticate requests from Dapr using token authentication",
    fix: "dapr.io/app-token-secret, and APP_API_TOKEN from the same Secret in the app, which refuses what does not show it",
    *find(deployment) {
      for (const app of hearers(deployment))
        if (app.isOnCluster && app.told("app-token-secret") === undefined && app.hasVariable("APP_API_TOKEN") === "no")
          yield { at: app.at(), what: `${app.id} takes events from anybody` };
    },
  },
  {
    id: "token-on-one-side",
    effect: "stalls",
    why: "an app that knows the token refuses a sidecar that shows none, for ever; one that does not know it refuses nobody",
    source: "docs.dapr.io, dapr.io/app-token-secret: it is set on the sidecar alone",
    fix: "both: dapr.io/app-token-secret, and APP_API_TOKEN from the same Secret in the app",
    *find({ apps }) {
      for (const app of apps.filter(({ isOnCluster }) => isOnCluster)) {
        const [shown, asked] = [app.told("app-token-secret"), app.hasVariable("APP_API_TOKEN")];
        if (shown !== undefined && asked === "no")
          yield {
            at: app.at("app-token-secret"),
            what: `the sidecar of ${app.id} shows a token, and the app has no APP_API_TOKEN`,
          };
        if (shown === undefined && asked === "yes")
          yield { at: app.at(), what: `${app.id} has APP_API_TOKEN, and its sidecar shows no token` };
      }
    },
  },
  {
    id: "secret-in-plain-text",
    effect: "exposes",
    why: "whoever may read components, or the repository, has it",
    source: "docs.dapr.io, Reference secrets in component definitions",
    fix: "secretKeyRef in the place of value",
    *find({ components }) {
      for (const each of components)
        for (const item of listAt(each.resource.value, "spec", "metadata")) {
          const [name = "", value = ""] = [textAt(item, "name"), textAt(item, "value")];
          if (value !== "" && isSecret(name, value)) yield { at: each.at(name), what: `${each.name} says its ${name}` };
        }
    },
  },
  {
    id: "secret-store-unnamed",
    effect: "stalls",
    why: "outside Kubernetes there is no secret store by default: the component waits for its secret for ever, with one warning",
    source: "dapr/dapr, pkg/runtime/processor/secret",
    fix: "auth: { secretStore: <name of a secret store component> }",
    *find({ components, apps }) {
      if (!apps.some(({ isOnCluster }) => !isOnCluster)) return;
      for (const { name, resource } of components) {
        const index = listAt(resource.value, "spec", "metadata").findIndex((item) =>
          textAt(item, "secretKeyRef", "name"),
        );
        if (index !== -1 && textAt(resource.value, "auth", "secretStore") === undefined)
          yield { at: resource.at("spec", "metadata", index), what: `${name} wants a secret of no store` };
      }
    },
  },
];

/**
 * Apps that are subscribed, or would be if a scope were written as it was meant. Where no subscription is declared they may be by
 * their code: all that have a port and a broker.
 */
export function hearers({ apps, subscriptions, components }: Deployment): readonly App[] {
  const scoped = subscriptions.length > 0 ? subscriptions : components.filter(({ type }) => type.startsWith("pubsub."));
  const ids = apps.map(({ id }) => id);
  const isMeant = (scopes: readonly string[], id: string) =>
    isInScope(scopes, id) || scopes.some((scope) => !ids.includes(scope) && nearest(scope, ids) === id);
  return apps.filter(
    (app) => app.told("app-port") !== undefined && scoped.some(({ scopes }) => isMeant(scopes, app.id)),
  );
}

const isReloadOff = ({ value }: Resource): boolean =>
  listAt(value, "spec", "features").some(
    (feature) => textAt(feature, "name") === "HotReload" && !isTruthy(textAt(feature, "enabled")),
  );

const SECRET = /(password|secretKey|sharedAccessKey|accountKey|masterKey|clientSecret|privateKey|authToken|apiKey)$/i;
/** user:password@host, an access key as Azure writes it, or a connection string of a database. What is on this machine alone is no secret: RabbitMQ lets nobody else in as guest. */
const isSecret = (name: string, value: string): boolean =>
  SECRET.test(name) ||
  /^\w+:\/\/[^/@:]*:[^/@]+@(?!(localhost|127\.0\.0\.1|\[::1\])([:/]|$))/.test(value) ||
  /(SharedAccessKey|AccountKey)=/.test(value) ||
  (/\b(password|pwd)=[^\s;]/i.test(value) && !/\b(host|server)=(localhost|127\.0\.0\.1)\b/i.test(value));
