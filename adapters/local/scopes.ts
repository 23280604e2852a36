import type { PubSub } from "./resource-types.ts";

type Scoped = Pick<PubSub, "metadata">;

/**
 * Whether an app may publish to, or subscribe to, a topic of the component.
 *
 * source  Dapr, "Scope Pub/sub topic access"
 */
export function mayUse(
  { metadata }: Scoped,
  {
    appId,
    topic,
    as,
  }: { readonly appId: string; readonly topic: string; readonly as: "publishingScopes" | "subscriptionScopes" },
): boolean {
  const allowed = toList(metadata.get("allowedTopics"));
  if (allowed.length > 0 && !allowed.includes(topic)) return false;
  const scope = toList(metadata.get(as), ";").find((entry) => entry.split("=", 1)[0]?.trim() === appId);
  if (scope === undefined) return !toList(metadata.get("protectedTopics")).includes(topic);
  return toList(scope.slice(scope.indexOf("=") + 1)).includes(topic);
}

const toList = (text = "", separator = ","): readonly string[] =>
  text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Whether a resource with these scopes concerns the app. */
export const isInScope = (scopes: readonly string[], appId: string): boolean =>
  scopes.length === 0 || scopes.includes(appId);
