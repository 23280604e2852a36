import { BlockList, isIPv4 } from "node:net";
import { ANNOTATIONS, type App } from "../apps.ts";
import type { Deployment } from "../deployment.ts";
import { listAt, type Shape, shapeAt, textAt, textsAt, valueAt } from "../shape.ts";

/** One of these addresses; or some address, or a pod of a namespace that may be so called. */
type To = readonly string[] | ((namespace: string) => boolean);

interface Wanted {
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  readonly to: To;
}

/**
 * Whether policies keep an app's pod from a port wherever it may be. What is not understood counts as a permission.
 *
 * source  NetworkPolicy v1, https://kubernetes.io/docs/concepts/services-networking/network-policies
 */
export function isCutOff({ of }: Deployment, app: App): (wanted: Wanted) => boolean {
  const labels = shapeAt(app.resource.value, ...ANNOTATIONS.slice(0, -1), "labels");
  const mine = of("NetworkPolicy", "networking.k8s.io/").filter(
    ({ namespace, value }) =>
      namespace === app.resource.namespace &&
      isSelected(labels, shapeAt(value, "spec", "podSelector")) &&
      isAboutEgress(shapeAt(value, "spec")),
  );
  const rules = mine.flatMap(({ value }) => listAt(value, "spec", "egress"));
  return (wanted) => mine.length > 0 && !rules.some((rule) => isPortIn(rule, wanted) && isPeerIn(rule, wanted.to));
}

const isAboutEgress = (spec: Shape): boolean =>
  spec.policyTypes === undefined ? spec.egress !== undefined : textsAt(spec, "policyTypes").includes("Egress");

function isSelected(labels: Shape, selector: Shape): boolean {
  const wanted = Object.entries(shapeAt(selector, "matchLabels"));
  return (
    wanted.every(([name, value]) => labels[name] === value) &&
    listAt(selector, "matchExpressions").every((expression) => {
      const label = textAt(labels, textAt(expression, "key") ?? "");
      const isIn = label !== undefined && textsAt(expression, "values").includes(label);
      const is = { In: isIn, NotIn: !isIn, Exists: label !== undefined, DoesNotExist: label === undefined };
      return is[textAt(expression, "operator") as keyof typeof is] ?? false;
    })
  );
}

function isPortIn(rule: unknown, { port, protocol }: Wanted): boolean {
  const ports = listAt(rule, "ports");
  if (ports.length === 0) return true;
  return ports.some((each) => {
    if ((textAt(each, "protocol") ?? "TCP") !== protocol) return false;
    const first = Number(textAt(each, "port"));
    // Left out, or a name.
    return Number.isNaN(first) || (first <= port && port <= Number(textAt(each, "endPort") ?? first));
  });
}

function isPeerIn(rule: unknown, to: To): boolean {
  const peers = listAt(rule, "to");
  if (peers.length === 0) return true;
  return peers.some((peer) => {
    const cidr = textAt(peer, "ipBlock", "cidr");
    if (typeof to !== "function") return cidr !== undefined && to.some((ip) => isInBlock(ip, cidr));
    return cidr !== undefined || (valueAt(peer, "namespaceSelector") !== undefined && mayBe(peer, to));
  });
}

const NAME = "kubernetes.io/metadata.name";

/** A selector that names no namespace may select any. */
function mayBe(peer: unknown, isWanted: (namespace: string) => boolean): boolean {
  const selector = shapeAt(peer, "namespaceSelector");
  const label = textAt(selector, "matchLabels", NAME);
  const listed = listAt(selector, "matchExpressions")
    .filter((each) => textAt(each, "key") === NAME && textAt(each, "operator") === "In")
    .flatMap((each) => textsAt(each, "values"));
  const names = label === undefined ? listed : [label];
  return names.length === 0 || names.some(isWanted);
}

function isInBlock(ip: string, cidr: string): boolean {
  const [address = "", prefix] = cidr.split("/");
  if (isIPv4(ip) !== isIPv4(address)) return false;
  const family = isIPv4(ip) ? "ipv4" : "ipv6";
  try {
    const block = new BlockList();
    block.addSubnet(address, Number(prefix), family);
    return block.check(ip, family);
  } catch {
    return true;
  }
}
