import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { FunctionDefinition } from "./define.ts";
import type { EventDraft } from "./event.ts";

/** A consumer, or what makes one of the effects that it uses. */
export type FunctionSource<Effects = never> = FunctionDefinition | ((effects: Effects) => FunctionDefinition);

/** Where somebody outside asks for something over HTTP, and sees what has become of it. As hosts see it, its types forgotten. */
export interface EdgeDefinition<Effects = never> {
  /** What is asked for, in one word: an id is derived under it, and errors speak of it. */
  readonly name: string;
  /** Where it is asked for. Below it, at its id, it is shown. */
  readonly method: "POST" | "PUT";
  readonly path: string;
  /** The function that is asked, whose state is shown. */
  readonly of: FunctionSource<Effects>;
  readonly body: StandardSchemaV1<unknown, unknown>;
  /** What a request without a body asks for, where made-up ones are wanted. Left out: nothing, it is refused. */
  readonly none: ((id: string) => unknown) | undefined;
  /** What the function is asked: an event without a topic, about the id. */
  event(id: string, body: unknown): EventDraft;
  /** in: undefined where there is no state. out: undefined for what does not exist */
  show(state: unknown, id: string): object | undefined;
}

interface EdgeOptions<Effects, State, Body> {
  readonly name: string;
  readonly method?: "POST" | "PUT";
  readonly path: string;
  readonly of: FunctionSource<Effects>;
  readonly body: StandardSchemaV1<unknown, Body>;
  readonly none?: (id: string) => NoInfer<Body>;
  readonly event: (id: string, body: NoInfer<Body>) => EventDraft;
  readonly show: (state: State, id: string) => object | undefined;
}

/** One segment: what is below it is an id. */
const PATH = /^\/[a-z][a-z0-9-]*$/;
const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * Makes an edge. It is pure, as handlers are: tested by calling `event` and `show`.
 *
 * throws  TypeError for a path of more than one segment, and a name that is no word
 */
export function defineEdge<State, Body, Effects = unknown>({
  name,
  method = "POST",
  path,
  of,
  body,
  none,
  event,
  show,
}: EdgeOptions<Effects, State, Body>): EdgeDefinition<Effects> {
  if (!PATH.test(path)) throw new TypeError(`edge ${name}: path must match ${PATH}`);
  if (!NAME.test(name)) throw new TypeError(`edge: name must match ${NAME}`);
  return {
    name,
    method,
    path,
    of,
    body,
    none,
    event: event as EdgeDefinition["event"],
    show: (state, id) => (state === undefined ? undefined : show(state as State, id)),
  };
}
