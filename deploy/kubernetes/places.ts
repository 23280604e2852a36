import { type End, isLetThrough, type Packet, type Pod } from "./reach.ts";
import type { Manifest } from "./read.ts";

interface Place {
  readonly what: string;
  readonly to: End;
  readonly port: number;
  readonly protocols: readonly Packet["protocol"][];
  /** Components that open the way there for services. Left out: nobody does, but by a port that is open to everywhere. */
  readonly by?: readonly string[];
}

/** In every overlay, whatever it is made of. */
const ALWAYS = "base";
const BOTH = ["UDP", "TCP"] as const;
const TCP = ["TCP"] as const;
const UDP = ["UDP"] as const;

const podOf = (namespace: string, labels: Readonly<Record<string, string>> = {}): Pod => ({ namespace, labels });
const at = (ip: string): End => ({ ip });

const DNS_ON_OPENSHIFT = { "dns.operator.openshift.io/daemonset-dns": "default" };

/** Name servers, identities and neighbours where shops run, each with its address and port when policies are asked. */
export const PLACES: readonly Place[] = [
  { what: "kube-dns", to: podOf("kube-system", { "k8s-app": "kube-dns" }), port: 53, protocols: BOTH, by: [ALWAYS] },
  {
    what: "the cache of GKE's Dataplane V2, Autopilot's too",
    to: podOf("kube-system", { "k8s-app": "node-local-dns" }),
    ...{ port: 53, protocols: BOTH, by: [ALWAYS] },
  },
  { what: "NodeLocal DNSCache", to: at("169.254.20.10"), port: 53, protocols: BOTH, by: [ALWAYS] },
  { what: "Cloud DNS for GKE", to: at("169.254.169.254"), port: 53, protocols: BOTH, by: [ALWAYS] },
  {
    what: "names on OpenShift",
    to: podOf("openshift-dns", DNS_ON_OPENSHIFT),
    ...{ port: 5353, protocols: BOTH, by: [ALWAYS] },
  },
  { what: "Dapr's sentry", to: podOf("dapr-system"), port: 50001, protocols: TCP, by: [ALWAYS] },
  { what: "Dapr's operator", to: podOf("dapr-system"), port: 6500, protocols: TCP, by: [ALWAYS] },

  {
    what: "GKE's metadata server",
    to: at("169.254.169.254"),
    ...{ port: 80, protocols: TCP, by: ["broker-gcp-pubsub"] },
  },
  {
    what: "the same, behind Calico",
    to: at("169.254.169.252"),
    ...{ port: 988, protocols: TCP, by: ["broker-gcp-pubsub"] },
  },
  {
    what: "EKS Pod Identity",
    to: at("169.254.170.23"),
    ...{ port: 80, protocols: TCP, by: ["broker-aws-snssqs"] },
  },
  {
    what: "EKS Pod Identity on IPv6",
    to: at("fd00:ec2::23"),
    ...{ port: 80, protocols: TCP, by: ["broker-aws-snssqs"] },
  },
  { what: "an instance's identity on IPv6", to: at("fd00:ec2::254"), port: 80, protocols: TCP },
  { what: "a metadata server by UDP", to: at("169.254.169.254"), port: 80, protocols: UDP },
  { what: "a task's identity on ECS", to: at("169.254.170.2"), port: 80, protocols: TCP },
  { what: "its other port behind Calico", to: at("169.254.169.252"), port: 987, protocols: TCP },
  { what: "GKE's metadata server at its port behind Calico", to: at("169.254.169.254"), port: 988, protocols: TCP },

  { what: "any name server", to: at("203.0.113.7"), port: 53, protocols: BOTH },
  { what: "any name server on IPv6", to: at("2001:db8::7"), port: 53, protocols: BOTH },
  { what: "the address beside the cache's", to: at("169.254.20.11"), port: 53, protocols: BOTH },
  { what: "another port of the cache", to: at("169.254.20.10"), port: 9253, protocols: TCP },
  { what: "OpenShift's port elsewhere", to: at("203.0.113.7"), port: 5353, protocols: BOTH },
  { what: "metrics of kube-dns", to: podOf("kube-system", { "k8s-app": "kube-dns" }), port: 9153, protocols: TCP },
  { what: "another pod of kube-system", to: podOf("kube-system", { "k8s-app": "other" }), port: 53, protocols: BOTH },
  { what: "a pod that says it is kube-dns", to: podOf("other", { "k8s-app": "kube-dns" }), port: 53, protocols: BOTH },
  { what: "another pod of openshift-dns", to: podOf("openshift-dns"), port: 5353, protocols: BOTH },
  {
    what: "a pod that says it is OpenShift's",
    to: podOf("kube-system", DNS_ON_OPENSHIFT),
    ...{ port: 5353, protocols: BOTH },
  },
  { what: "a pod of another namespace", to: podOf("other"), port: 8080, protocols: TCP },
  { what: "the API server", to: at("10.0.0.1"), port: 443, protocols: TCP },
  { what: "the API server's own port", to: at("10.0.0.1"), port: 6443, protocols: TCP },
  { what: "a kubelet", to: at("10.0.0.2"), port: 10250, protocols: TCP },
  { what: "the internet", to: at("203.0.113.7"), port: 80, protocols: TCP },
  { what: "the internet, encrypted", to: at("203.0.113.7"), port: 443, protocols: TCP },
  { what: "the internet, by QUIC", to: at("203.0.113.7"), port: 443, protocols: UDP },
  { what: "a collector anywhere", to: at("203.0.113.7"), port: 4317, protocols: BOTH },
  { what: "a collector of another namespace", to: podOf("observability"), port: 4318, protocols: TCP },
  { what: "the internet on IPv6", to: at("2001:db8::7"), port: 443, protocols: TCP },
];

