import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Entry, parkedKey, saidMark } from "../../core/ledger/entry.ts";
import { createBroker } from "../broker.ts";
import { openDatabase } from "../database.ts";
import { createStateStore } from "../state-store.ts";
import { temporaryFolder } from "../test-app.ts";
import { openHistory } from "./history.ts";
import { createStatus } from "./status.ts";

/** A look that took long is not repeated soon. */
const eventually = <Seen>(see: () => Seen) => expect.poll(see, { timeout: 10_000 });

const NOW = Date.now();
const SUBSCRIPTIONS = [
  { app: "one", topic: "t" },
  { app: "two", topic: "t" },
];

/** A status of a folder in which a broker may run. */
function start() {
  const folder = temporaryFolder();
  const file = join(folder, "broker.db");
  const history = openHistory(join(folder, "history.db"));
  const status = createStatus({
    ...{ history, database: file, subscriptions: SUBSCRIPTIONS, now: () => NOW },
    services: () => [{ name: "one", state: "up", pid: 7 }],
    broken: () => ["store"],
    checks: () => [],
  });
  const run = () => {
    const { db, close } = openDatabase(file);
    const [broker, store] = [createBroker({ db }), createStateStore(db)];
    const end = () => db.isOpen && close();
    onTestFinished(() => void end());
    const put = (appId: string, key: string, entry: object) => {
      const value = JSON.stringify(entry);
      store.save({ store: "statestore", appId, key }, { value, etag: undefined, firstWrite: false, expires: null });
    };
    return {
      ...{ broker, put, end },
      publish: (topic: string) =>
        broker.publish({ component: "pubsub", topic }, { body: Buffer.from("{}"), headers: "{}", expires: null }),
      join: (appId: string, topic: string) => broker.join({ component: "pubsub", topic }, { appId, wake() {} }),
      remove: (appId: string, key: string) => store.remove({ store: "statestore", appId, key }, undefined),
    };
  };
  onTestFinished(() => {
    status.close();
    history.close();
  });
  return { file, history, status, run };
}

const said = { topic: "t", key: "s", body: "{}" };
const entry = (more: Partial<Entry>): Entry => ({ v: 1, inbox: "", ...more });
const parked = entry({
  parked: { body: "{}", attempts: 3, spentMs: 1, since: NOW, at: NOW, due: NOW + 1_000 },
});

it("says what others know, and nothing of a broker that is not there yet", () => {
  expect(start().status.read()).toEqual({
    services: [{ name: "one", state: "up", pid: 7 }],
    depths: SUBSCRIPTIONS.map((each) => ({ ...each, waiting: 0 })),
    ...{ letters: 0, pending: {}, broken: ["store"], checks: [] },
    sums: { events: 0, owed: 0, handled: 0, passed: 0, dead: 0, open: 0, effects: [] },
  });
});

it("counts what waits for whom, and for how long, and letters, while the broker works and when it is another one", async () => {
  const { status, history, run, file } = start();
  const { publish, join: hear, broker, end } = run();
  const group = hear("one", "t");
  hear("gone", "v");
  for (const topic of ["t", "t", "v", "dead-letters"]) publish(topic);
  history.append({ at: NOW - 5_000, kind: "published", topic: "t", entry: 1 });
  const two = { app: "two", topic: "t", waiting: 0 };
  await expect
    .poll(() => status.read())
    .toMatchObject({
      depths: [{ app: "one", topic: "t", waiting: 2, oldestMs: 5_000 }, two, { app: "gone", topic: "v", waiting: 1 }],
      letters: 1,
      sums: { events: 1, owed: 2, open: 2 },
    });
  for (const position of broker.due(group, 1)) broker.complete(position);
  await eventually(() => status.read().depths[0]).toEqual({ app: "one", topic: "t", waiting: 1 });
  end();
  for (const each of ["", "-wal", "-shm"]) rmSync(file + each, { force: true });
  await eventually(() => status.read()).toMatchObject({ letters: 0, depths: [{ app: "one", waiting: 0 }, two] });
  run().publish("dead-letters");
  await eventually(() => status.read().letters).toBe(1);
});

