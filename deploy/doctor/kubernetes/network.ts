import { isInScope } from "../../../adapters/local/scopes.ts";
import type { App } from "../apps.ts";
import type { Component, Deployment, DeploymentRule } from "../deployment.ts";
import { isCutOff } from "./egress.ts";

const POLICIES = "kubernetes.io, Network Policies";

/** Rules about what policies keep a pod from. */
export const network: readonly DeploymentRule[] = [
  {
    id: "dns-blocked",
    effect: "stalls",
    why: "neither sidecar nor app finds anything by its name: no broker, no store, no Dapr",
    source: `${POLICIES}: a policy for egress refuses all that it does not name`,
    fix: "allow UDP and TCP port 53 to the cluster's name servers (OpenShift: 5353)",
    *find(deployment) {
      for (const app of onCluster(deployment)) {
        const isBlocked = isCutOff(deployment, app);
        if ([53, 5353].every((port) => isBlocked({ port, protocol: "UDP", to: isOfNames })))
          yield { at: app.at(), what: `policies keep ${app.id} from name servers` };
      }
    },
  },
  {
    id: "dapr-blocked",
    effect: "stalls",
    why: "a sidecar that reaches neither sentry nor operator has no identity, no components and no subscriptions",
    source: `${POLICIES}; docs.dapr.io, Dapr services on Kubernetes`,
    fix: "allow egress to the namespace dapr-system: TCP 50001 (sentry) and 6500 (operator)",
    *find(deployment) {
      for (const app of onCluster(deployment)) {
        const isBlocked = isCutOff(deployment, app);
        const isOff = (port: number) => isBlocked({ port, protocol: "TCP", to: isOther });
        // The port of their Services, where a policy is asked before that becomes a pod's.
        if ((isOff(50_001) || isOff(6_500)) && isOff(443))
          yield { at: app.at(), what: `policies keep the sidecar of ${app.id} from Dapr's own services` };
      }
    },
  },
  {
    id: "identity-blocked",
    effect: "stalls",
    why: "a component without keys asks the cloud who its pod is: where policies refuse that, it has no broker",
    source: "cloud.google.com, Workload Identity and network policies; docs.aws.amazon.com, EKS Pod Identity",
    fix: "allow TCP 80 to 169.254.169.254 and 988 to 169.254.169.252 (Google), 80 to 169.254.170.23 or 443 to STS (AWS)",
    *find(deployment) {
      for (const app of onCluster(deployment)) {
        const isBlocked = isCutOff(deployment, app);
        for (const { component, ways } of keyless(deployment, app))
          if (ways.every(({ port, ip }) => isBlocked({ port, protocol: "TCP", to: ip ?? isOther })))
            yield {
              at: component.at(),
              what: `policies keep ${app.id} from the identity that ${component.name} asks for`,
            };
      }
    },
  },
];

const isOfNames = (namespace: string): boolean => ["kube-system", "openshift-dns"].includes(namespace);
/** Dapr may have been installed anywhere but there. */
const isOther = (namespace: string): boolean => !isOfNames(namespace);

const onCluster = ({ apps }: Deployment): readonly App[] => apps.filter((app) => app.isOnCluster);

interface Keyless {
  readonly component: Component;
  readonly ways: readonly { readonly port: number; readonly ip?: readonly string[] }[];
}

const GOOGLE = [
  { port: 80, ip: ["169.254.169.254"] },
  { port: 988, ip: ["169.254.169.252", "169.254.169.254"] },
];
const AWS = [{ port: 443 }, { port: 80, ip: ["169.254.170.23", "169.254.169.254", "fd00:ec2::23"] }];

/** An app's components that have no keys, and the ways to an identity in their stead. */
function keyless({ components }: Deployment, { id }: App): readonly Keyless[] {
  return components
    .filter(({ scopes }) => isInScope(scopes, id))
    .flatMap((component) => {
      if (/^\w+\.gcp\./.test(component.type) && !component.has("privateKey") && !component.has("private_key"))
        return [{ component, ways: GOOGLE }];
      return /^\w+\.aws\./.test(component.type) && !component.has("accessKey") ? [{ component, ways: AWS }] : [];
    });
}
