import { randomBytes, randomUUID } from "node:crypto";
import * as v from "valibot";
import { dispatch } from "../../adapters/core/dispatch/dispatch.ts";
import type { Ports } from "../../adapters/core/dispatch/ports.ts";
import { subjectDocumentKey } from "../../adapters/core/event/ids.ts";
import { type Document, type Ledger, MOST_ROWS, type Row } from "../../adapters/core/ledger/ledger.ts";
import { marksOf } from "../../adapters/core/ledger/marks.ts";
import { createMemoryLedger } from "../../adapters/core/ledger/memory-ledger.ts";
import { defineEvent, defineFunction, type FunctionDefinition, when } from "../../functions/kernel/define.ts";

/** A subject that many events are about, as none of the shop is. */

const schema = v.object({ account: v.string(), amount: v.number() });
type Booking = v.InferOutput<typeof schema>;

const define = (type: string, topic: string) =>
  defineEvent<Booking>({
    ...{ type, topic, data: schema },
    subject: ({ account }) => account,
  });
const Deposited = define("bench.deposited.v1", "deposits");
const Booked = define("bench.booked.v1", "bookings");

const state = v.object({ balance: v.number() });
type Balance = v.InferOutput<typeof state>;

const add = ({ balance }: Balance = { balance: 0 }, { amount }: Booking): Balance => ({ balance: balance + amount });

/** Keeps state and says an event each time, 0.5 KB as it goes out, 0.1 KB of it data. */
export const account = defineFunction<Balance>({
  name: "account",
  state,
  on: [when(Deposited, ({ data }, before) => ({ state: add(before, data), emit: [Booked(data)] }))],
  emits: [Booked],
});

/** Keeps the same state and says nothing. */
export const tally = defineFunction<Balance>({
  name: "tally",
  state,
  on: [when(Deposited, ({ data }, before) => ({ state: add(before, data) }))],
});

/** Of an event key, at the end of a row's. */
const KEY = 22;

/** What the functions need beside a ledger. Saying is left out of what is measured: it costs each event the same. */
export const portsFor = (ledger: Ledger): Ports => ({
  ...{ ledger, publish: async () => {}, now: Date.now, deadlineMs: 30_000, leaseMs: 60_000 },
});

/** Runs one more event about an account. throws: unless it was handled */
export async function deposit(fn: FunctionDefinition, subject: string, ports: Ports): Promise<void> {
  const event = {
    ...{ specversion: "1.0" as const, id: randomUUID(), source: "/bench", time: new Date().toISOString() },
    ...Deposited({ account: subject, amount: 1 }),
  };
  const outcome = await dispatch(fn, { event }, ports);
  if (outcome.kind !== "ack" || outcome.how !== "handled") throw new Error(`deposit: ${JSON.stringify(outcome)}`);
}

/** All that a ledger holds of one subject. */
export interface Filled {
  readonly key: string;
  readonly document: Document;
  readonly rows: readonly Row[];
}

/** out: what so many events leave, each of which went through dispatch */
export async function fill(fn: FunctionDefinition, subject: string, events: number): Promise<Filled> {
  const rows = new Map<string, Row>();
  const memory = createMemoryLedger();
  const ports = portsFor({
    ...memory,
    async put(some, options) {
      for (const row of some) rows.set(row.key, row);
      await memory.put(some, options);
    },
  });
  for (let number = 0; number < events; number++) await deposit(fn, subject, ports);
  await marksOf(ports).flush();
  const key = subjectDocumentKey(fn, subject);
  const { entry = {} } = await memory.load(key);
  return { key, document: entry, rows: [...rows.values()] };
}

/** The same document after so many times the events: of older ones there are only rows. Each time with keys of their own. */
function* rowsOf({ rows }: Filled, times: number): Generator<Row> {
  yield* rows;
  for (let more = 1; more < times; more++)
    for (const row of rows) yield { ...row, key: row.key.slice(0, -KEY) + randomBytes(16).toString("base64url") };
}

function* inBatches(rows: Iterable<Row>): Generator<readonly Row[]> {
  let some: Row[] = [];
  for (const row of rows) {
    some.push(row);
    if (some.length < MOST_ROWS) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

const WRITERS = 4;

interface CopyOptions {
  readonly ledger: Ledger;
  readonly times?: number;
}

/** Writes it into another ledger, where nothing of it is. */
export async function copy(filled: Filled, { ledger, times = 1 }: CopyOptions): Promise<void> {
  const batches = inBatches(rowsOf(filled, times));
  const writer = async () => {
    for (const some of batches) await ledger.put(some);
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  if (!(await ledger.save(filled.key, filled.document, { expected: undefined })))
    throw new Error(`copy: ${filled.key} is there`);
}
