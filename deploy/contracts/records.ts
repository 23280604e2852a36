import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decode } from "../../adapters/core/event/decode.ts";
import type { Recorded } from "./replay.ts";

interface Records {
  readonly events: readonly Recorded[];
  /** Where something else stands, as FILE:LINE. */
  readonly others: readonly string[];
}

/**
 * Recorded events: CloudEvents in structured mode, one a line (`.jsonl`), or one, or a list of them, a file (`.json`); and what `npm start`
 * keeps of events in its data folder: those that wait, and those that were delivered.
 *
 * in      a file, or a folder with such files in it, however deep
 * throws  Error of the file system, or of SQLite
 */
export function readRecords(path: string): Records {
  const isFolder = statSync(path).isDirectory();
  const files = isFolder
    ? globSync("**/*.{json,jsonl,db}", { cwd: path })
        .toSorted()
        .map((file) => join(path, file))
    : [path];
  const records = files.map((file) => (file.endsWith(".db") ? readDatabase(file) : readText(file)));
  return { events: records.flatMap(({ events }) => events), others: records.flatMap(({ others }) => others) };
}

function readText(file: string): Records {
  const text = readFileSync(file, "utf8");
  const lines = file.endsWith(".json") ? [text] : text.split("\n");
  const events: Recorded[] = [];
  const others: string[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const found = eventsIn(Buffer.from(line));
    if (found) events.push(...found);
    else others.push(`${file}:${at + 1}`);
  }
  return { events, others };
}

/** Tables of adapters/local/broker.ts and adapters/local/console/history-file.ts. */
const BODIES: Readonly<Record<string, string>> = {
  entry: "SELECT body FROM entry",
  body: "SELECT text AS body FROM body",
};

/** In a database there is more than events, and nothing is said of the rest. */
function readDatabase(file: string): Records {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const bodies = tables.flatMap(({ name }) =>
      BODIES[String(name)] ? db.prepare(BODIES[String(name)] ?? "").all() : [],
    );
    const events = bodies.flatMap(({ body }) => eventsIn(Buffer.from(body as string | Uint8Array)) ?? []);
    return { events, others: [] };
  } finally {
    db.close();
  }
}

/** out: undefined where one is none */
function eventsIn(body: Buffer): readonly Recorded[] | undefined {
  const format = body.toString("utf8", 0, 100).trimStart().startsWith("[") ? "cloudevents-batch" : "cloudevents";
  const limits = { maxBytes: Number.MAX_SAFE_INTEGER };
  const decoded = decode({ headers: { "content-type": `application/${format}+json` }, body }, limits);
  const events = decoded.flatMap((one) => ("event" in one ? [{ type: one.event.type, data: one.event.data }] : []));
  return events.length === decoded.length ? events : undefined;
}
