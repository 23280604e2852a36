import type { InboundPolicy, Resources, Subscription } from "./resource-types.ts";
import { isInScope, mayUse } from "./scopes.ts";

/** out: what the resources say of each other, and of the apps that run, and is not so. */
export function checkReferences(resources: Resources, appIds: readonly string[]): readonly string[] {
  const faults = [
    ...resources.subscriptions.flatMap((subscription) => checkSubscription(subscription, resources, appIds)),
    ...checkDuplicates(resources.subscriptions, appIds),
    ...resources.inbound.flatMap((policy) => checkPolicy(policy, resources, appIds)),
  ];
  return [...new Set(faults)];
}

function checkSubscription(
  subscription: Subscription,
  { pubsubs }: Resources,
  appIds: readonly string[],
): readonly string[] {
  const { where, pubsub: pubsubName, topic, deadLetterTopic, scopes } = subscription;
  const pubsub = pubsubs.find((one) => one.name === pubsubName);
  const faults = pubsub ? [] : [`spec.pubsubname: must name a pubsub component, got ${pubsubName}`];
  for (const appId of scopes.length > 0 ? scopes : appIds) {
    const mayNot = (used: string, as: "publishingScopes" | "subscriptionScopes") =>
      pubsub !== undefined && !mayUse(pubsub, { appId, topic: used, as });
    if (!appIds.includes(appId)) faults.push(`scopes: ${appId} is no app that runs here (${appIds.join(", ")})`);
    else if (pubsub && !isInScope(pubsub.scopes, appId))
      faults.push(`scopes: ${pubsubName} is out of scope for ${appId}`);
    if (mayNot(topic, "subscriptionScopes")) faults.push(`spec.topic: ${appId} may not subscribe to ${topic}`);
    if (deadLetterTopic !== undefined && mayNot(deadLetterTopic, "publishingScopes"))
      faults.push(`spec.deadLetterTopic: ${appId} may not publish to ${deadLetterTopic}`);
  }
  return faults.map((fault) => `${where}: ${fault}`);
}

function checkDuplicates(subscriptions: readonly Subscription[], appIds: readonly string[]): readonly string[] {
  const first = new Map<string, string>();
  const faults: string[] = [];
  for (const { where, pubsub, topic, scopes } of subscriptions) {
    for (const appId of appIds.filter((id) => isInScope(scopes, id))) {
      const key = JSON.stringify([pubsub, topic, appId]);
      const other = first.get(key);
      if (other === undefined) first.set(key, where);
      else
        faults.push(
          `${where}: spec.topic: ${appId} is subscribed to ${topic} already, by ${other}, and only one would count`,
        );
    }
  }
  return faults;
}

function checkPolicy(
  { where, component, scopes }: InboundPolicy,
  resources: Resources,
  appIds: readonly string[],
): readonly string[] {
  const at = `${where}: spec.targets.components.${component}`;
  const isKnown = [...resources.pubsubs, ...resources.stores].some(({ name }) => name === component);
  const applies = (policy: InboundPolicy, appId: string) =>
    policy.component === component && isInScope(policy.scopes, appId);
  const isTwice = appIds.some(
    (appId) => isInScope(scopes, appId) && resources.inbound.filter((policy) => applies(policy, appId)).length > 1,
  );
  return [...(isKnown ? [] : [`${at}: must name a component`]), ...(isTwice ? [`${at}: is given twice`] : [])];
}