it("counts what is parked, unsaid and due by function, as documents are saved, and gone", async () => {
  const { status, run } = start();
  const { put, remove } = run();
  const pending = () => status.read().pending;
  put("one", "one-1", { v: 1, inbox: "", state: { due: 1 } });
  put("one", "one-slot-0-1", { v: 1, soon: { "one-2": 1 }, pages: {}, due: [] });
  put("two", "somebody-elses", { due: 1, outbox: 7, v: 2 });
  put("one", parkedKey("one", "a"), parked);
  put("one", parkedKey("one", "b"), parked);
  const old = { at: NOW - 60_000, said: [said], due: NOW - 50_000 };
  const later = { at: NOW + 60_000, said: [said], due: NOW + 60_000 };
  const fresh = { at: NOW - 100, said: [said], due: NOW + 10_000 };
  const delivered = { at: NOW - 60_000, said: [said] };
  put("two", "two-1", entry({ outbox: { old, later, fresh, delivered, other: later } }));
  await eventually(pending).toEqual({
    one: { parked: 2, unsaid: 0, due: 0 },
    two: { parked: 0, unsaid: 1, due: 2 },
  });
  put("two", saidMark("two-1", "old"), { v: 1, unsaid: true });
  remove("one", parkedKey("one", "b"));
  await eventually(() => pending().one).toEqual({ parked: 1, unsaid: 0, due: 0 });
  expect(pending().two).toEqual({ parked: 0, unsaid: 1, due: 2 });
  put("two", saidMark("two-1", "old"), { v: 1, at: NOW });
  await eventually(() => pending().two).toEqual({ parked: 0, unsaid: 0, due: 2 });
  put("two", "two-1", entry({ outbox: { later } }));
  remove("one", parkedKey("one", "a"));
  await eventually(pending).toEqual({ two: { parked: 0, unsaid: 0, due: 1 } });
  put("two", "two-1", entry({}));
  await eventually(pending).toEqual({});
});

it("lists the events that are parked, unsaid and due, the earliest first, until they are not", async () => {
  const { status, run } = start();
  const { put, remove } = run();
  const list = () => status.pending?.();
  const body = (id: string) =>
    JSON.stringify({ specversion: "1.0", id, source: "/x", type: "com.example.a.v1", subject: "s" });
  const about = (event: string) => ({ event, type: "com.example.a.v1", subject: "s" });
  const outgoing = (id: string, at: number) => ({
    at,
    said: [{ topic: "t", key: "s", body: body(id) }],
    due: at + 10_000,
  });
  const waits = { body: body("p"), attempts: 3, spentMs: 1, since: NOW, at: NOW, due: NOW + 1_000 };
  put("one", parkedKey("one", "a"), entry({ parked: { ...waits, last: "TypeError: no" } }));
  put("one", parkedKey("one", "b"), parked);
  put("two", "two-1", entry({ outbox: { old: outgoing("u", NOW - 60_000), later: outgoing("d", NOW + 60_000) } }));
  await eventually(list).toEqual({
    events: [
      { app: "two", what: "unsaid", at: NOW - 60_000, ...about("u") },
      { app: "one", what: "parked", at: NOW + 1_000, ...about("p"), attempts: 3, why: "TypeError: no" },
      { app: "one", what: "parked", at: NOW + 1_000, attempts: 3 },
      { app: "two", what: "due", at: NOW + 60_000, ...about("d") },
    ],
    more: 0,
  });
  remove("one", parkedKey("one", "a"));
  remove("one", parkedKey("one", "b"));
  put("two", "two-1", entry({}));
  await eventually(list).toEqual({ events: [], more: 0 });
});

it("lists the first hundred, and counts the rest", async () => {
  const { status, run } = start();
  const { put } = run();
  for (let n = 0; n < 120; n++)
    put("one", `one-${n}`, entry({ outbox: { later: { at: NOW + 1_000 + n, said: [said], due: NOW + 60_000 } } }));
  await eventually(() => status.pending?.().events.length).toBe(100);
  const { events, more } = status.pending?.() ?? { events: [] };
  expect({ first: events[0]?.at, last: events.at(-1)?.at, more }).toEqual({
    first: NOW + 1_000,
    last: NOW + 1_099,
    more: 20,
  });
});

it("counts all documents that there are, however many, without reading all at once", async () => {
  const { status, run } = start();
  const { put } = run();
  const later = { at: NOW + 60_000, said: [said], due: NOW + 60_000 };
  for (let n = 0; n < 5_500; n++) put("one", `one-${n}`, entry(n % 2 === 0 ? { outbox: { later } } : {}));
  expect(status.read().pending.one?.due).toBeLessThan(2_750);
  await eventually(() => status.read().pending).toEqual({ one: { parked: 0, unsaid: 0, due: 2_750 } });
});
