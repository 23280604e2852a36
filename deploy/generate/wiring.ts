import { topicsOf } from "../../functions/kernel/define.ts";
import type { System, SystemFunction } from "../../functions/kernel/system.ts";

/** Who hears and says what where: a system as deployments see it that have one function for all edges. */
export interface Wiring {
  /** Those that somebody says something on or hears, without that of dead letters. */
  readonly topics: readonly string[];
  /** Those that a function hears. */
  readonly heard: readonly string[];
  readonly functions: readonly WiredFunction[];
  /** `undefined`: nobody outside asks for anything. */
  readonly edge: WiredEdge | undefined;
}

export interface WiredFunction {
  readonly name: string;
  /** Where it publishes, without dead letters. */
  readonly emits: readonly string[];
  readonly subscriptions: readonly Subscription[];
}

interface Subscription {
  readonly topic: string;
  /** Event types that it hears, older versions among them. */
  readonly types: readonly string[];
}

/** It does what those may that it asks. */
export interface WiredEdge {
  readonly routes: readonly Route[];
  /** Functions, by name. */
  readonly asks: readonly string[];
  readonly emits: readonly string[];
}

export interface Route {
  readonly method: string;
  readonly path: string;
}

/** What the one function is called that serves all edges, and its bundle. */
export const EDGE = "edge";

export function toWiring({ functions: all, edges }: System<never>): Wiring {
  const functions = all.map(toFunction);
  const heard = new Set(functions.flatMap(({ subscriptions }) => subscriptions.map(toTopic)));
  const topics = once(functions.flatMap(({ emits, subscriptions }) => [...emits, ...subscriptions.map(toTopic)]));
  const asks = all.filter(({ source }) => edges.some(({ of }) => of === source)).map(({ name }) => name);
  const emits = once(functions.flatMap((fn) => (asks.includes(fn.name) ? fn.emits : [])));
  const routes = edges.map(({ method, path }) => ({ method, path }));
  return {
    topics,
    heard: topics.filter((topic) => heard.has(topic)),
    functions,
    edge: edges.length > 0 ? { routes, asks, emits } : undefined,
  };
}

const toFunction = ({ name, definition: fn }: SystemFunction): WiredFunction => ({
  name,
  emits: once([...fn.emits.values()].flatMap(({ topic }) => topic ?? [])),
  subscriptions: topicsOf(fn).map((topic) => ({
    topic,
    types: [...fn.on.values()].flatMap(({ event }) => (event.topic === topic ? event.type : [])),
  })),
});

const toTopic = ({ topic }: Subscription): string => topic;

const once = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];
