import { expect, it } from "vitest";
import { isLetThrough, type Packet } from "./reach.ts";
import type { Manifest } from "./read.ts";

const pod = { namespace: "shop", labels: { app: "a" }, ports: { http: 8080 } };
const policy = (spec: object, namespace = "shop"): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "policy", namespace },
  spec: { podSelector: {}, ...spec },
});
const block = { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] };

it.each<[string, boolean, Manifest[], Partial<Packet>]>([
  ["nobody speaks of the pod", true, [], {}],
  ["a policy speaks of it and lets nothing through", false, [policy({ policyTypes: ["Egress"] })], {}],
  ["a policy of another namespace speaks", true, [policy({ policyTypes: ["Egress"] }, "other")], {}],
  ["a policy speaks of the other direction", true, [policy({ ingress: [] })], {}],
  ["one of two lets it through", true, [policy({ policyTypes: ["Egress"] }), policy({ egress: [{}] })], {}],
  ["its address is in the block", true, [policy({ egress: [{ to: [{ ipBlock: block }] }] })], {}],
  ["its address is excepted", false, [policy({ egress: [{ to: [{ ipBlock: block }] }] })], { to: { ip: "10.1.2.3" } }],
  [
    "its address is of the other family",
    false,
    [policy({ egress: [{ to: [{ ipBlock: block }] }] })],
    { to: { ip: "::1" } },
  ],
  ["its port is the last", true, [policy({ egress: [{ ports: [{ port: 70, endPort: 80 }] }] })], {}],
  ["its port is one more", false, [policy({ egress: [{ ports: [{ port: 70, endPort: 79 }] }] })], {}],
  [
    "its protocol is not the one that a port without one means",
    false,
    [policy({ egress: [{ ports: [{ port: 80 }] }] })],
    { protocol: "UDP" },
  ],
  [
    "a pod is meant by its labels alone: in the policy's namespace",
    false,
    [policy({ egress: [{ to: [{ podSelector: {} }] }] })],
    { to: { ...pod, namespace: "other" } },
  ],
  [
    "the receiver refuses what the sender may send",
    false,
    [policy({ ingress: [] }, "other")],
    { to: { ...pod, namespace: "other" } },
  ],
  [
    "the receiver names the port",
    true,
    [policy({ ingress: [{ ports: [{ port: "http" }] }] }, "other")],
    { to: { ...pod, namespace: "other" }, port: 8080 },
  ],
])("a packet, when %s: %s", (_, is, policies, more) => {
  const packet: Packet = { from: pod, to: { ip: "10.0.0.1" }, port: 80, protocol: "TCP", ...more };
  expect(isLetThrough(policies, packet)).toBe(is);
});

it.each([
  ["a rule", policy({ egress: [{ unless: [] }] })],
  ["a peer", policy({ egress: [{ to: [{ serviceSelector: {} }] }] })],
  ["a selector's operator", policy({ podSelector: { matchExpressions: [{ key: "a", operator: "Exists" }] } })],
])("refuses %s that it does not understand, since it would be read as no restriction", (_, strange) => {
  const packet: Packet = { from: pod, to: { ip: "10.0.0.1" }, port: 80, protocol: "TCP" };
  expect(() => isLetThrough([strange], packet)).toThrow("must have no");
});
