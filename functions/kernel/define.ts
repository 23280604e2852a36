import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Checked, EventDraft } from "./event.ts";
import { blameCode, check } from "./schema.ts";
import { defineState, type StateDefinition, type StateOptions } from "./state.ts";

/** An event type as hosts see it, its data type forgotten. */
export interface EventType {
  readonly type: string;
  /**
   * Where it is published unless TOPICS says otherwise. `undefined`: never published, ignored when a broker brings it: a timer, or
   * what only an edge may ask for.
   */
  readonly topic: string | undefined;
  /** Of its data, for those who look into it: `parse` is what reads data. */
  readonly schema: StandardSchemaV1;
  /** in: unknown data. throws: Dead `schema` naming the path and the rule. */
  parse(data: unknown): unknown;
  /** What the event is about: orders its deliveries and keys its state. */
  subjectOf(data: unknown): string;
  /** `others`: it is meant for others than the functions of its system, none of which need consume it. */
  readonly audience: "others" | undefined;
  /** The version before, and how its data becomes that of this one: what consumes this consumes that as well. */
  readonly upcast: { readonly from: EventType; to(data: unknown): unknown } | undefined;
}

/** An event type: call it with data to say the event. */
export interface EventDefinition<Data> extends EventType {
  (data: Data): EventDraft<Data>;
  parse(data: unknown): Data;
  subjectOf(data: Data): string;
}

interface EventOptions<Data, Old, Input> {
  readonly type: string;
  readonly topic?: string;
  /** Left out: the functions of its system. */
  readonly audience?: "others";
  readonly data: StandardSchemaV1<Input, Data>;
  readonly subject: (data: Data) => string;
  /** The version before, which may have one itself. `to` gives what the schema takes, about the same subject. */
  readonly upcast?: { readonly from: EventDefinition<Old>; readonly to: (data: Old) => NoInfer<Input> };
}

/**
 * Makes an event type. Calls of it and of the schema in it are marked pure, and options read no property of another
 * definition: then a bundle leaves out every event that it does not name.
 *
 * source  esbuild, "Tree shaking and side effects"
 */
export function defineEvent<Data, Old = never, Input = Data>({
  type,
  topic,
  audience,
  data: schema,
  subject,
  upcast,
}: EventOptions<Data, Old, Input>): EventDefinition<Data> {
  const say = (data: Data): EventDraft<Data> => ({ type, subject: subject(data), data });
  const parse = (data: unknown) => check(data, { schema, part: "data", owner: type });
  return Object.assign(say, {
    type,
    topic,
    audience,
    schema,
    parse,
    subjectOf: subject,
    upcast: upcast as EventType["upcast"],
  });
}

/** An event type and those that are understood as it, newest first. */
export function versionsOf(event: EventType): readonly EventType[] {
  return event.upcast ? [event, ...versionsOf(event.upcast.from)] : [event];
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
  /** What the state that it gets belongs to. Left out: the subject. throws: Error where code is at fault; as an upcast */
  readonly key?: ((event: Checked<unknown>) => string) | undefined;
  react(event: Checked<unknown>, state: State | undefined): Promise<Reaction<State>>;
}

interface ClauseOptions<Data> {
  /**
   * What the state belongs to where that is not the subject: 1 to 255 characters, the same at every delivery of the event. With a key
   * that is changed, all begin without a state, and the version of the state must rise. None for what an edge asks: it shows what it
   * finds under its id.
   */
  readonly key?: (event: Checked<Data>) => string;
}

/**
 * Data is checked where it enters, so that clauses of any data type fit in one list. The handler of an event type gets its older
 * versions too, with all but the data as it came: a key made of `event.type` is then the same in an older process.
 */
export function when<Data, State = never>(event: EventDefinition<Data>, handle: Handler<State, Data>): Clause<State>;
export function when<Data, State = never>(
  event: EventDefinition<Data>,
  options: ClauseOptions<Data>,
  handle: Handler<State, Data>,
): Clause<State>;
export function when<Data, State>(
  event: EventDefinition<Data>,
  options: ClauseOptions<Data> | Handler<State, Data>,
  handle = options as Handler<State, Data>,
): Clause<State> {
  // A function has none.
  const { key } = options as ClauseOptions<Data>;
  return {
    event,
    key:
      key &&
      ((input) =>
        blameCode(`key of ${event.type}`, () => {
          const made: unknown = key(input as Checked<Data>);
          if (typeof made === "string" && made && made.length < 256) return made;
          throw new Error("must be a text of 1 to 255 characters");
        })),
    react: async (input, state) => handle(input as Checked<Data>, state),
  };
}

