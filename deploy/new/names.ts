import { UsageError } from "../../adapters/local/command-line.ts";
import { DEAD_LETTERS, EVENT_TYPE, FUNCTION_NAME, TAKEN, TOPIC } from "../../functions/kernel/system.ts";

/** throws: UsageError that names the rule */
export function checkType(type: string): void {
  if (!EVENT_TYPE.test(type))
    throw new UsageError(`type ${type}: must match ${EVENT_TYPE}, as com.acme.loyalty.points-earned.v1 does`);
}

/** throws: UsageError that names the rule */
export function checkTopic(topic: string): void {
  if (!TOPIC.test(topic) || topic === DEAD_LETTERS)
    throw new UsageError(`--topic ${topic}: must match ${TOPIC}, and not be ${DEAD_LETTERS}`);
}

/** throws: UsageError that names the rule */
export function checkFunctionName(name: string): void {
  if (!FUNCTION_NAME.test(name)) throw new UsageError(`function ${name}: name must match ${FUNCTION_NAME}`);
  if ([...TAKEN, "events", "kernel"].includes(name)) throw new UsageError(`function ${name}: name is taken`);
}

/** How an event type may be called in code: the file without `.ts`, and the export. */
export interface EventNames {
  readonly stem: string;
  readonly name: string;
}

/**
 * The shortest first: the last two words of its name, and so many before them as another event of these words, or the type of all in their
 * index, makes it need. A later version than the first bears its number.
 */
export function namesOf(type: string): readonly EventNames[] {
  const parts = type.split(".");
  const version = parts.pop() ?? "";
  const stems = parts.map((_, index) => parts.slice(parts.length - 1 - index).join("-"));
  return stems
    .filter((words) => words.includes("-") && /^[a-z]/.test(words))
    .map((words) => (version === "v1" ? words : `${words}-${version}`))
    .map((stem) => ({ stem, name: toPascal(stem) }))
    .filter(({ name }) => name !== "SampledEvent");
}

const toPascal = (words: string): string =>
  words.replaceAll(/(?:^|-+)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** What a constant may not be called in a handler and its test: a word of the language, or what is there under that name. */
const RESERVED = new Set(
  [
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for",
    "function if implements import in instanceof interface let new null package private protected public return static super switch",
    "this throw true try typeof undefined var void when while with yield v state defineFunction draft expect it reaction",
  ].flatMap((line) => line.split(" ")),
);

/** How a function may be called in code. */
export function constantOf(name: string): string {
  const pascal = toPascal(name);
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  return RESERVED.has(camel) || camel in globalThis ? `${camel}Function` : camel;
}
