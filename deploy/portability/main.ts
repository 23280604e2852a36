import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseWords, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { OURS } from "../entries.ts";
import { readContents } from "./bundles.ts";
import { HOST_NAMES, type HostName } from "./hosts.ts";
import type { Wanted } from "./report.ts";
import { toList, toTable } from "./screen.ts";
import { type Survey, survey } from "./survey.ts";
// Gives the catalogue's events their samples.
import "../../functions/events/index.ts";

const HELP = `npm run portability -- [FUNCTION] [options]

What a function needs, and what each host gives: a table of one, or a line for each of all. From its definition, its bundles in dist (built
where there are none), and what loading them takes. It says where the function cannot run as promised, and what it must bear.

  --host HOST      only this one: ${HOST_NAMES.join(", ")}; may be there several times
  --ordered        its handlers depend on the order of the events of a subject, which no definition tells
  --event-bytes N  of the largest event that it hears or says (default: of the largest sample)
  --state-bytes N  of its largest state
  --runs N         how often each bundle is loaded in a fresh process, 0 to 20 (default 3 for one function, 1 for all; 0: not at all)
  --json           for programs: a list with one entry a function
  --help           this text

Exit code 0 when it can run as promised wherever it was asked for, 1 when it cannot, 2 when it was asked for wrongly.
`;

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");
const WIDTH = 150;
const print = (text: string) => process.stdout.write(`${text}\n`);

const COMMAND = "npm run portability";

try {
  const { values, words } = parseWords({
    command: COMMAND,
    options: {
      host: { type: "string", multiple: true, default: [] },
      ordered: { type: "boolean", default: false },
      "event-bytes": { type: "string" },
      "state-bytes": { type: "string" },
      runs: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) print(HELP);
  else {
    const functions = toFunctions(words);
    const wanted: Wanted = {
      isOrdered: values.ordered,
      eventBytes: toNumber("--event-bytes", values["event-bytes"]),
      stateBytes: toNumber("--state-bytes", values["state-bytes"]),
    };
    const runs = toNumber("--runs", values.runs, 20) ?? (words.length > 0 ? 3 : 1);
    const options = { hosts: toHosts(values.host), wanted, runs };
    const contents = readContents(DIST) ?? build();
    const main = join(ROOT, "adapters/dapr/main.ts");
    const surveys: Survey[] = [];
    for (const fn of functions) surveys.push(await survey(fn, { sources: OURS, contents, dist: DIST, main }, options));
    if (values.json)
      print(
        JSON.stringify(
          surveys.map(({ needCells: _, ...one }) => one),
          null,
          2,
        ),
      );
    else if (words.length === 0) print(toList(surveys));
    else for (const one of surveys) print(toTable(one, process.stdout.columns ?? WIDTH));
    process.exitCode = surveys.some(({ placements }) => placements.some(({ faults }) => faults.length > 0)) ? 1 : 0;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  reportUsage(error, COMMAND);
}

function toFunctions(names: readonly string[]) {
  const { functions } = OURS.system;
  if (names.length > 1) throw new UsageError(`FUNCTION: must be one, got ${names.length}`);
  const [name] = names;
  if (name === undefined) return functions;
  const found = functions.filter((fn) => fn.name === name);
  if (found.length === 0)
    throw new UsageError(`FUNCTION: must be one of ${functions.map((fn) => fn.name).join(", ")}, got ${name}`);
  return found;
}

function toHosts(names: readonly string[]): readonly HostName[] {
  const stranger = names.find((name) => !(HOST_NAMES as readonly string[]).includes(name));
  if (stranger !== undefined) throw new UsageError(`--host: must be one of ${HOST_NAMES.join(", ")}, got ${stranger}`);
  return names.length > 0 ? (names as readonly HostName[]) : HOST_NAMES;
}

function toNumber(option: string, text: string | undefined, most = 1_000_000_000): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text) || Number(text) > most)
    throw new UsageError(`${option}: must be a whole number, at most ${most}, got ${text}`);
  return Number(text);
}

function build() {
  process.stderr.write("dist: is not there, building it\n");
  execFileSync(process.execPath, ["esbuild.config.mjs"], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const contents = readContents(DIST);
  if (!contents) throw new Error("npm run build: has left no dist/contents.json");
  return contents;
}
