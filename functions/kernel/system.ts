import { type EventType, type FunctionDefinition, versionsOf } from "./define.ts";
import type { EdgeDefinition, FunctionSource } from "./edge.ts";
import type { Home } from "./home.ts";

/** A function of a system, not yet given its effects. */
export interface SystemFunction<Effects = never> {
  readonly name: string;
  /** The effects that it uses, by name. */
  readonly uses: readonly string[];
  /** To look at: it cannot be run, for its effects are not there. */
  readonly definition: FunctionDefinition;
  readonly source: FunctionSource<Effects>;
}

/** Functions that belong together, and all that a host needs to know of them. */
export interface System<Effects = never> extends Home {
  readonly functions: readonly SystemFunction<Effects>[];
  readonly edges: readonly EdgeDefinition<Effects>[];
  /** Those that a function consumes or says, older versions among them, each once. */
  readonly events: readonly EventType[];
  /** The effects that its functions use, by name. */
  readonly effects: readonly string[];
}

/** What all of them use together. */
type EffectsOf<Source> = (Source extends (effects: infer Used) => unknown ? (used: Used) => void : never) extends (
  used: infer All,
) => void
  ? All
  : unknown;

interface SystemOptions<Source> extends Pick<Home, "name"> {
  /** Left out: `/<name>`. */
  readonly source?: string;
  /** Left out: none. */
  readonly ledgerPrefix?: string;
  readonly functions: readonly Source[];
  readonly edges?: readonly EdgeDefinition<never>[];
}

/** So that it fits into every name that is made of it: those of Google's service accounts have 30 characters. */
export const SYSTEM_NAME = /^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/;
/** What an app id of Dapr, a queue, a Deployment and a bundle can all be called. */
export const FUNCTION_NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
/** As every broker takes it: Pub/Sub wants three characters. */
export const TOPIC = /^[a-z][a-z0-9-]{1,48}[a-z0-9]$/;
/** A reverse domain name and a version, in as many characters as a file's name has room for. The catalogue is held to it; an event of somebody else's comes as they call it. */
export const EVENT_TYPE = /^(?=.{1,200}$)[a-z]{2,}(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\.v\d+$/;
/** As in names that take no hyphen: those of resources in a template of AWS. */
const asWord = (name: string): string => name.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());
/** Functions of the deployment's own, and what each object has: tables are made by name. */
export const TAKEN = ["edge", "keeper", "sidecars", "push", "build", "base", "alerts", "dead-letters", "constructor"];
export const DEAD_LETTERS = "dead-letters";
/** What takes dead letters from a sidecar, so that people can see them: an app of the deployment's own. */
export const KEEPER = "keeper";

/**
 * Makes a system.
 *
 * throws  TypeError for names that some host could not bear, a function that does not say which effects it uses, two functions or edges of one name or path, two event types that are not
 *         the same, an edge whose function is none of these, cannot be asked, or keeps its state elsewhere than under its id
 */
export function defineSystem<Source extends FunctionSource<never>>({
  name,
  source = `/${name}`,
  ledgerPrefix = "",
  functions: sources,
  edges = [],
}: SystemOptions<Source>): System<EffectsOf<Source>> {
  const fault = (what: string) => new TypeError(`system ${name}: ${what}`);
  if (!SYSTEM_NAME.test(name)) throw fault(`name must match ${SYSTEM_NAME}`);
  // No name of a function has these: with no other prefix, or none, is a key the same.
  if (!/^([\w.-]{0,19}[._])?$/.test(ledgerPrefix))
    throw fault("ledgerPrefix must be at most 20 letters, digits, '.', '_' and '-', and end with '.' or '_'");
  const functions = sources.map(toFunction);
  const words = new Map<string, string>();
  const requireOwn = (what: string, text: string) => {
    const key = `${what.split(" ", 1)} ${asWord(text)}`;
    const other = words.get(key) ?? text;
    if (other !== text) throw fault(`${what}: must differ from ${other} in more than a hyphen`);
    words.set(key, text);
  };
  const known = new Map<string, EventType>();
  const names = new Set<string>(TAKEN);
  for (const fn of functions) {
    if (!FUNCTION_NAME.test(fn.name)) throw fault(`function ${fn.name}: name must match ${FUNCTION_NAME}`);
    if (names.has(fn.name)) throw fault(`function ${fn.name}: name is taken`);
    names.add(fn.name);
    requireOwn(`function ${fn.name}`, fn.name);
    for (const event of eventsOf(fn.definition)) {
      const { type, topic } = event;
      if ((known.get(type) ?? event) !== event) throw fault(`${type} is two event types`);
      if (topic !== undefined && (!TOPIC.test(topic) || topic === DEAD_LETTERS))
        throw fault(`${type}: topic must match ${TOPIC}, and not be ${DEAD_LETTERS}`);
      if (topic !== undefined) requireOwn(`topic ${topic}`, topic);
      known.set(type, event);
    }
  }
  const taken = new Set<string>();
  for (const edge of edges) {
    const { name, path } = edge;
    const asked = functions.find(({ source }) => source === edge.of)?.definition;
    if (!asked) throw fault(`edge ${path}: asks a function that is none of these`);
    if (taken.has(path)) throw fault(`edge ${path}: path is taken`);
    if (taken.has(name)) throw fault(`edge ${path}: name ${name} is taken, under which ids are derived`);
    taken.add(path).add(name);
    const mayAsk = [...asked.on.values()].filter(({ event }) => event.topic === undefined);
    if (mayAsk.length === 0)
      throw fault(`edge ${path}: ${asked.name} must consume an event without a topic, to be asked by`);
    for (const { event, key } of mayAsk)
      if (key) throw fault(`edge ${path}: ${event.type} must have no key, for its state is shown by its id`);
  }
  const system: System<never> = {
    name,
    source,
    ledgerPrefix,
    functions,
    edges,
    events: [...known.values()],
    effects: [...new Set(functions.flatMap(({ uses }) => uses))],
  };
  return system as System<EffectsOf<Source>>;
}

const eventsOf = ({ on, emits }: FunctionDefinition): readonly EventType[] =>
  [...[...on.values()].map(({ event }) => event), ...emits.values()].flatMap(versionsOf);

/** What takes nothing, or takes apart what it gets: what it uses is then known without running it. */
const NAMES_EFFECTS = /^(async\s+)?(function\b[^(]*)?\(\s*(\{|\))/;

/**
 * Made once with effects that only write down who asks for them.
 *
 * throws  TypeError where that does not tell all: a bundle would lack what is asked for later
 */
export function toFunction(source: FunctionSource<never>): SystemFunction<never> {
  const uses = new Set<string>();
  const fault = () =>
    new TypeError(
      `${(source as { readonly name: string }).name}: must name the effects that it uses, as in ({ charge }) => …`,
    );
  if (typeof source === "function" && !NAMES_EFFECTS.test(source.toString())) throw fault();
  const effects = new Proxy({} as object, {
    get(_, effect) {
      uses.add(String(effect));
      return () => {
        throw new TypeError(`${String(effect)}: the function was made to be looked at`);
      };
    },
    ownKeys() {
      throw fault();
    },
  });
  const definition = typeof source === "function" ? source(effects as never) : source;
  return { name: definition.name, uses: [...uses], definition, source };
}
