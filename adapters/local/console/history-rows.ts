import type { DatabaseSync } from "node:sqlite";
import { createRecent } from "../../core/ledger/recent.ts";
import type { Happening } from "./api-types.ts";

/** Events that are found without asking the file: those of the last seconds, however many come. */
const HALF_KNOWN = 2_000;

type Row = Readonly<Record<string, string | number | null>>;

/** What is read of a happening. */
export const SELECT = `
  SELECT id, at, kind, app, topic, entry, event, type, subject, correlation, causation, attempt, outcome, how, said, code,
    reason, ms, key, hasBody
  FROM happening LEFT JOIN event ON n = about`;

export function toHappening({ said, hasBody, ...row }: Row): Happening {
  const there = Object.entries(row).filter(([, value]) => value !== null);
  const happening = Object.fromEntries(there) as unknown as Happening;
  return {
    ...happening,
    ...(said === null ? {} : { said: JSON.parse(String(said)) }),
    ...(hasBody === 1 ? { hasBody: true } : {}),
  };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PARKED = /-parked-([\w-]{22})$/;

/**
 * What tells a document from others: of one of the ledger the id at its end, which is that of its subject or of its event. What
 * lies beside documents, as marks and what is due, has a key that ends in none.
 */
export function documentOf(key: string): string {
  const own = key.split("||").at(-1) ?? key;
  return UUID.exec(own)?.[0] ?? PARKED.exec(own)?.[1] ?? own;
}

interface Attributes {
  readonly event: string | null;
  readonly type: string | null;
  readonly subject: string | null;
  readonly correlation: string | null;
  readonly causation: string | null;
}

/** Writes happenings, within a transaction of the caller. */
export interface HistoryRows {
  insert(happening: Happening, body: Body | undefined): void;
  /** Deletes all up to an id, and events of which nothing is left. */
  deleteUntil(id: number): void;
  /** What it remembers was rolled back. */
  forget(): void;
}

interface Body {
  readonly text: string;
  readonly isCut: boolean;
}

export function createHistoryRows(db: DatabaseSync): HistoryRows {
  const insertHappening = db.prepare(`INSERT INTO happening VALUES (${Array(17).fill("?").join(", ")})`);
  const insertBody = db.prepare("INSERT INTO body VALUES (?, ?, ?)");
  const insertEvent = db.prepare(
    "INSERT INTO event (event, type, subject, correlation, causation) VALUES (?, ?, ?, ?, ?)",
  );
  const findEvent = db.prepare(`
    SELECT n FROM event
    WHERE event = ? AND type IS ? AND subject IS ? AND correlation IS ? AND causation IS ?`);
  const deleteEvents = db.prepare(`
    DELETE FROM event
    WHERE n IN (SELECT about FROM happening WHERE id <= ?1)
      AND NOT EXISTS (SELECT 1 FROM happening WHERE about = n AND id > ?1)
    RETURNING event, type, subject, correlation, causation`);
  const deletions = ["DELETE FROM happening WHERE id <= ?", "DELETE FROM body WHERE id <= ?"].map((sql) =>
    db.prepare(sql),
  );
  let known = createRecent<number>(HALF_KNOWN);

  const partsOf = ({ event, type, subject, correlation, causation }: Attributes) =>
    [event, type, subject, correlation, causation] as const;
  const aboutOf = (attributes: Attributes): number | null => {
    const parts = partsOf(attributes);
    if (parts.every((part) => part === null)) return null;
    const key = parts.join("\0");
    const found =
      known.get(key) ??
      (findEvent.get(...parts)?.n as number | undefined) ??
      Number(insertEvent.run(...parts).lastInsertRowid);
    known.set(key, found);
    return found;
  };

  return {
    insert(happening, body) {
      const { id, at, kind, app = null, topic = null, entry = null, attempt = null, outcome = null } = happening;
      const { how = null, said, code = null, reason = null, ms = null, key = null } = happening;
      const { event = null, type = null, subject = null, correlation = null, causation = null } = happening;
      const about = aboutOf({ event, type, subject, correlation, causation });
      const document = kind === "saved" && key !== null ? documentOf(key) : null;
      insertHappening.run(
        ...[id, at, kind, app, topic, entry, about, attempt, outcome, how],
        ...[said === undefined ? null : JSON.stringify(said), code, reason, ms, key, document, body ? 1 : 0],
      );
      if (body) insertBody.run(id, body.text, body.isCut ? 1 : 0);
    },
    deleteUntil(id) {
      for (const gone of deleteEvents.all(id)) known.delete(partsOf(gone as unknown as Attributes).join("\0"));
      for (const deletion of deletions) deletion.run(id);
    },
    forget() {
      known = createRecent(HALF_KNOWN);
    },
  };
}
