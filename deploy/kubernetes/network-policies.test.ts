import { join, normalize } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { system } from "../../functions/index.ts";
import { KEEPER } from "../../functions/kernel/system.ts";
import { askedIn } from "../generate/subscriptions.ts";
import { isOpenEverywhere, OPENING, PLACES, surprisesIn } from "./places.ts";
import { isLetThrough, type Packet } from "./reach.ts";
import { isBuildable, kustomizations, type Manifest, readManifests } from "./read.ts";

const services = [...system.functions.map(({ name }) => name), KEEPER];
const asked = askedIn(system);
const [service = ""] = services;
const folders = new Map(kustomizations.map((each) => [each.folder, each]));
const namesOf = (part: string) =>
  kustomizations
    .filter(({ folder }) => folder.startsWith(`kubernetes/${part}/`) && folder.split("/").length === 3)
    .map(({ folder }) => folder.split("/").at(-1) as string);
const components = namesOf("components");
const brokers = components.filter((name) => name.startsWith("broker-"));

const read = new Map<string, readonly Manifest[]>();

/** The NetworkPolicies that a kustomization brings, with all that it takes in. in folder: from deploy/ */
function policiesIn(folder: string): readonly Manifest[] {
  const known = read.get(folder) ?? readPolicies(folder);
  read.set(folder, known);
  return known;
}

function readPolicies(folder: string): readonly Manifest[] {
  const { resources = [], components: parts = [] } = folders.get(folder) ?? {};
  return [...resources, ...parts].flatMap((path) => {
    const target = normalize(join(folder, path));
    if (isBuildable(target) === "folder") return policiesIn(target);
    return readManifests(join("..", target)).filter(({ kind }) => kind === "NetworkPolicy");
  });
}

/** As kustomize would, whose `namespace:` is in every object. */
function build(overlay: string, names: readonly string[]): readonly Manifest[] {
  const folder = `kubernetes/overlays/${overlay}`;
  const { resources = [] } = folders.get(folder) ?? {};
  return [
    ...resources.map((path) => normalize(join(folder, path))).filter((path) => isBuildable(path) === "folder"),
    ...names.map((name) => `kubernetes/components/${name}`),
  ]
    .flatMap(policiesIn)
    .map((policy) => ({ ...policy, metadata: { ...policy.metadata, namespace: `${system.name}-${overlay}` } }));
}

/** Each broker alone and after each other, with and without all that may be added. */
const variants = namesOf("overlays").flatMap((overlay) => {
  const parts = folders.get(`kubernetes/overlays/${overlay}`)?.components ?? [];
  const shipped = parts.map((path) => path.split("/").at(-1) as string).filter((name) => !brokers.includes(name));
  const more = components.filter((name) => name !== "former-broker" && ![...brokers, ...shipped].includes(name));
  return brokers
    .flatMap((broker) => [[broker], ...brokers.filter((each) => each !== broker).map((former) => [former, broker])])
    .flatMap((heard) => [
      [...shipped, ...heard],
      [...shipped, ...heard, ...more],
    ])
    .map((names) => [overlay, names] as const);
});

describe.each(variants)("%s with %j", (overlay, names) => {
  const namespace = `${system.name}-${overlay}`;
  const policies = build(overlay, names);

  it("lets services reach names, Dapr and what they are made of, on every platform, and nothing else", () => {
    expect(surprisesIn({ policies, namespace, services, asked, components: names })).toEqual([]);
  });
});

it("no port of any address is open that no row speaks of", () => {
  const named = new Set(PLACES.flatMap(({ to }) => ("ip" in to ? [to.ip] : [])));
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), ...linkLocal()).filter((ip) => !named.has(ip));
  const port = fc.oneof(fc.nat({ max: 65_535 }), fc.constantFrom(53, 80, 443, 988, 4318, 5353, 6379, 8080, 9092, 9411));
  const packets = fc.record({ ip: address, port, protocol: fc.constantFrom<Packet["protocol"]>("TCP", "UDP") });
  fc.assert(
    fc.property(fc.constantFrom(...variants), packets, ([overlay, names], { ip, port: to, protocol }) => {
      const labels = { "app.kubernetes.io/name": service, "app.kubernetes.io/component": "service" };
      const from = { namespace: `${system.name}-${overlay}`, labels };
      expect(isLetThrough(build(overlay, names), { from, to: { ip }, port: to, protocol })).toBe(
        protocol === "TCP" && isOpenEverywhere(names, to),
      );
    }),
    { numRuns: 300 },
  );
});

/** Where name servers and metadata servers are neighbours. */
const linkLocal = () => [
  fc.tuple(fc.constantFrom(20, 169, 170), fc.nat({ max: 255 })).map(([third, last]) => `169.254.${third}.${last}`),
  fc.nat({ max: 0xffff }).map((last) => `fd00:ec2::${last.toString(16)}`),
];

it("a component that opens a way out for services is one that packets of this test know", () => {
  const opening = components.filter((name) =>
    policiesIn(`kubernetes/components/${name}`).some(
      ({ spec }) =>
        spec.egress !== undefined && spec.podSelector.matchLabels["app.kubernetes.io/component"] === "service",
    ),
  );
  expect(opening.toSorted()).toEqual(OPENING.toSorted());
});
