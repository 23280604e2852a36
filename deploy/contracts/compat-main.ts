import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { complain, parseCommandLine, UsageError } from "../../adapters/local/command-line.ts";
// Gives the catalogue's events their samples.
import "../../functions/events/index.ts";
import { OURS } from "../entries.ts";
import { compareKept } from "./compat.ts";
import { toReplay, toText } from "./compat-text.ts";
import { keepSchemas, readKept } from "./kept-schemas.ts";
import { readRecords } from "./records.ts";
import { refusesMore, replay, samplesOf } from "./replay.ts";

const KEPT = "deploy/contracts/kept.json";
const HELP = `npm run compat -- [--keep] [--against FILE|DIR] [--events FILE|DIR]

Holds the schemas of all event types against those that were kept at the last release, and says of each what its change breaks. backward:
who has the new schema reads what was written by the old one; forward: who has the old schema reads what is written by the new one;
full: both; breaking: neither. Below it why, and which functions are hurt. Then events are read by the new schemas.

  --keep              keeps the schemas as they are now, with a sample of each, in ${KEPT}: at a release
  --against FILE|DIR  what was kept, or the folder of a project with it (default ${KEPT})
  --events FILE|DIR   recorded events, as JSON, a line each, or the data folder of npm start (default: the samples that were kept)
  --full              exit code 1 as well where only one direction holds
  --json              for programs
  --help              this text

Exit code 0, 1 when something is breaking or a recorded event is refused that was not before, 2 when it was asked for wrongly.
`;

const COMMAND = "npm run compat";
const ROOT = join(import.meta.dirname, "../..");
const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const { help, keep, ...asked } = parseCommandLine({
    command: COMMAND,
    options: {
      keep: { type: "boolean", default: false },
      against: { type: "string" },
      events: { type: "string" },
      full: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (help) process.stdout.write(HELP);
  else if (!keep) compareAll(asked);
  else if (asked.against === undefined && asked.events === undefined) keepAll();
  else throw new UsageError("--keep: must stand alone: it compares nothing");
} catch (error) {
  complain(error, COMMAND);
}

function keepAll(): void {
  const kept = keepSchemas(OURS.system);
  writeFileSync(join(ROOT, KEPT), `${JSON.stringify(kept, null, 2)}\n`);
  print(`kept: ${Object.keys(kept.events).length} event types in ${KEPT}`);
}

interface Asked {
  readonly against?: string;
  readonly events?: string;
  readonly full: boolean;
  readonly json: boolean;
}

function compareAll({ against, events, full, json }: Asked): void {
  const { system } = OURS;
  const kept = read(() => readKept(against === undefined ? join(ROOT, KEPT) : find("--against", against)));
  const rows = compareKept(kept, system);
  const records = events === undefined ? { events: samplesOf(kept), others: [] } : recordsIn(events);
  const replayed = replay(records.events, { system, kept });
  if (json) print(JSON.stringify({ types: rows, replayed: { ...replayed, others: records.others } }, null, 2));
  else {
    print(`${toText(rows)}\n\n${toReplay(replayed, events ?? "samples that were kept")}`);
    const [place] = records.others;
    if (place !== undefined) print(`  no events: ${records.others.length}, the first at ${place}`);
  }
  const broken = full ? ["breaking", "backward", "forward"] : ["breaking"];
  const isBroken = rows.some(({ verdict }) => broken.includes(verdict));
  process.exitCode = isBroken || refusesMore(replayed, { rows, isRecorded: events !== undefined }) ? 1 : 0;
}

function recordsIn(path: string) {
  const records = read(() => readRecords(existing("--events", path)));
  if (records.events.length + records.others.length === 0)
    throw new UsageError(`--events: must hold events, ${path} holds none`);
  return records;
}

function find(option: string, path: string): string {
  return statSync(existing(option, path)).isDirectory() ? existing(option, join(path, KEPT)) : path;
}

function existing(option: string, path: string): string {
  if (!existsSync(path)) throw new UsageError(`${option}: must be there, ${path} is not`);
  return path;
}

/** throws: UsageError for whatever cannot be read */
function read<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}
