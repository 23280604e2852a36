import { parseDuration } from "../../adapters/local/duration.ts";
import { isInScope } from "../../adapters/local/scopes.ts";
import type { Deployment } from "./deployment.ts";
import type { Place, Resource } from "./resource.ts";
import { shapeAt, textAt, textsAt } from "./shape.ts";

export interface Retry {
  readonly policy: string;
  /** ms */
  readonly duration: number;
  /** -1: without end. */
  readonly maxRetries: number;
  readonly hasMatching: boolean;
  at(field?: string): Place;
}

/** How deliveries from a component are tried. */
export interface Inbound {
  readonly timeout?: { readonly ms: number; readonly at: Place };
  readonly retry?: Retry;
  readonly circuitBreaker?: Place;
  /** Policies that are named and are not there. */
  readonly unknown: readonly { readonly name: string; readonly at: Place }[];
}

/** The most special first. */
const LEVELS = ["PubsubComponentInbound", "ComponentInbound", "Component", ""];
const OUTBOUND_LEVELS = ["StatestoreComponentOutbound", "ComponentOutbound", "Component", ""];
const FIELDS = [
  { field: "timeout", list: "timeouts", suffix: "TimeoutPolicy" },
  { field: "retry", list: "retries", suffix: "RetryPolicy" },
  { field: "circuitBreaker", list: "circuitBreakers", suffix: "CircuitBreakerPolicy" },
] as const;
type List = (typeof FIELDS)[number]["list"];

interface Policy {
  readonly resource: Resource;
  readonly name: string;
}

/**
 * What an app's sidecar does about deliveries from a component: what is said of the component; only where nothing is, what
 * policies say that have the names of defaults. The policies of all resources of an app are one list.
 *
 * source  dapr/dapr 1.14, pkg/resiliency/resiliency.go, ComponentInboundPolicy, getDefaultPolicy
 */
export function inboundOf(deployment: Deployment, component: string, app: string): Inbound {
  const { find, target } = policiesOf(deployment, component, app);
  const path = ["spec", "targets", "components", component, "inbound"];
  const unknown: { name: string; at: Place }[] = [];
  const chosen = FIELDS.map(({ field, list, suffix }) => {
    if (!target) return LEVELS.map((level) => find(list, `Default${level}${suffix}`)).find(Boolean);
    const name = textAt(target.value, ...path, field) || undefined;
    const policy = name === undefined ? undefined : find(list, name);
    if (name !== undefined && !policy) unknown.push({ name, at: target.at(...path, field) });
    return policy;
  });
  const [timeout, retry, breaker] = chosen;
  return {
    ...(timeout && toTimeout(timeout)),
    ...(retry && { retry: toRetry(retry) }),
    ...(breaker && {
      circuitBreaker:
        target?.at(...path, "circuitBreaker") ?? breaker.resource.at("spec", "policies", "circuitBreakers"),
    }),
    unknown,
  };
}

/** The retry of what an app asks a state store, if there is one. source: as above, ComponentOutboundPolicy */
export function outboundRetryOf(deployment: Deployment, store: string, app: string): Place | undefined {
  const { find, target } = policiesOf(deployment, store, app);
  if (!target) {
    const policy = OUTBOUND_LEVELS.map((level) => find("retries", `Default${level}RetryPolicy`)).find(Boolean);
    return policy?.resource.at("spec", "policies", "retries", policy.name);
  }
  const path = ["spec", "targets", "components", store, "outbound", "retry"];
  const name = textAt(target.value, ...path);
  return name && find("retries", name) ? target.at(...path) : undefined;
}

/** The policies of an app, by name, and the last resource that says something of a component. */
function policiesOf(deployment: Deployment, component: string, app: string) {
  const resources = deployment
    .of("Resiliency", "dapr.io/")
    .filter(({ value }) => isInScope(textsAt(value, "scopes"), app));
  return {
    find(list: List, name: string): Policy | undefined {
      const resource = resources.findLast(({ value }) => Object.hasOwn(shapeAt(value, "spec", "policies", list), name));
      return resource && { resource, name };
    },
    target: resources.findLast(({ value }) =>
      Object.hasOwn(shapeAt(value, "spec", "targets", "components"), component),
    ),
  };
}

function toTimeout({ resource, name }: Policy): Pick<Inbound, "timeout"> {
  const path = ["spec", "policies", "timeouts", name];
  const ms = toMs(textAt(resource.value, ...path));
  // 0 is none.
  return ms ? { timeout: { ms, at: resource.at(...path) } } : {};
}

function toRetry({ resource, name }: Policy): Retry {
  const path = ["spec", "policies", "retries", name];
  const said = shapeAt(resource.value, ...path);
  return {
    policy: textAt(said, "policy") ?? "constant",
    duration: toMs(textAt(said, "duration")) ?? 5_000,
    maxRetries: Number(textAt(said, "maxRetries") ?? -1),
    hasMatching: Object.keys(shapeAt(said, "matching")).length > 0,
    at: (field) => resource.at(...path, ...(field === undefined ? [] : [field])),
  };
}

/** A duration as Go writes it, or a number of milliseconds. */
export function toMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : parseDuration(text);
}
