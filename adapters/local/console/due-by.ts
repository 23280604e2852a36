import { DatabaseSync } from "node:sqlite";

const BUSY_MS = 1_000;
const DUE = `
  SELECT key FROM state WHERE key > ?1 || '||' AND key < ?1 || '|}' AND json_valid(value) AND (
    json_extract(value, '$.parked.due') <= ?2
    OR EXISTS (
      SELECT 1 FROM json_each(state.value, '$.outbox') AS said
      WHERE json_extract(said.value, '$.due') <= ?2 AND NOT EXISTS (
        SELECT 1 FROM state AS mark WHERE mark.store = state.store AND mark.key = state.key || '-said-' || said.key
          AND json_extract(mark.value, '$.unsaid') IS NOT 1)))
`;

/**
 * Makes what watches, of a function's documents, those that have something due by a time.
 *
 * in   the file of the broker; the time in ms since the epoch
 * out  how many of those that had so at first still have
 */
export function createDueBy(database: string): (app: string, at: number) => () => number {
  return (app, at) => {
    const read = (sql: string, ...values: readonly (string | number)[]) => {
      const db = new DatabaseSync(database, { readOnly: true, timeout: BUSY_MS });
      try {
        return db
          .prepare(sql)
          .all(...values)
          .map(({ key }) => String(key));
      } finally {
        db.close();
      }
    };
    let left = read(DUE, app, at);
    return () => {
      left = read(`${DUE} AND state.key IN (SELECT value FROM json_each(?3))`, app, at, JSON.stringify(left));
      return left.length;
    };
  };
}
