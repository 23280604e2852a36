import type { DatabaseSync } from "node:sqlite";
import { derivedId, eventKey } from "../../core/event/ids.ts";
import { compact } from "../../core/ledger/entry.ts";
import type { Body, Happening, Story } from "./api-types.ts";
import { SELECT, toHappening } from "./history-rows.ts";

/** Of one story, the newest. */
const MOST_ROWS = 5_000;
/** Of all its bodies; of others one asks by their id. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** What the screen shows of an id. */
const LEAST_CHARACTERS = 8;
const BY = ["event", "correlation", "subject"] as const;
/** Between clocks of two processes of one machine, and what a log line takes. */
const SLACK_MS = 10;

/** What is said of one event, in one wording. */
interface About {
  readonly n: number;
  readonly event: string | null;
  readonly subject: string | null;
}

interface Asked {
  readonly by: (typeof BY)[number];
  /** Whole. */
  readonly id: string;
}

export interface Stories {
  find(id: string): Story | undefined;
}

/**
 * Picks one story out of all that happened, as `npm run story` does: what is about an event, a correlation id or a subject, and what
 * follows from that by its cause; beside it what was saved of its subjects and its events, and tried on the outside.
 */
export function createStories(db: DatabaseSync, bodyOf: (id: number) => Body | undefined): Stories {
  const whose = createWhose(db);
  const follow = createFollow(db);
  const beside = createBeside(db, bodyOf);
  const idsOf = db.prepare("SELECT id FROM happening WHERE about = ? ORDER BY id DESC LIMIT ?");
  const rowsOf = db.prepare(`${SELECT} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`);
  const read = (ids: Iterable<number>): readonly Happening[] => {
    const newest = [...ids].sort((one, other) => one - other).slice(-MOST_ROWS);
    return rowsOf.all(JSON.stringify(newest)).map((row) => toHappening(row as Parameters<typeof toHappening>[0]));
  };

  return {
    find(id) {
      const asked = whose(id);
      if (!asked) return undefined;
      const abouts = follow(asked);
      const ids = abouts.flatMap(({ n }) => idsOf.all(n, MOST_ROWS).map((row) => Number(row.id)));
      const told = read(ids);
      const happenings = read(new Set([...told.map((row) => row.id), ...beside(abouts, told)]));
      return { asked: asked.id, happenings, bodies: bodiesOf(happenings, bodyOf) };
    },
  };
}

/** Whose id it is; of several that begin so, that of the newest. */
function createWhose(db: DatabaseSync): (id: string) => Asked | undefined {
  const statements = BY.map((by) => ({
    by,
    exact: db.prepare(`SELECT 1 FROM event WHERE ${by} = ? LIMIT 1`),
    beginning: db.prepare(`
      SELECT ${by} AS id, n FROM event WHERE ${by} >= ?1 AND ${by} < ?1 || char(1114111) ORDER BY n DESC LIMIT 1`),
  }));
  return (id) => {
    const exact = statements.find((one) => one.exact.get(id) !== undefined);
    if (exact) return { by: exact.by, id };
    if (id.length < LEAST_CHARACTERS) return undefined;
    const found = statements.flatMap(({ by, beginning }) => {
      const row = beginning.get(id);
      return row ? [{ by, id: String(row.id), n: Number(row.n) }] : [];
    });
    return found.sort((one, other) => other.n - one.n)[0];
  };
}

function createFollow(db: DatabaseSync): (asked: Asked) => readonly About[] {
  const begun = db.prepare(`
    SELECT n, event, subject FROM event WHERE correlation = ?1 OR subject = ?1 ORDER BY n DESC LIMIT ${MOST_ROWS}`);
  const own = db.prepare(`SELECT n, event, subject FROM event WHERE event = ? LIMIT ${MOST_ROWS}`);
  const caused = db.prepare(`SELECT n, event, subject FROM event WHERE causation = ? LIMIT ${MOST_ROWS}`);
  return ({ by, id }) => {
    const found = new Map<number, About>();
    const events = new Set<string>();
    const take = (rows: readonly unknown[]) => {
      for (const about of rows as About[]) {
        if (found.size >= MOST_ROWS) return;
        found.set(about.n, about);
        if (about.event !== null) events.add(about.event);
      }
    };
    if (by === "event") events.add(id);
    else take(begun.all(id));
    // It grows while it is walked.
    for (const event of events) {
      take(own.all(event));
      take(caused.all(event));
    }
    return [...found.values()];
  };
}