/** What services may reach everywhere, since only a Secret or a line of the Configuration says where it is: first and last port, by component. */
const TO_EVERYWHERE: Readonly<Record<string, readonly [number, number]>> = {
  "state-redis": [6379, 6380],
  "broker-redis": [6379, 6380],
  "broker-kafka": [9092, 9098],
  "broker-rabbitmq": [5671, 5672],
  "broker-aws-snssqs": [443, 443],
  "broker-gcp-pubsub": [443, 443],
  "tracing-otlp": [4317, 4318],
};

/** Components that open a way out for services. */
export const OPENING: readonly string[] = [
  ...new Set([...PLACES.flatMap(({ by = [] }) => by), ...Object.keys(TO_EVERYWHERE), "tracing-zipkin"]),
].filter((name) => name !== ALWAYS);

export interface Built {
  readonly policies: readonly Manifest[];
  readonly namespace: string;
  readonly services: readonly string[];
  /** Those of the services that an edge asks. */
  readonly asked: readonly string[];
  readonly components: readonly string[];
}

export const isOpenEverywhere = (components: readonly string[], port: number): boolean =>
  components.some((name) => {
    const [first, last] = TO_EVERYWHERE[name] ?? [1, 0];
    return first <= port && port <= last;
  });

/** What policies let through and must not, or cut off and must not, one sentence each. */
export function surprisesIn({ policies, namespace, services, asked, components }: Built): readonly string[] {
  const own = (name: string, component = "service"): Pod => ({
    namespace,
    labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": component },
    ports: { service: { http: 8080, edge: 8000 }, redis: { redis: 6379 }, tracing: { http: 9411 } }[component] ?? {},
  });
  const [redis, zipkin, monitoring] = [own("redis", "redis"), own("zipkin", "tracing"), podOf("monitoring")];
  const isBy = (by: readonly string[]) => by.some((name) => name === ALWAYS || components.includes(name));
  const out: readonly Place[] = [
    ...PLACES,
    { what: "Zipkin", to: zipkin, port: 9411, protocols: TCP, by: ["tracing-zipkin"] },
    ...services.flatMap((name) => [
      { what: `the events of ${name}`, to: own(name), port: 8080, protocols: TCP },
      { what: `the edge of ${name}`, to: own(name), port: 8000, protocols: TCP },
    ]),
  ];
  const rows = [
    ...services.flatMap((name) =>
      out.flatMap(({ what, to, port, protocols, by = [] }) =>
        protocols.map((protocol) => ({
          what: `${name} to ${what}, ${port}/${protocol}`,
          packet: { from: own(name), to, port, protocol },
          is: isBy(by) || (protocol === "TCP" && isOpenEverywhere(components, port)),
        })),
      ),
    ),
    ...[redis, zipkin, podOf(namespace)].flatMap((from) =>
      out.map(({ what, to, port, protocols: [protocol] }) => ({
        what: `${from.labels["app.kubernetes.io/name"] ?? "a stranger in the namespace"} to ${what}, ${port}/${protocol}`,
        packet: { from, to, port, protocol: protocol ?? "TCP" },
        is: false,
      })),
    ),
    ...services.flatMap((name) => [
      { what: `${name} to Redis`, packet: tcp(own(name), redis, 6379), is: components.includes("redis") },
      ...[at("203.0.113.7"), monitoring, podOf("other")].flatMap((from) => [
        { what: `${nameOf(from)} to the events of ${name}`, packet: tcp(from, own(name), 8080), is: false },
        {
          what: `${nameOf(from)} to the edge of ${name}`,
          packet: tcp(from, own(name), 8000),
          is: asked.includes(name),
        },
      ]),
      ...[9464, 9090].flatMap((port) => [
        { what: `Prometheus to ${name}, ${port}`, packet: tcp(monitoring, own(name), port), is: true },
        { what: `the internet to ${name}, ${port}`, packet: tcp(at("203.0.113.7"), own(name), port), is: false },
      ]),
      { what: `the sidecar's API of ${name}`, packet: tcp(at("203.0.113.7"), own(name), 3500), is: false },
    ]),
    { what: "the internet to Redis", packet: tcp(at("203.0.113.7"), redis, 6379), is: false },
    { what: "another namespace to Redis", packet: tcp(podOf("other"), redis, 6379), is: false },
    { what: "the internet to Zipkin", packet: tcp(at("203.0.113.7"), zipkin, 9411), is: false },
  ];
  return rows
    .filter(({ packet, is }) => isLetThrough(policies, packet) !== is)
    .map(({ what, is }) => `${what}: must be ${is ? "let through" : "refused"}`);
}

const nameOf = (from: End): string => ("ip" in from ? from.ip : `a pod of ${from.namespace}`);
const tcp = (from: End, to: End, port: number): Packet => ({ from, to, port, protocol: "TCP" });
