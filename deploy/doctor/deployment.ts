import { isInScope } from "../../adapters/local/scopes.ts";
import type { System } from "../../functions/kernel/system.ts";
import { type App, appsOf } from "./apps.ts";
import type { Place, Resource } from "./resource.ts";
import type { Rule } from "./rule.ts";
import { listAt, shapeAt, textAt, textsAt } from "./shape.ts";

/** What is, or would be, deployed together. */
export interface Deployment {
  readonly resources: readonly Resource[];
  readonly apps: readonly App[];
  readonly components: readonly Component[];
  readonly subscriptions: readonly Subscription[];
  /** Known of the apps that are functions of it. */
  readonly system: System<never>;
  of(kind: string, group?: string): readonly Resource[];
}

export interface Component {
  readonly name: string;
  readonly type: string;
  readonly scopes: readonly string[];
  readonly resource: Resource;
  /** Of the settings that stand in it as plain text. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether a setting is there, in plain text or elsewhere: in a Secret, or in the environment. */
  has(setting: string): boolean;
  /** out: the place of the setting, or of the component's name */
  at(setting?: string): Place;
}

export interface Subscription {
  readonly pubsub: string;
  readonly topic: string;
  readonly paths: readonly string[];
  readonly deadLetterTopic: string | undefined;
  readonly scopes: readonly string[];
  readonly resource: Resource;
}

/** A rule over a deployment. */
export interface DeploymentRule extends Rule {
  find(deployment: Deployment): Iterable<Problem>;
}

export interface Problem {
  readonly at: Place;
  readonly what: string;
}

export function toDeployment(resources: readonly Resource[], system: System<never>): Deployment {
  const of = (kind: string, group = "") =>
    resources.filter((each) => each.kind === kind && each.apiVersion.startsWith(group));
  return {
    ...{ resources, system, of },
    apps: appsOf(resources),
    components: of("Component", "dapr.io/").map(toComponent),
    subscriptions: of("Subscription", "dapr.io/").map(toSubscription),
  };
}

function toComponent(resource: Resource): Component {
  const { name, value } = resource;
  const items = listAt(value, "spec", "metadata");
  // Dapr compares the names of settings without their case.
  const indexOf = (setting: string) =>
    items.findIndex((item) => textAt(item, "name")?.toLowerCase() === setting.toLowerCase());
  const plain = new Map(
    items.flatMap((item) => {
      const [key, text] = [textAt(item, "name"), textAt(item, "value")];
      return key === undefined || text === undefined ? [] : [[key.toLowerCase(), text] as const];
    }),
  );
  return {
    ...{ name, resource, type: textAt(value, "spec", "type") ?? "", scopes: textsAt(value, "scopes") },
    metadata: new CaselessMap(plain),
    has: (setting) => indexOf(setting) !== -1,
    at: (setting) =>
      setting !== undefined && indexOf(setting) !== -1
        ? resource.at("spec", "metadata", indexOf(setting))
        : resource.at("metadata", "name"),
  };
}

class CaselessMap extends Map<string, string> {
  override get(key: string): string | undefined {
    return super.get(key.toLowerCase());
  }
}

/** Of either version: v1alpha1 has one route, v2alpha1 rules and a default. */
function toSubscription(resource: Resource): Subscription {
  const spec = shapeAt(resource.value, "spec");
  const routes = [textAt(spec, "route"), textAt(spec, "routes", "default")];
  const ruled = listAt(spec, "routes", "rules").map((rule) => textAt(rule, "path"));
  return {
    pubsub: textAt(spec, "pubsubname") ?? "",
    topic: textAt(spec, "topic") ?? "",
    paths: [...routes, ...ruled].flatMap((path) => path ?? []),
    deadLetterTopic: textAt(spec, "deadLetterTopic") || undefined,
    scopes: textsAt(resource.value, "scopes"),
    resource,
  };
}

/** The apps that hear a subscription. Where no app is known, those that it is for. */
export function hearersOf({ apps }: Deployment, { scopes }: Subscription): readonly string[] {
  if (apps.length === 0) return scopes;
  return [...new Set(apps.map(({ id }) => id))].filter((id) => isInScope(scopes, id));
}

/** The component that a subscription is on. out: undefined where it is not here */
export const pubsubOf = (
  { components }: Deployment,
  { pubsub, scopes }: Pick<Subscription, "pubsub" | "scopes">,
): Component | undefined => {
  const named = components.filter(({ name, type }) => name === pubsub && type.startsWith("pubsub."));
  return named.find((each) => scopes.length === 0 || scopes.some((id) => isInScope(each.scopes, id))) ?? named[0];
};

/** Of problems at one place the first: one mended setting mends them all. */
export function* once(problems: Iterable<Problem>): Generator<Problem> {
  const seen = new Set<string>();
  for (const problem of problems) {
    const key = `${problem.at.file}:${problem.at.line}`;
    if (!seen.has(key)) yield problem;
    seen.add(key);
  }
}

export const toName = ({ kind, name }: Resource): string => `${kind} ${name}`;
