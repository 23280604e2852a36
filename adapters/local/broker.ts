import type { DatabaseSync } from "node:sqlite";
import { transact } from "./database.ts";

/** How many events a topic keeps that nobody has ever subscribed to; beyond that the oldest go. */
export const KEPT_WITHOUT_GROUP = 10_000;

/** An event as it lies on a topic: exactly the bytes that subscribers get. */
export interface Message {
  readonly body: Uint8Array;
  /** What the publisher said beside it, as JSON: its `metadata.*`, without the prefix. */
  readonly headers: string;
  /** Milliseconds since the epoch from which on nobody wants it any more. */
  readonly expires: number | null;
}

interface Topic {
  readonly component: string;
  readonly topic: string;
}

/** A place in a group's queue. */
export interface Position {
  readonly group: number;
  readonly due: number;
  readonly entry: number;
}

/**
 * Topics with one consumer group per app, in SQLite. An event is kept until every group that ever existed on its topic is
 * done with it; a new group starts with the oldest that is kept. What is committed survives the death of the process.
 */
export interface Broker {
  /** All of them, in their order: durable when it returns. out: where they lie */
  publish(topic: Topic, ...messages: readonly Message[]): readonly number[];
  /** out: the group, made if it is new. `wake` is called after each publish that concerns it. */
  join(topic: Topic, options: { readonly appId: string; readonly wake: () => void }): number;
  /** out: up to `limit` positions that are due, oldest first, those being delivered among them. */
  due(group: number, limit: number): readonly Position[];
  /** out: when the next position that is not yet due will be, in milliseconds since the epoch. */
  nextDue(group: number): number | undefined;
  read(entry: number): Message;
  /** The group is done with it. */
  complete(position: Position): void;
  /** The same, and another topic has it now: both or neither. out: where it lies there */
  moveTo(topic: Topic, position: Position): number;
  postpone(position: Position, due: number): void;
  /** out: groups that hold events and have not been joined by this process. */
  abandoned(): readonly (Topic & { readonly appId: string; readonly events: number })[];
}

interface BrokerOptions {
  readonly db: DatabaseSync;
  /** A topic without subscribers threw its oldest event away. */
  readonly onTrim?: (topic: Topic) => void;
}

