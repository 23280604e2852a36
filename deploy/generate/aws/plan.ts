import { type FunctionDefinition, topicsOf } from "../../../functions/kernel/define.ts";
import { settle } from "../../../functions/kernel/home.ts";
import { DEAD_LETTERS, type System } from "../../../functions/kernel/system.ts";
import type { Settings } from "./settings.ts";

/** What a system is on AWS. */
export interface Plan {
  readonly system: string;
  /** Those that somebody says something on or hears, without that of dead letters. */
  readonly topics: readonly string[];
  /** Those that a function hears. */
  readonly heard: readonly string[];
  readonly functions: readonly Consumer[];
  /** `undefined`: nobody outside asks for anything. */
  readonly edge: Edge | undefined;
}

export interface Consumer {
  readonly name: string;
  /** What the keys of its documents match, as IAM matches. */
  readonly documents: string;
  /** The same of the index's partitions. */
  readonly due: string;
  /** Where it publishes, without dead letters. */
  readonly emits: readonly string[];
  /** A queue is made where there is one. */
  readonly subscriptions: readonly Subscription[];
  readonly settings: Settings[string];
}

interface Subscription {
  readonly topic: string;
  /** Event types that pass, older versions among them. */
  readonly types: readonly string[];
}

/** One function for all edges of a system: it does what those may that they ask. */
export interface Edge {
  readonly routes: readonly Route[];
  readonly documents: readonly string[];
  readonly emits: readonly string[];
  readonly settings: Settings[string];
}

export interface Route {
  readonly method: string;
  readonly path: string;
}

/** What the one function is called that serves the edges. */
export const EDGE = "edge";

/** throws: Error for settings of a function that there is not */
export function toPlan(system: System<never>, settings: Settings): Plan {
  const settled = system.functions.map(({ definition }) => settle(definition, system));
  const functions = settled.map((fn) => toConsumer(fn, { all: settled, settings: settings[fn.name] ?? {} }));
  const topics = once(functions.flatMap(({ emits, subscriptions }) => [...emits, ...subscriptions.map(toTopic)]));
  const heard = new Set(functions.flatMap(({ subscriptions }) => subscriptions.map(toTopic)));
  const edge = toEdge(system, { functions, settings: settings[EDGE] ?? {} });
  const known = [...functions.map(({ name }) => name), ...(edge ? [EDGE] : [])];
  const stranger = Object.keys(settings).find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`settings.yaml: ${stranger}: must be one of ${known.join(", ")}`);
  return {
    system: system.name,
    topics,
    heard: topics.filter((topic) => heard.has(topic)),
    functions,
    edge,
  };
}

const toTopic = ({ topic }: Subscription): string => topic;

interface ConsumerOptions {
  readonly all: readonly FunctionDefinition[];
  readonly settings: Settings[string];
}

function toConsumer(fn: FunctionDefinition, { all, settings }: ConsumerOptions): Consumer {
  const { name, documents, on, emits } = fn;
  // A key is a name, a hyphen, a UUID, and what follows of a row.
  const isBegunByOthers = all.some((other) => other.documents.startsWith(`${documents}-`));
  return {
    name,
    documents: `${documents}-${isBegunByOthers ? UUID : "*"}`,
    due: `${documents}#*`,
    emits: once([...emits.values()].flatMap(({ topic }) => topic ?? [])),
    subscriptions: topicsOf(fn).map((topic) => ({
      topic,
      types: [...on.values()].flatMap(({ event }) => (event.topic === topic ? event.type : [])),
    })),
    settings,
  };
}

/** So that `order-*` lets nobody at the documents of `order-history`. */
const UUID = "????????-????-????-????-????????????*";

function toEdge(system: System<never>, { functions, settings }: Pick<Plan, "functions"> & Pick<Edge, "settings">) {
  if (system.edges.length === 0) return undefined;
  const names = system.functions.filter(({ source }) => system.edges.some(({ of }) => of === source));
  const asked = functions.filter(({ name }) => names.some((fn) => fn.name === name));
  return {
    routes: system.edges.map(({ method, path }) => ({ method, path })),
    documents: asked.map(({ documents }) => documents),
    emits: once(asked.flatMap(({ emits }) => emits)),
    settings,
  };
}

const once = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];

/** Topics of a plan, and that which holds what nobody could handle. */
export const withDeadLetters = (topics: readonly string[]): readonly string[] => [...topics, DEAD_LETTERS];