/**
 * What belongs to a story and names none of its events: documents, and effects. Of a subject that has other stories as well only what
 * was saved while its functions worked on this one.
 */
function createBeside(db: DatabaseSync, bodyOf: (id: number) => Body | undefined) {
  const ofSubject = db.prepare(`SELECT n FROM event WHERE subject = ? LIMIT ${MOST_ROWS + 1}`);
  const saves = db.prepare(`
    SELECT id, at, app, about FROM happening WHERE document = ? AND kind = 'saved' ORDER BY id DESC LIMIT ${MOST_ROWS}`);
  const effects = db.prepare(`
    SELECT id, key FROM happening WHERE kind = 'effect' AND key >= ?1 AND key < ?1 || char(1114111)
    ORDER BY key LIMIT ${MOST_ROWS}`);
  const sourceOf = (id: number): string | undefined => {
    try {
      const { source } = JSON.parse(bodyOf(id)?.text ?? "");
      return typeof source === "string" ? source : undefined;
    } catch {
      return undefined;
    }
  };

  return (abouts: readonly About[], told: readonly Happening[]): readonly number[] => {
    const known = new Set(abouts.map(({ n }) => n));
    const subjects = new Set(abouts.flatMap(({ subject }) => subject ?? []));
    const isWhole = (subject: string) => ofSubject.all(subject).every(({ n }) => known.has(Number(n)));
    const isAtWork = workOf(told);

    const bySubject = [...subjects].flatMap((subject) => {
      const whole = isWhole(subject);
      const rows = [subject, derivedId(subject)].flatMap((document) => saves.all(document));
      const saved = rows.filter(({ app, at, about }) => whole || (about === null && isAtWork(String(app), Number(at))));
      const tried = whole ? effects.all(subject).filter(({ key }) => begins(String(key), subject)) : [];
      return [...saved, ...tried];
    });
    const published = told.filter(({ kind, event, hasBody }) => kind === "published" && event && hasBody);
    const keys = new Set(
      published.flatMap(({ id, event = "" }) => {
        const source = sourceOf(id);
        return source === undefined ? [] : [eventKey({ source, id: event })];
      }),
    );
    const byEvent = [...keys].flatMap((key) => [key, compact(key)].flatMap((document) => saves.all(document)));
    return [...bySubject, ...byEvent].map(({ id }) => Number(id));
  };
}

/** A subject may begin as another does. */
const begins = (key: string, subject: string): boolean =>
  key.startsWith(subject) && !/^[\p{L}\p{N}]/u.test(key.slice(subject.length));

/** Whether a function worked on an event of the story then. */
function workOf(told: readonly Happening[]): (app: string, at: number) => boolean {
  const works = told.filter(({ kind }) => kind === "told" || kind === "answered");
  const byApp = Map.groupBy(works, ({ app = "" }) => app);
  return (app, at) =>
    (byApp.get(app) ?? []).some((work) => at >= work.at - (work.ms ?? 0) - SLACK_MS && at <= work.at + SLACK_MS);
}

function bodiesOf(
  happenings: readonly Happening[],
  bodyOf: (id: number) => Body | undefined,
): Readonly<Record<number, Body>> {
  const bodies: Record<number, Body> = {};
  let left = MOST_CHARACTERS;
  for (const { id, hasBody } of happenings) {
    const body = hasBody && left > 0 ? bodyOf(id) : undefined;
    if (!body) continue;
    bodies[id] = body;
    left -= body.text.length + (body.before?.length ?? 0);
  }
  return bodies;
}
