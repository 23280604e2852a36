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
  const resources = deployment
    .of("Resiliency", "dapr.io/")
    .filter(({ value }) => isInScope(textsAt(value, "scopes"), app));
  const find = (list: List, name: string): Policy | undefined => {
    const resource = resources.findLast(({ value }) => Object.hasOwn(shapeAt(value, "spec", "policies", list), name));
    return resource && { resource, name };
  };
  const target = resources.findLast(({ value }) =>
    Object.hasOwn(shapeAt(value, "spec", "targets", "components"), component),
  );
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
