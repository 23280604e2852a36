import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import type { Remains } from "./dead-letter.ts";
import { describe, toLine } from "./outcome.ts";
import { withoutValues } from "./values.ts";

const MOST_FRAMES = 10;
const MOST_ERRORS = 6;
const MOST_CHARACTERS = 4_000;
const MOST_OF_A_FRAME = 200;
const MOST_OF_A_LINE = 1_000;
/** Of a message. */
const MOST_SEARCHED = 2_000;

/** Where the project lies, or what lies in a bundle's place: no folder above it is anybody's matter. */
const ROOT = new URL("../../../", import.meta.url).pathname;
/** `at name (place:line:column)`, or `at place:line:column`. */
const FRAME = /^\s*at (?:async )?(?:(.+) \()?((?:[a-z]+:\/\/)?[^()]+?):(\d+):(\d+)\)?$/;
/** Whose lines nobody here can mend. */
const OTHERS = /^node:|(?:^|\/)node_modules\//;
/** What a minifier calls a function says nothing. */
const MINIFIED = /^[\w$]{1,3}$/;

/** What a function's code threw, without any value of the event: in one line, and with its places. */
export function tellFault(error: unknown, remains: Remains): { readonly reason: string; readonly stack: string } {
  const data = "event" in remains ? remains.event.data : undefined;
  return { reason: toWords(error, data), stack: toStack(error, data) };
}

/** An error that tells in words fit for logs what another does, and where. */
export class Fault extends Error {
  /** Told by this, since there may be two copies of the class; no field, which logs would show. */
  get isTold(): boolean {
    return true;
  }

  constructor(error: unknown, data: unknown) {
    const [, name = "Error", message = ""] = /^(?:(\w+): )?(.*)$/s.exec(toWords(error, data)) ?? [];
    super(message);
    this.name = name;
    this.stack = toStack(error, data);
  }
}

/**
 * An error's stack for logs, whatever was thrown: a line that says what, then one a place in our own sources, by the bundle's map
 * where there is one; its causes below. Nothing is loaded for it before there is an error.
 *
 * in  data: whose values must not stand in it
 */
export function toStack(error: unknown, data?: unknown): string {
  if (error instanceof Error && "isTold" in error) return String(error.stack);
  const seen = new Set<unknown>();
  const tell = (one: unknown, before: string): readonly string[] => {
    if (seen.size >= MOST_ERRORS || seen.has(one)) return [];
    seen.add(one);
    const said = `${before}${toWords(one, data)}`;
    if (!(one instanceof Error)) return [`${said} (no Error was thrown, and so no stack)`];
    const inner = one instanceof AggregateError && Array.isArray(one.errors) ? one.errors : [];
    return [
      said,
      ...framesOf(one),
      ...inner.flatMap((each) => tell(each, "one of: ")),
      ...(one.cause === undefined ? [] : tell(one.cause, "caused by: ")),
    ];
  };
  try {
    return tell(error, "").join("\n").slice(0, MOST_CHARACTERS);
  } catch {
    return toWords(error, data);
  }
}

/** Its first line: values are taken out before addresses are, and before it is cut, so that they are found. */
function toWords(error: unknown, data: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return toLine(withoutValues(text.slice(0, MOST_SEARCHED).replace(/\s+/g, " "), data));
  } catch {
    return describe(error);
  }
}

/** Its message stands before them, and may look like one of them. */
function framesOf({ message, stack }: Error): readonly string[] {
  if (typeof stack !== "string") return [];
  const begin = typeof message === "string" ? stack.indexOf(message) : -1;
  const lines = stack.slice(begin < 0 ? 0 : begin + message.length).split("\n", 100);
  return lines.flatMap(toFrame).slice(0, MOST_FRAMES);
}

function toFrame(line: string): readonly string[] {
  const [, name, file = "", atLine, atColumn] = FRAME.exec(line.slice(0, MOST_OF_A_LINE)) ?? [];
  if (atLine === undefined) return [];
  const { place, isMapped } = toPlace(file, { line: Number(atLine), column: Number(atColumn) });
  if (OTHERS.test(place)) return [];
  const isTold = name !== undefined && !(isMapped && MINIFIED.test(name));
  return [`    at ${toLine(isTold ? `${name} (${place})` : place, MOST_OF_A_FRAME)}`];
}

interface Position {
  readonly line: number;
  readonly column: number;
}

function toPlace(file: string, { line, column }: Position) {
  const found = mapOf(file)?.findEntry(line - 1, column - 1);
  if (found && "originalSource" in found && found.originalSource !== undefined) {
    const source = found.originalSource.replace(/^(\.\.\/)+/, "");
    return { place: `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`, isMapped: true };
  }
  const path = file.replace(/^file:\/\//, "");
  const own = path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
  return { place: `${own}:${line}:${column}`, isMapped: false };
}

/** Of bundles. Should there be two copies of this, each has read its own. */
const maps = new Map<string, SourceMap | undefined>();

function mapOf(file: string): SourceMap | undefined {
  if (!/\.[cm]js$/.test(file)) return undefined;
  if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
  return maps.get(file);
}

/** out: undefined where none lies beside it */
function readMap(file: string): SourceMap | undefined {
  try {
    const text = readFileSync(file.startsWith("file:") ? new URL(file) : file, "utf8");
    return new SourceMap(JSON.parse(text));
  } catch {
    return undefined;
  }
}
