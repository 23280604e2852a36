import { keepFault } from "../../adapters/core/ledger/retention.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import type { Bundle } from "./bundles.ts";
import { type HostFacts, type HostName, mostBytes, type Way } from "./hosts.ts";
import type { Needs } from "./needs.ts";

/** What whoever asks knows of a function, and its definition cannot tell. */
export interface Wanted {
  /** Its handlers depend on the order of the events of a subject. */
  readonly isOrdered: boolean;
  /** Of the largest event that it hears or says. */
  readonly eventBytes: number | undefined;
  /** Of the largest state. */
  readonly stateBytes: number | undefined;
}

/** One function on one host. */
export interface Placement {
  readonly host: HostName;
  readonly cells: Readonly<Record<Row, string>>;
  readonly bundle: Bundle | undefined;
  readonly loadMs: number | undefined;
  /** Why it cannot run there as promised, one sentence each. */
  readonly faults: readonly string[];
  /** What it must bear there. */
  readonly caveats: readonly string[];
}

export const ROWS = [
  "events",
  "order",
  "state",
  "event size",
  "later",
  "failing",
  "effects",
  "edge",
  "bundle",
  "load",
  "packages",
] as const;
export type Row = (typeof ROWS)[number];

interface Case {
  readonly fn: SystemFunction<never>;
  readonly needs: Needs;
  readonly wanted: Wanted;
  readonly bundle: Bundle | undefined;
  readonly load: number | { readonly fault: string } | undefined;
}

const NONE = "–";

export function toPlacement(host: HostFacts, { fn, needs, wanted, bundle, load }: Case): Placement {
  const { name, ways, ledger, documentBytes, relayMs, isParking, edge } = host;
  const says = needs.timers.length > 0 || bundle?.saysLater === true;
  const loadMs = typeof load === "number" ? load : undefined;
  const cells: Record<Row, string> = {
    events: ways.map((way) => way.name).join(", "),
    order: toOrder(needs, ways),
    state: `${ledger}, ${toBytes(documentBytes)}`,
    "event size": toSize(host),
    later: says ? `within ${relayMs / 1_000} s of its time` : NONE,
    failing: isParking ? "parked, later ones of its document behind it" : "comes again; others overtake it",
    effects: needs.effects.length === 0 ? NONE : needs.isExclusive ? "under a lease" : "once a key",
    edge: needs.edges.length === 0 ? NONE : edge,
    bundle: name === "local" ? "none: its sources" : bundle ? toBundle(bundle) : "not built",
    load: loadMs === undefined ? NONE : `${loadMs} ms`,
    packages: bundle ? toPackages(bundle.packages) : NONE,
  };
  const faults = [
    ...faultsOfSize(host, { needs, wanted }),
    ...faultsOfOrder(host, { needs, wanted }),
    ...[keepFault(fn.definition, {})].filter((fault) => fault !== undefined),
    ...(typeof load === "object" ? [`it cannot be loaded: ${load.fault}`] : []),
    ...(name !== "local" && !bundle ? ["it is not built: npm run build"] : []),
  ];
  return { host: name, cells, bundle, loadMs, faults, caveats: caveatsOf(host, { needs, wanted }) };
}

/** What it needs, by row. */
export function toNeedCells(needs: Needs, bundles: readonly (Bundle | undefined)[]): Readonly<Record<Row, string>> {
  const { hears, topics, says, document, timers, effects, isExclusive, edges, sampleBytes } = needs;
  const saysLater = timers.length > 0 || bundles.some((bundle) => bundle?.saysLater);
  const one = { subject: "one at a time a subject", key: "one at a time a key", event: "none: each by itself" };
  const kept = { subject: "a document a subject", key: "a document a key", event: "a document an event, for its time" };
  return {
    events: `${count(hears.length, "type")} of ${count(topics.length, "topic")}, says ${says.length}`,
    order: one[document],
    state: kept[document],
    "event size": sampleBytes === undefined ? "no sample" : `largest sample ${toBytes(sampleBytes)}`,
    later: timers.length > 0 ? count(timers.length, "timer") : saysLater ? "says events later" : NONE,
    failing: document === "event" ? "waits for nobody" : "later ones of its document wait",
    effects:
      effects.length === 0 ? NONE : `${effects.join(", ")}${isExclusive ? ": cannot tell a repetition" : ": by key"}`,
    edge: edges.join(", ") || NONE,
    bundle: "",
    load: "",
    packages: "",
  };
}

