import * as v from "valibot";

/** A rule, a change, or something said of a value. */
interface Action {
  readonly kind: string;
  readonly type: string;
  readonly expects?: string | null;
  readonly message?: unknown;
  readonly requirement?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

type Schema = v.GenericSchema & { readonly pipe?: readonly Step[] };
type Step = Schema | Action;

/** They change no value. */
const MARKS = ["brand", "flavor", "readonly"];
/** What JSON Schema has a word of its own for. */
const WORDS = ["title", "description", "examples"];

/**
 * What a schema asks of whoever writes the value. Of a pipe, that is all before the first change of the value; what comes later is
 * about what the sender does not see, and is kept as texts. Rules that are checks are turned into the actions that they are named for.
 */
export function inputOf(schema: v.GenericSchema): v.GenericSchema {
  const getters = new Map<unknown, unknown>();
  const done = new Map<unknown, unknown>();
  const once = (memory: Map<unknown, unknown>, key: unknown, make: () => unknown) => {
    if (!memory.has(key)) memory.set(key, make());
    return memory.get(key);
  };
  const turn = (value: unknown, key = ""): unknown => {
    if (isSchema(value)) return once(done, value, () => turnSchema(value));
    // By the same name each time: a schema that holds itself is known by it.
    if (key === "getter") return once(getters, value, () => () => turn((value as () => unknown)()));
    if (key === "items" || key === "options") return (value as readonly unknown[]).map((one) => turn(one));
    return key === "entries" ? mapValues(value as object, (entry) => turn(entry)) : value;
  };
  const turnSchema = ({ pipe, ...rest }: Schema): unknown => {
    const turned = mapValues(rest, turn);
    // What it makes would differ each time.
    if (typeof (rest as { default?: unknown }).default === "function") delete turned.default;
    return pipe ? { ...turned, pipe: cut(flatten(pipe)).map((step) => turn(step)) } : turned;
  };
  return turn(schema) as v.GenericSchema;
}

const isSchema = (value: unknown): value is Schema => (value as Partial<Schema> | null)?.kind === "schema";

const mapValues = (values: object, turn: (value: unknown, key: string) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, turn(value, key)]));

const flatten = (pipe: readonly Step[]): readonly Step[] =>
  pipe.flatMap((step) => ("pipe" in step && step.pipe ? flatten(step.pipe) : [step]));

function cut(pipe: readonly Step[]): readonly Step[] {
  const changes = (step: Step, at: number) =>
    at > 0 && (isSchema(step) || (step.kind === "transformation" && !MARKS.includes(step.type)));
  const end = pipe.findIndex(changes);
  const seen = end < 0 ? pipe : pipe.slice(0, end);
  const unseen = end < 0 ? [] : pipe.slice(end);
  return [...seen.map((step) => toSayable(step)), ...unseen.map(toLater)].filter((step) => !MARKS.includes(step.type));
}

/** What is said of a value holds however it is changed. */
function toLater(step: Step): Step {
  if (step.kind === "metadata") return toSayable(step);
  if (isSchema(step)) return asRule(`then must be ${step.expects}`);
  return asRule(step.kind === "transformation" ? `is changed by ${nameOf(step)}` : `then ${textOf(step)}`);
}

function toSayable(step: Step): Step {
  if (isSchema(step)) return step;
  if (step.type === "metadata") return { ...step, metadata: toKnown(step.metadata ?? {}) };
  const action = step.type === "check" ? (fromText(textOf(step)) ?? step) : step;
  return action.type === "regex" && !isSayable(action.requirement as RegExp) ? asRule(textOf(step)) : action;
}

const toKnown = (metadata: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(metadata).map(([key, value]) => [WORDS.includes(key) ? key : `x-${key}`, value]));

const asRule = (message: string): Action => ({ kind: "validation", type: "rule", message });

const nameOf = ({ type }: Action): string => type.replaceAll("_", " ");

/** A rule as it is said to whoever broke it. */
export function textOf(action: Action): string {
  const { message, expects } = action;
  return typeof message === "string" ? message : `must satisfy ${[nameOf(action), expects].join(" ").trim()}`;
}

const NUMBERS: Readonly<Record<string, (requirement: number) => unknown>> = {
  "min length >=": v.minLength,
  "max length <=": v.maxLength,
  "length ": v.length,
  "min value >=": v.minValue,
  "max value <=": v.maxValue,
  "gt value >": v.gtValue,
  "lt value <": v.ltValue,
  "multiple of %": v.multipleOf,
  "min entries >=": v.minEntries,
  "max entries <=": v.maxEntries,
};
const PLAIN: Readonly<Record<string, () => unknown>> = {
  "safe integer": v.safeInteger,
  integer: v.integer,
  "non empty !0": v.nonEmpty,
};

/** The action that a check is named for: `must satisfy max length <=100`. Left out: it is no such name. */
function fromText(text: string): Action | undefined {
  const rule = /^must satisfy (.+)$/s.exec(text)?.[1] ?? "";
  const [, name = "", number] = /^(\D+?)(-?\d+(?:\.\d+)?)$/.exec(rule) ?? [];
  const [, source, flags] = /^regex \/(.+)\/([a-z]*)$/s.exec(rule) ?? [];
  if (source !== undefined) return toRegex(source, flags);
  return (NUMBERS[name]?.(Number(number)) ?? PLAIN[rule]?.()) as Action | undefined;
}

function toRegex(source: string, flags: string | undefined): Action | undefined {
  try {
    return v.regex(new RegExp(source, flags)) as Action;
  } catch {
    return undefined;
  }
}

/** In JSON Schema, patterns have no flags, and are read as with "u". */
function isSayable({ source, flags }: RegExp): boolean {
  try {
    return /^u?$/.test(flags) && new RegExp(source, "u") !== undefined;
  } catch {
    return false;
  }
}