/**
 * One consumer.
 *
 * keeps      "state": one ledger document per subject, or per key of its clauses; "nothing": one per event, only to know it again
 * exclusive  its outside effect cannot tell a repetition, so that two deliveries must not run at once
 * idempotent its outside effects can, so that it may run before it is known whether it has
 * on         by event type, those included that are understood as another
 * emits      by event type
 */
export interface FunctionDefinition<State = unknown> {
  readonly name: string;
  /** CloudEvents `source` of what it says. Its system's name is in it once it is at home there. */
  readonly source: string;
  /** What the keys of its documents begin with: its name, and before it what its system says. */
  readonly documents: string;
  readonly keeps: "state" | "nothing";
  readonly exclusive: boolean;
  readonly idempotent: boolean;
  readonly on: ReadonlyMap<string, Clause<State>>;
  readonly emits: ReadonlyMap<string, EventType>;
  readonly state: StateDefinition;
}

interface FunctionParts<State> {
  readonly name: string;
  readonly exclusive?: boolean;
  /**
   * For a function that keeps nothing. It promises that what its handlers do outside is done once per key however often they run, and that
   * they get the same answer then, for as long as an event may come again (30 days): a payment provider may forget its keys sooner. Then
   * an event is handled before its document is looked for, which saves a read. One that was handled before is run once more, and so
   * is one that has taken another's id, before it is known for a duplicate or a conflict. Replays are looked for first.
   */
  readonly idempotent?: boolean;
  readonly on: readonly Clause<State>[];
  readonly emits?: readonly EventType[];
}

type FunctionOptions<State> = FunctionParts<State> & StateOptions<State>;

/**
 * Makes a consumer.
 *
 * throws  TypeError for two clauses on one type, a key without a described state, a version that no state can have, an idempotent function
 *         that is exclusive or keeps something, and an emitted event that has no topic, unless the function consumes it itself: a timer
 */
export function defineFunction<State = never>({
  name,
  exclusive = false,
  idempotent = false,
  on,
  emits = [],
  ...rest
}: FunctionOptions<State>): FunctionDefinition {
  const clauses = new Map<string, Clause<State>>();
  for (const clause of on.flatMap(withOlder)) {
    const { type } = clause.event;
    if (clauses.has(type)) throw new TypeError(`${name}: two clauses for ${type}`);
    if (clause.key && !rest.state) throw new TypeError(`${name}: key of ${type}: wants a state with a schema`);
    clauses.set(type, clause);
  }
  const silent = emits.find(({ type, topic }) => topic === undefined && !clauses.has(type));
  if (silent) throw new TypeError(`${name}: emits ${silent.type}, which has no topic and no clause here`);
  const said = new Map(emits.map((event) => [event.type, event]));
  const { keeps = rest.state ? "state" : "nothing" } = rest;
  if (idempotent && (exclusive || keeps === "state"))
    throw new TypeError(`${name}: idempotent: keeps nothing, is not exclusive`);
  const state = defineState(name, rest);
  const home = { source: `/${name}`, documents: name };
  return { name, ...home, keeps, exclusive, idempotent, on: clauses, emits: said, state } as FunctionDefinition;
}

/**
 * A clause, and those for what is understood as its event type. An older event is known, checked and buried as what it came as, as
 * by a process that knows no newer: only its handler sees new data.
 */
function withOlder<State>(clause: Clause<State>): readonly Clause<State>[] {
  const { event, key, react } = clause;
  if (!event.upcast) return [clause];
  const { from } = event.upcast;
  const asNew = (input: Checked<unknown>) => ({ ...input, data: upcast(event, input.data) });
  const older: Clause<State> = {
    event: from,
    key: key && ((input) => key(asNew(input))),
    react: async (input, state) => react(asNew(input), state),
  };
  return [clause, ...withOlder(older)];
}

/** throws: what `to` throws; Error for data that breaks the schema or is about another subject. */
function upcast(event: EventType, old: unknown): unknown {
  const { from, to } = event.upcast as NonNullable<EventType["upcast"]>;
  const next = to(old);
  const doing = `upcast of ${from.type}`;
  const data = blameCode(doing, () => event.parse(next));
  if (event.subjectOf(data) !== from.subjectOf(old))
    throw new Error(`${doing}: data of ${event.type}: must be about the same subject`);
  return data;
}

/** The topics that a function subscribes to, each once. */
export function topicsOf(fn: FunctionDefinition): readonly string[] {
  const topics = [...fn.on.values()].flatMap(({ event }) => event.topic ?? []);
  return [...new Set(topics)];
}
