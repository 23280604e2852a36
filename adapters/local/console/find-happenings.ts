import type { DatabaseSync } from "node:sqlite";
import type { Body, Happening } from "./api-types.ts";
import { SELECT, toHappening } from "./history-rows.ts";
import type { Before, History } from "./history-types.ts";

type Rows = Parameters<typeof toHappening>[0][];

/** What a text may stand in. */
const IN_EVENT = ["event", "type", "subject", "correlation"];
const IN_HAPPENING = ["key", "outcome", "how", "code", "reason"];
const holds = (columns: readonly string[]) => columns.map((name) => `instr(lower(${name}), $find) > 0`).join(" OR ");

/** Reads what has happened, and what was written. */
export function createFinder(db: DatabaseSync): Pick<History, "since" | "before" | "body"> {
  const since = db.prepare(`${SELECT} WHERE id > ? ORDER BY id LIMIT ?`);
  const bodyOf = db.prepare("SELECT text, isCut FROM body WHERE id = ?");
  const previous = db.prepare(`
    SELECT before.id FROM happening AS own JOIN happening AS before
      ON before.document = own.document AND before.key = own.key AND before.app IS own.app AND before.id < own.id
    WHERE own.id = ? AND own.kind = 'saved' ORDER BY before.id DESC LIMIT 1`);

  return {
    since: (after, limit) => (since.all(after, limit) as Rows).map(toHappening),
    before: (query) => before(db, query),
    body(id) {
      const own = bodyOf.get(id);
      if (!own) return undefined;
      const earlier = previous.get(id)?.id;
      const old = earlier === undefined ? undefined : bodyOf.get(earlier)?.text;
      return {
        text: String(own.text),
        ...(old === undefined ? {} : { before: String(old) }),
        ...(own.isCut === 1 ? { isCut: true } : {}),
      } satisfies Body;
    },
  };
}

function before(db: DatabaseSync, { before: id, limit, app, topic, kind, entry, find }: Before): readonly Happening[] {
  const given = { $before: id, $app: app, $topic: topic, $kind: kind, $entry: entry, $find: find?.toLowerCase() };
  const wheres = {
    $before: "id < $before",
    $app: "app = $app",
    $topic: "topic = $topic",
    $kind: "kind = $kind",
    $entry: "entry = $entry",
    $find: `(about IN (SELECT n FROM event WHERE ${holds(IN_EVENT)}) OR ${holds(IN_HAPPENING)})`,
  };
  const used = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name as keyof typeof wheres, value] as const],
  );
  const where = used.length > 0 ? `WHERE ${used.map(([name]) => wheres[name]).join(" AND ")}` : "";
  const statement = db.prepare(`${SELECT} ${where} ORDER BY id DESC LIMIT $limit`);
  return (statement.all({ ...Object.fromEntries(used), $limit: limit }) as Rows).map(toHappening);
}
