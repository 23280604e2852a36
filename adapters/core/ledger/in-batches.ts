import { bytesOf, MOST_ROWS, type Row } from "./ledger.ts";

/** Of a call, in bytes: sidecars and the Firestore emulator take messages of 4 MiB, Firestore 10, DynamoDB 16. */
const MOST_BYTES = 3 * 1024 * 1024;

/** out: the rows in their order, as many in one call as any store takes; what is larger by itself, alone */
export function inBatches(rows: readonly Row[]): readonly (readonly Row[])[] {
  const batches: Row[][] = [];
  let batch: Row[] = [];
  let bytes = Infinity;
  for (const row of rows) {
    const more = bytesOf(row.entry);
    if (bytes + more > MOST_BYTES || batch.length === MOST_ROWS) {
      batch = [];
      batches.push(batch);
      bytes = 0;
    }
    batch.push(row);
    bytes += more;
  }
  return batches;
}
