import type { DatabaseSync } from "node:sqlite";
import { transact } from "../database.ts";

interface Repetition {
  readonly app: string;
  readonly topic: string;
  /** Of the broker, also where it has it no more. */
  readonly entry: number;
  readonly times: number;
  readonly afterMs: number;
  /** For that case. */
  readonly body?: string;
}

/**
 * Makes an event due once more for one app, as often as told: twice at once is in one bulk.
 *
 * throws  Error where that app does not hear the topic, or where nobody knows the bytes any more
 */
export function createDeliverAgain(db: DatabaseSync): (repetition: Repetition) => void {
  const findGroup = db.prepare("SELECT id, component FROM consumer_group WHERE app = ? AND topic = ?");
  const findEntry = db.prepare("SELECT component, topic FROM entry WHERE id = ?");
  const insertEntry = db.prepare(
    "INSERT INTO entry (id, component, topic, body, headers, expires) VALUES (?, ?, ?, ?, '{}', NULL)",
  );
  const insertDelivery = db.prepare("INSERT OR IGNORE INTO delivery (group_id, due, entry) VALUES (?, ?, ?)");
  return ({ app, topic, entry, times, afterMs, body }) =>
    transact(db, () => {
      const group = findGroup.get(app, topic);
      if (!group) throw new Error(`${app} does not hear ${topic}`);
      const kept = findEntry.get(entry);
      if (kept ? kept.topic !== topic : body === undefined) throw new Error(`entry ${entry} is not on ${topic}`);
      if (!kept) insertEntry.run(entry, group.component as string, topic, Buffer.from(body ?? ""));
      // All are due together; the one that is there already has another time.
      let due = Date.now() + afterMs;
      for (let left = times; left > 0; due--)
        left -= Number(insertDelivery.run(group.id as number, due, entry).changes);
    });
}