export function createBroker({ db, onTrim = () => {} }: BrokerOptions): Broker {
  db.exec(`
    CREATE TABLE IF NOT EXISTS entry (
      id INTEGER PRIMARY KEY AUTOINCREMENT, component TEXT NOT NULL, topic TEXT NOT NULL,
      body BLOB NOT NULL, headers TEXT NOT NULL, expires INTEGER);
    CREATE INDEX IF NOT EXISTS entry_topic ON entry (component, topic, id);
    CREATE TABLE IF NOT EXISTS consumer_group (
      id INTEGER PRIMARY KEY, component TEXT NOT NULL, topic TEXT NOT NULL, app TEXT NOT NULL,
      UNIQUE (component, topic, app));
    CREATE TABLE IF NOT EXISTS delivery (
      group_id INTEGER NOT NULL, due INTEGER NOT NULL, entry INTEGER NOT NULL,
      PRIMARY KEY (group_id, due, entry)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS delivery_entry ON delivery (entry);
    UPDATE OR REPLACE delivery SET due = 0 WHERE due > 0;
  `);
  const insertEntry = db.prepare("INSERT INTO entry (component, topic, body, headers, expires) VALUES (?, ?, ?, ?, ?)");
  const insertDelivery = db.prepare("INSERT INTO delivery (group_id, due, entry) VALUES (?, ?, ?)");
  const deleteDelivery = db.prepare("DELETE FROM delivery WHERE group_id = ? AND due = ? AND entry = ?");
  const deleteEntryIfDone = db.prepare(
    "DELETE FROM entry WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE entry = ?1)",
  );
  const selectDue = db.prepare(
    'SELECT group_id AS "group", due, entry FROM delivery WHERE group_id = ? AND due <= ? ORDER BY due, entry LIMIT ?',
  );
  const selectNextDue = db.prepare("SELECT min(due) AS due FROM delivery WHERE group_id = ? AND due > ?");
  const selectEntry = db.prepare("SELECT body, headers, expires FROM entry WHERE id = ?");
  const countEntries = db.prepare("SELECT count(*) AS entries FROM entry WHERE component = ? AND topic = ?");
  const trim = db.prepare(
    "DELETE FROM entry WHERE id = (SELECT min(id) FROM entry WHERE component = ?1 AND topic = ?2)",
  );

  const groups = new Map<string, Set<number>>();
  const wakers = new Map<number, () => void>();
  const unheard = new Map<string, number>();
  const keyOf = ({ component, topic }: Topic) => JSON.stringify([component, topic]);
  const groupsOf = (topic: Topic) => groups.get(keyOf(topic)) ?? new Set<number>();
  const addGroup = (topic: Topic, id: number) => groups.set(keyOf(topic), groupsOf(topic).add(id));
  for (const row of db.prepare("SELECT id, component, topic FROM consumer_group").all()) {
    const { id, component, topic } = row as { id: number; component: string; topic: string };
    addGroup({ component, topic }, id);
  }

  const append = (to: Topic, { body, headers, expires }: Message) => {
    const { lastInsertRowid } = insertEntry.run(to.component, to.topic, body, headers, expires);
    for (const group of groupsOf(to)) insertDelivery.run(group, 0, lastInsertRowid);
    return Number(lastInsertRowid);
  };
  const remove = ({ group, due, entry }: Position) => {
    deleteDelivery.run(group, due, entry);
    deleteEntryIfDone.run(entry);
  };
  /** After the commit: what a rollback takes back must not be counted, nor announced. */
  const announce = (to: Topic, events = 1) => {
    const heard = groupsOf(to);
    for (const group of heard) wakers.get(group)?.();
    if (heard.size > 0) return;
    const known = unheard.get(keyOf(to));
    // Whoever looks after dead letters takes some out meanwhile, in a process of his own.
    const isCounted = known !== undefined && known < KEPT_WITHOUT_GROUP;
    const kept = isCounted ? known + events : Number(countEntries.get(to.component, to.topic)?.entries);
    for (let more = kept - KEPT_WITHOUT_GROUP; more > 0; more--) {
      trim.run(to.component, to.topic);
      onTrim(to);
    }
    unheard.set(keyOf(to), Math.min(kept, KEPT_WITHOUT_GROUP));
  };
  const read = (entry: number): Message => {
    const row = selectEntry.get(entry);
    if (!row) throw new Error(`event ${entry} is not in the database`);
    return row as unknown as Message;
  };

  return {
    read,
    publish(topic, ...messages) {
      const entries = transact(db, () => messages.map((message) => append(topic, message)));
      announce(topic, messages.length);
      return entries;
    },
    join(topic, { appId, wake }) {
      const { component, topic: name } = topic;
      const id = transact(db, () => {
        const find = db.prepare("SELECT id FROM consumer_group WHERE component = ? AND topic = ? AND app = ?");
        const found = find.get(component, name, appId);
        if (found) return Number(found.id);
        const insert = db.prepare("INSERT INTO consumer_group (component, topic, app) VALUES (?, ?, ?)");
        const made = Number(insert.run(component, name, appId).lastInsertRowid);
        db.prepare("INSERT INTO delivery SELECT ?, 0, id FROM entry WHERE component = ? AND topic = ?").run(
          made,
          component,
          name,
        );
        return made;
      });
      addGroup(topic, id);
      wakers.set(id, wake);
      return id;
    },
    due: (group, limit) => selectDue.all(group, Date.now(), limit) as unknown as Position[],
    nextDue: (group) => (selectNextDue.get(group, Date.now())?.due as number | null) ?? undefined,
    complete: (position) => transact(db, () => remove(position)),
    moveTo(topic, position) {
      const entry = transact(db, () => {
        // Who reads dead letters wants to see the expired ones as well.
        const moved = append(topic, { ...read(position.entry), expires: null });
        remove(position);
        return moved;
      });
      announce(topic);
      return entry;
    },
    postpone(position, due) {
      transact(db, () => {
        deleteDelivery.run(position.group, position.due, position.entry);
        insertDelivery.run(position.group, due, position.entry);
      });
    },
    abandoned() {
      const rows = db
        .prepare(
          `SELECT id, component, topic, app AS appId, count(*) AS events
           FROM consumer_group JOIN delivery ON group_id = id GROUP BY id`,
        )
        .all() as unknown as (Topic & { id: number; appId: string; events: number })[];
      return rows.filter(({ id }) => !wakers.has(id)).map(({ id: _, ...group }) => group);
    },
  };
}
