import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearest } from "../core/host/misspelt.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<Described extends Options> = ReturnType<typeof parseArgs<{ options: Described }>>["values"];

/** What is wrong with what was typed, and how to learn what is right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

interface Command<Described extends Options> {
  /** As it is typed: npm start. */
  readonly command: string;
  readonly options: Described;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Reads what was typed, and lets whoever reads the output stop when they have enough. throws: UsageError of one line */
export const parseCommandLine = <const Described extends Options>(command: Command<Described>): Values<Described> =>
  parse(command, false).values;

/** The same of a command that takes words beside its options. */
export const parseWords = <const Described extends Options>(
  command: Command<Described>,
): { readonly values: Values<Described>; readonly words: readonly string[] } => parse(command, true);

function parse<const Described extends Options>(
  { command, options, args = process.argv.slice(2), env = process.env }: Command<Described>,
  allowPositionals: boolean,
) {
  const names = Object.keys(options);
  letReadersGo();
  refuseTaken(names, { command, env });
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals });
    return { values: values as Values<Described>, words: positionals };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    const word = /'([^']*)'/.exec(message)?.[1] ?? "";
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      const meant = nearest(word.replace(/^-+/, ""), names);
      throw new UsageError(`${word}: is no option${meant === undefined ? "" : `; did you mean --${meant}?`}`);
    }
    if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL")
      throw new UsageError(`${word}: is no option; options stand behind "--": ${command} -- --${names[0]} …`);
    if (message.includes("ambiguous"))
      throw new UsageError(`${word}: must have a value; one that begins with "-" stands behind "=": ${word}=-…`);
    throw new UsageError(message);
  }
}

let mayGo = false;

/** As `head` goes: no stack trace, and what was begun goes on. */
function letReadersGo({ stdout, stderr } = process): void {
  if (mayGo) return;
  mayGo = true;
  for (const stream of [stdout, stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
}

/** npm says the first to every script, whatever was typed (source: npm, "config prefix"), and build servers the second to npm. */
const SAID_ALWAYS: readonly string[] = ["prefix", "yes"];

/**
 * npm reads options that stand before "--" as settings of its own, and hands them on in the environment alone.
 *
 * throws  UsageError for one of the names that it took
 */
export function refuseTaken(
  names: readonly string[],
  { command, env = process.env }: Pick<Command<Options>, "command" | "env">,
): void {
  if (env.npm_lifecycle_event === undefined || env.npm_lifecycle_event !== command.split(" ").at(-1)) return;
  const taken = names.find(
    (name) => !SAID_ALWAYS.includes(name) && env[`npm_config_${name.replaceAll("-", "_")}`] !== undefined,
  );
  if (taken !== undefined)
    throw new UsageError(`--${taken}: npm took it for one of its own; write "--" first: ${command} -- --${taken}`);
}

/** Says what is wrong with what was typed. */
export function reportUsage(error: UsageError, command: string): void {
  process.stderr.write(`${error.message}\n${command} -- --help lists the options.\n`);
  process.exitCode = 2;
}

/** Says what went wrong in one line; of what was asked for wrongly, how to learn what is right. */
export function complain(error: unknown, command: string): void {
  if (error instanceof UsageError) reportUsage(error, command);
  else {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
