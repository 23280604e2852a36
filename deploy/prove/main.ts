import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { complain, parseWords, UsageError } from "../../adapters/local/command-line.ts";
import { system } from "../../functions/index.ts";
import type { System, SystemFunction } from "../../functions/kernel/system.ts";
import { DEFAULTS, type Proof, proveFunction } from "./prove.ts";
import { toText } from "./text.ts";
// Gives the catalogue's events their samples.
import "../../functions/events/index.ts";

const HELP = `npm run prove -- [FUNCTION …] [options]

Takes functions, or all of them, through duplicates, other orders, crashes at every step, failing stores, publishes and effects, late
answers, and a newer build beside them; says what broke, with the shortest history of it. All in this process: no broker, no store, and
effects that only write down what they are asked.

  --seed N         of what is done at random (default ${DEFAULTS.seed}): the same seed, the same histories
  --runs N         how many histories are made at random, up to 100000 (default ${DEFAULTS.runs})
  --ordered NAME   this function depends on the order of a subject's events, and somebody sees to it; may be there several times
  --older FILE     exports the system of the build before, to run beside this one: functions/index.ts of its checkout
  --json           for programs: a list with one entry a function
  --help           this text

Exit code 0 where nothing broke (notes may be meant so), 1 where something did, 2 when it was asked for wrongly.
`;

const COMMAND = "npm run prove";
const OPTIONS = {
  seed: { type: "string", default: String(DEFAULTS.seed) },
  runs: { type: "string", default: String(DEFAULTS.runs) },
  ordered: { type: "string", multiple: true, default: [] as string[] },
  older: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const { values, words } = parseWords({ command: COMMAND, options: OPTIONS });
  if (values.help) process.stdout.write(HELP);
  else await run(words, values);
} catch (error) {
  complain(error, COMMAND);
}

async function run(
  names: readonly string[],
  options: ReturnType<typeof parseWords<typeof OPTIONS>>["values"],
): Promise<void> {
  const functions = names.length === 0 ? system.functions : names.map((name) => find("FUNCTION", name));
  const ordered = options.ordered.map((name) => find("--ordered", name).name);
  const seed = toNumber("--seed", options.seed, 2 ** 32 - 1);
  const runs = toNumber("--runs", options.runs, 100_000);
  // What a handler has begun and does not wait for must not end this process: it is a finding.
  process.on("unhandledRejection", () => {});
  const older = await readOlder(options.older);
  const proofs: Proof[] = [];
  for (const fn of functions) {
    const onProgress = options.json ? undefined : progressOf(fn.name);
    const { edges } = system;
    const proof = await proveFunction(fn, {
      edges,
      seed,
      runs,
      isOrdered: ordered.includes(fn.name),
      older: older.get(fn.name),
      onProgress,
    });
    proofs.push(proof);
    if (!options.json) print(toText(proof));
  }
  if (options.json) print(JSON.stringify(proofs, null, 2));
  else print(`seed ${seed}`);
  if (proofs.some(({ findings }) => findings.some(({ level }) => level === "fault"))) process.exitCode = 1;
}

/** out: by name */
async function readOlder(file: string | undefined): Promise<ReadonlyMap<string, SystemFunction<never>>> {
  if (file === undefined) return new Map();
  try {
    const { system: before } = (await import(pathToFileURL(resolve(file)).href)) as { readonly system: System<never> };
    return new Map(before.functions.map((fn) => [fn.name, fn]));
  } catch (error) {
    throw new UsageError(`--older: must be a file that exports a system, got ${file}: ${(error as Error).message}`);
  }
}

const EVERY_MS = 100;

/** Where somebody looks. */
function progressOf(name: string): ((histories: number) => void) | undefined {
  const { stderr } = process;
  if (!stderr.isTTY) return undefined;
  let shown = 0;
  return (histories) => {
    if (performance.now() - shown < EVERY_MS) return;
    shown = performance.now();
    stderr.write(`${name}: ${histories} histories\u001b[K\r`);
  };
}

function find(what: string, name: string): SystemFunction<never> {
  const found = system.functions.find((fn) => fn.name === name);
  if (!found)
    throw new UsageError(`${what}: must be one of ${system.functions.map((fn) => fn.name).join(", ")}, got ${name}`);
  return found as SystemFunction<never>;
}

function toNumber(option: string, text: string, most: number): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > most)
    throw new UsageError(`${option}: must be a whole number, at most ${most}, got ${text}`);
  return Number(text);
}
