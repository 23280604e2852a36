import { BlockList, isIPv4 } from "node:net";
import type { Manifest } from "./read.ts";

/** Where a packet comes from or goes to: a pod, or an address that is none. */
export type End = Pod | { readonly ip: string };

export interface Pod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ports by name, for policies that name them. */
  readonly ports?: Readonly<Record<string, number>>;
}

export interface Packet {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

const DIRECTIONS = [
  { type: "Egress", rules: "egress", peers: "to", self: "from", other: "to" },
  { type: "Ingress", rules: "ingress", peers: "from", self: "to", other: "from" },
] as const;

type Shape = Readonly<Record<string, unknown>>;

/**
 * Whether NetworkPolicies let a packet through, at the end that sends it and at the one that gets it.
 *
 * throws  TypeError for a field that it does not know: what is not understood must not be taken for a permission or its absence
 * source  NetworkPolicy v1, https://kubernetes.io/docs/concepts/services-networking/network-policies
 */
export function isLetThrough(policies: readonly Manifest[], packet: Packet): boolean {
  return DIRECTIONS.every(({ type, rules, peers, self, other }) => {
    const pod = packet[self];
    if (!("labels" in pod)) return true;
    const mine = policies.filter(
      ({ metadata: { namespace }, spec }) =>
        namespace === pod.namespace && isSelected(pod.labels, spec.podSelector) && typesOf(spec).includes(type),
    );
    if (mine.length === 0) return true;
    return mine.some(({ metadata: { namespace = "" }, spec }) =>
      listOf(spec[rules]).some((rule) => {
        only(rule, [peers, "ports"]);
        const [ends, ports] = [listOf(rule[peers]), listOf(rule.ports)];
        return (
          (ends.length === 0 || ends.some((peer) => isPeer(packet[other], peer, namespace))) &&
          (ports.length === 0 || ports.some((port) => isPort(packet, port)))
        );
      }),
    );
  });
}

function typesOf(spec: Shape): readonly string[] {
  only(spec, ["podSelector", "policyTypes", "ingress", "egress"]);
  return (spec.policyTypes as string[] | undefined) ?? ["Ingress", ...(spec.egress === undefined ? [] : ["Egress"])];
}

/** in  namespace: of the policy, which a peer without a namespace means */
function isPeer(end: End, peer: Shape, namespace: string): boolean {
  only(peer, ["ipBlock", "namespaceSelector", "podSelector"]);
  if (peer.ipBlock !== undefined) return "ip" in end && isInBlock(end.ip, peer.ipBlock as Shape);
  if (!("labels" in end)) return false;
  const isThere =
    peer.namespaceSelector === undefined
      ? end.namespace === namespace
      : isSelected({ "kubernetes.io/metadata.name": end.namespace }, peer.namespaceSelector as Shape);
  return isThere && isSelected(end.labels, (peer.podSelector as Shape | undefined) ?? {});
}

function isInBlock(ip: string, block: Shape): boolean {
  only(block, ["cidr", "except"]);
  const isIn = (cidr: string) => toBlocks(cidr).check(ip, familyOf(ip));
  return isIn(block.cidr as string) && !((block.except as string[] | undefined) ?? []).some(isIn);
}

const blocks = new Map<string, BlockList>();

function toBlocks(cidr: string): BlockList {
  const known = blocks.get(cidr);
  if (known) return known;
  const [address = "", prefix] = cidr.split("/");
  const made = new BlockList();
  made.addSubnet(address, Number(prefix), familyOf(address));
  blocks.set(cidr, made);
  return made;
}

const familyOf = (ip: string) => (isIPv4(ip) ? "ipv4" : "ipv6");

function isPort({ to, port, protocol }: Packet, wanted: Shape): boolean {
  only(wanted, ["protocol", "port", "endPort"]);
  if ((wanted.protocol ?? "TCP") !== protocol) return false;
  if (wanted.port === undefined) return true;
  const first = typeof wanted.port === "string" ? "labels" in to && to.ports?.[wanted.port] : wanted.port;
  if (typeof first !== "number") return false;
  return first <= port && port <= ((wanted.endPort as number | undefined) ?? first);
}

/** By a label selector: one that says nothing selects everything. */
function isSelected(labels: Readonly<Record<string, string>>, selector: Shape): boolean {
  only(selector, ["matchLabels", "matchExpressions"]);
  const wanted = Object.entries((selector.matchLabels as Record<string, string> | undefined) ?? {});
  return (
    wanted.every(([name, value]) => labels[name] === value) &&
    listOf(selector.matchExpressions).every((expression) => {
      only(expression, ["key", "operator", "values"]);
      if (expression.operator !== "In")
        throw new TypeError(
          `selector: must have no operator ${expression.operator}, which packets of tests do not know`,
        );
      return (expression.values as string[]).includes(labels[expression.key as string] ?? "");
    })
  );
}

const listOf = (value: unknown): readonly Shape[] => (value as readonly Shape[] | undefined) ?? [];

function only(value: Shape, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new TypeError(`policy: must have no field ${unknown.join(", ")}, which packets of tests do not know`);
}