interface Asked {
  readonly needs: Needs;
  readonly wanted: Wanted;
}

function faultsOfSize(host: HostFacts, { needs, wanted }: Asked): readonly string[] {
  const { eventBytes = needs.sampleBytes ?? 0, stateBytes = 0 } = wanted;
  const { documentBytes, raisedBytes = 0, ledger, ways } = host;
  const small = ways.filter((way) => eventBytes > mostBytes(host, way));
  const most = [...new Set(small.map((way) => toBytes(mostBytes(host, way))))].join(", ");
  const more = eventBytes <= raisedBytes ? `, unless MAX_EVENT_BYTES says more, up to ${toBytes(raisedBytes)}` : "";
  return [
    ...toWays(small, ways).map((way) => `events of ${toBytes(eventBytes)} are more than ${most} ${way}${more}`),
    ...(stateBytes > documentBytes
      ? [`a state of ${toBytes(stateBytes)} is more than ${toBytes(documentBytes)} in ${ledger}`]
      : []),
  ];
}

function faultsOfOrder({ ways }: HostFacts, { needs, wanted }: Asked): readonly string[] {
  if (!wanted.isOrdered || needs.hears.length === 0) return [];
  const none = ways.filter(({ order }) => order === undefined);
  return toWays(none, ways).map((way) => `it needs the events of a subject in their order, which nothing keeps ${way}`);
}

function caveatsOf({ ways, isParking }: HostFacts, { needs, wanted }: Asked): readonly string[] {
  const { mayDependOnOrder, topics, isExclusive, effects } = needs;
  const none = ways.filter(({ order }) => order === undefined);
  const others = ways.filter(({ isOthers }) => isOthers);
  const isOrdered = mayDependOnOrder && !wanted.isOrdered;
  return [
    ...(isOrdered
      ? toWays(none, ways).map(
          (way) => `events of one ${needs.document} come in any order ${way}: its handlers must bear that`,
        )
      : []),
    ...((mayDependOnOrder || wanted.isOrdered) && topics.length > 1
      ? [`no broker keeps an order between topics, and it hears ${topics.join(", ")}`]
      : []),
    ...((mayDependOnOrder || wanted.isOrdered) && others.length > 0
      ? [`by ${namesOf(others)} comes only what others say: functions publish to SNS, which keeps no order`]
      : []),
    ...(needs.document !== "event" && !isParking
      ? ["an event that fails is overtaken by later ones of its document"]
      : []),
    ...(isExclusive && effects.length > 0
      ? [`${effects.join(", ")} may repeat where its process dies or is too late between effect and save`]
      : []),
  ];
}

/** out: none for no way; where all are meant, no name of one */
const toWays = (some: readonly Way[], all: readonly Way[]): readonly string[] =>
  some.length === 0 ? [] : [some.length === all.length ? "here" : `by ${namesOf(some)}`];
const namesOf = (ways: readonly Way[]): string => ways.map(({ name }) => name).join(", ");

function toOrder({ document }: Needs, ways: readonly Way[]): string {
  if (document === "event") return NONE;
  const kept = ways.flatMap(({ name, order }) => (order === undefined ? [] : `${name} ${order}`));
  return ["one at a time", ...kept].join("; ");
}

function toSize(host: HostFacts): string {
  const { eventBytes, ways } = host;
  const small = ways.filter((way) => mostBytes(host, way) < eventBytes);
  return [toBytes(eventBytes), ...small.map((way) => `${way.name} ${toBytes(mostBytes(host, way))}`)].join("; ");
}

const toBundle = ({ startBytes, bytes }: Bundle): string =>
  startBytes === bytes ? toBytes(bytes) : `${toBytes(startBytes)}, ${toBytes(bytes - startBytes)} later`;

const FEW = 3;
const toPackages = (packages: readonly string[]): string =>
  packages.length === 0 ? "none" : packages.length <= FEW ? packages.join(", ") : count(packages.length, "package");

const count = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? "" : "s"}`;

const KIB = 1024;
export const toBytes = (bytes: number): string =>
  bytes < KIB
    ? `${bytes} B`
    : bytes < KIB * KIB
      ? `${Math.round(bytes / KIB)} KiB`
      : `${Math.round((bytes / KIB / KIB) * 10) / 10} MiB`;
