import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Checked, EventDraft } from "./event.ts";
import { Dead } from "./outcome.ts";

/** An event type as hosts see it, its data type forgotten. */
export interface EventType {
  readonly type: string;
  /** Where it is published unless TOPICS says otherwise. `undefined`: never published, ignored when a broker brings it. */
  readonly topic: string | undefined;
  /** Valid data, for tests and documentation. */
  readonly sample: unknown;
  /** in: unknown data. throws: Dead `schema` naming the path and the rule. */
  parse(data: unknown): unknown;
  /** What the event is about: orders its deliveries and keys its state. */
  subjectOf(data: unknown): string;
}

/** An event type: call it with data to say the event. */
export interface EventDefinition<Data> extends EventType {
  (data: Data): EventDraft<Data>;
  readonly sample: Data;
  parse(data: unknown): Data;
  subjectOf(data: Data): string;
}

interface EventOptions<Data> {
  readonly type: string;
  readonly topic?: string;
  readonly data: StandardSchemaV1<unknown, Data>;
  readonly subject: (data: Data) => string;
  readonly sample: Data;
}

/**
 * Makes an event type. Calls of it and of the schema in it are marked pure, and options read no property of another
 * definition: then a bundle leaves out every event that it does not name.
 *
 * source  esbuild, "Tree shaking and side effects"
 */
export function defineEvent<Data>({
  type,
  topic,
  data: schema,
  subject,
  sample,
}: EventOptions<Data>): EventDefinition<Data> {
  const say = (data: Data): EventDraft<Data> => ({ type, subject: subject(data), data });
  const parse = (data: unknown) => check({ type, schema, data });
  return Object.assign(say, { type, topic, sample, parse, subjectOf: subject });
}

/** What a handler knows afterwards and what it says. Left out: as before, nothing. `state: null` forgets the state. */
export interface Reaction<State> {
  readonly state?: State | null;
  readonly emit?: readonly EventDraft[];
}

export type Handler<State, Data> = (
  event: Checked<Data>,
  state: State | undefined,
) => Reaction<State> | Promise<Reaction<State>>;

/** One event type that a function consumes, and what it does about it. */
export interface Clause<State> {
  readonly event: EventType;
  react(event: Checked<unknown>, state: State | undefined): Promise<Reaction<State>>;
}

/** Data is checked where it enters, so that clauses of any data type fit in one list. */
export function when<Data, State = never>(event: EventDefinition<Data>, handle: Handler<State, Data>): Clause<State> {
  return { event, react: async (input, state) => handle(input as Checked<Data>, state) };
}

/**
 * One consumer.
 *
 * keeps      "state": one ledger document per subject; "nothing": one per event, only to know it again
 * exclusive  its outside effect cannot tell a repetition, so that two deliveries must not run at once
 * on         by event type
 * emits      by event type
 */
export interface FunctionDefinition<State = unknown> {
  readonly name: string;
  readonly keeps: "state" | "nothing";
  readonly exclusive: boolean;
  readonly on: ReadonlyMap<string, Clause<State>>;
  readonly emits: ReadonlyMap<string, EventType>;
}

interface FunctionOptions<State> {
  readonly name: string;
  readonly keeps?: "state" | "nothing";
  readonly exclusive?: boolean;
  readonly on: readonly Clause<State>[];
  readonly emits?: readonly EventType[];
}

/** throws: TypeError for two clauses on one type, and for an emitted event that has no topic. */
export function defineFunction<State = never>({
  name,
  keeps = "nothing",
  exclusive = false,
  on,
  emits = [],
}: FunctionOptions<State>): FunctionDefinition {
  const clauses = new Map(on.map((clause) => [clause.event.type, clause]));
  if (clauses.size < on.length) throw new TypeError(`${name}: two clauses for one event type`);
  const silent = emits.find((event) => event.topic === undefined);
  if (silent) throw new TypeError(`${name}: emits ${silent.type}, which has no topic`);
  const said = new Map(emits.map((event) => [event.type, event]));
  return { name, keeps, exclusive, on: clauses, emits: said } as FunctionDefinition;
}

/** The topics that a function subscribes to, each once. */
export function topicsOf(fn: FunctionDefinition): readonly string[] {
  const topics = [...fn.on.values()].flatMap(({ event }) => event.topic ?? []);
  return [...new Set(topics)];
}

interface Candidate<Data> {
  readonly type: string;
  readonly schema: StandardSchemaV1<unknown, Data>;
  readonly data: unknown;
}

function check<Data>({ type, schema, data }: Candidate<Data>): Data {
  const result = schema["~standard"].validate(data);
  if (result instanceof Promise) throw new TypeError(`${type}: schemas must be synchronous`);
  if (!result.issues) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((part) => (typeof part === "object" ? String(part.key) : String(part))).join(".");
  throw new Dead("schema", `data${path ? `.${path}` : ""} of ${type}: ${issue?.message}`);
}
