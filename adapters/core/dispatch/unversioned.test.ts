import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { subjectDocumentKey } from "../event/ids.ts";
import { bytesOf, type Document, type Ledger } from "../ledger/ledger.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import { createSqliteLedger } from "../ledger/sqlite-ledger.ts";
import type { Said } from "../relay/publish.ts";
import { prepare } from "./prepare.ts";
import { First, functionOf, type Handle, heard, Second } from "./test-function.ts";
import { createWorld, type World } from "./test-world.ts";

const folder = mkdtempSync(join(tmpdir(), "loosely-unversioned-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stateful = (handle: Handle, exclusive = false) => functionOf(handle, { keeps: "state", exclusive });
const silent: Handle = () => ({});
const KEY = subjectDocumentKey(stateful(silent), "s");
/** Handled ten minutes before the world begins. */
const AT = Date.parse("2026-11-25T09:50:00Z");

const numbered = (n: number): CloudEvent => ({ ...heard, id: `old-${n}` });
const another = (event: CloudEvent): CloudEvent => ({ ...event, data: { about: "s", more: 1 } });
/** Spaces and escapes are part of what was said. */
const saidBy = (n: number): readonly Said[] => [
  {
    topic: "one",
    key: "s",
    body: `{ "n":${n}, "a":"\\u00e9é" }`,
    traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
  },
  { topic: "two", key: "s", body: `{"n":${n}}` },
];

interface Before {
  readonly state?: unknown;
  readonly lease?: { readonly event: string; readonly until: number };
}

/** As the builds before versions saved it: every `talkEvery`th event has said something. */
function unversioned(
  events: number,
  { talkEvery = 3, ...rest }: Before & { readonly talkEvery?: number } = {},
): Document {
  const seen = Array.from({ length: events }, (_, n) => {
    const { eventKey, digest } = prepare(stateful(silent), numbered(n), { now: () => AT });
    return [eventKey, { at: AT + n, digest, said: n % talkEvery === 0 ? saidBy(n) : [] }];
  });
  return { seen: Object.fromEntries(seen), ...rest };
}

describe.each<[name: string, open: () => Ledger]>([
  ["memory", createMemoryLedger],
  ["SQLite", () => createSqliteLedger({ file: join(folder, `${Math.random()}.db`) })],
])("a document of a build before versions on %s", (_name, open) => {
  let world: World;
  let ledger: Ledger;

  beforeEach(() => {
    world = createWorld();
    ledger = open();
    return () => ledger.close?.();
  });

  const store = (document: Document) => ledger.save(KEY, document, { expected: undefined });
  const deliver = (event: CloudEvent, handle: Handle = silent, { exclusive = false } = {}) =>
    world.deliver(() => stateful(handle, exclusive), event, { ports: { ledger } });

  it("knows its events, says again what they said, byte for byte, and stays as it is", async () => {
    await store(unversioned(5, { state: { count: 5 } }));
    const held = await ledger.load(KEY);
    for (let n = 0; n < 5; n++) expect(await deliver(numbered(n))).toEqual({ kind: "ack", how: "duplicate" });
    expect(world.said).toEqual([...saidBy(0), ...saidBy(3)]);
    expect(await ledger.load(KEY)).toEqual(held);
  });

  it("tells another event from the one whose id it has", async () => {
    await store(unversioned(5));
    expect(await deliver(another(numbered(1)))).toMatchObject({ kind: "dead", code: "conflict" });
    expect(world.letters).toHaveLength(1);
  });

  it("hands its state on, and is of version 1 from the next event on, with all that it knew", async () => {
    await store(unversioned(5, { state: { count: 5 } }));
    const handle = vi.fn<Handle>(({ data }, state) => ({
      state: { count: (state as { count: number }).count + 1 },
      emit: [First(data)],
    }));
    expect(await deliver(heard, handle)).toMatchObject({ kind: "ack", how: "handled" });
    expect(handle).toHaveBeenCalledWith(expect.anything(), { count: 5 });
    expect((await ledger.load(KEY)).entry).toMatchObject({ v: 1, state: { count: 6 } });
    expect((await ledger.load(KEY)).entry).not.toHaveProperty("seen");
    const [said] = world.said.splice(0);
    for (let n = 0; n < 5; n++) expect(await deliver(numbered(n))).toEqual({ kind: "ack", how: "duplicate" });
    expect(world.said).toEqual([...saidBy(0), ...saidBy(3)]);
    expect(await deliver(heard)).toEqual({ kind: "ack", how: "duplicate" });
    expect(world.said.at(-1)).toEqual(said);
    expect(await deliver(another(numbered(3)))).toMatchObject({ kind: "dead", code: "conflict" });
  });

  it("has its lease respected until that is over", async () => {
    const until = world.ports.now() + 30_000;
    await store(unversioned(2, { lease: { event: "e", until } }));
    const handle = vi.fn<Handle>(silent);
    expect(await deliver(heard, handle, { exclusive: true })).toMatchObject({ kind: "retry", code: "leased" });
    expect(handle).not.toHaveBeenCalled();
    world.pass(30_000);
    expect(await deliver(heard, handle, { exclusive: true })).toMatchObject({ kind: "ack", how: "handled" });
    expect((await ledger.load(KEY)).entry).not.toHaveProperty("lease");
  });

  it("gives way to rows from save to save, however many events it has, each still known and said again", async () => {
    const [MANY, MORE] = [5_000, 200];
    await store(unversioned(MANY, { state: "s", talkEvery: 10 }));
    expect(await deliver(heard)).toMatchObject({ kind: "ack", how: "handled" });
    // Five hundred at a time get rows, and leave sixteen events later.
    for (let n = MANY; n < MANY + MORE; n++) await deliver(numbered(n));
    const { entry = {} } = await ledger.load(KEY);
    expect(entry.state).toBe("s");
    expect(bytesOf(entry)).toBeLessThan(8 * 1024);
    for (let n = 0; n < MANY + MORE; n++) {
      const outcome = await deliver(numbered(n));
      if (outcome === "died" || outcome.kind !== "ack" || outcome.how !== "duplicate") expect([n, outcome]).toEqual([]);
    }
    expect(world.said).toEqual(Array.from({ length: MANY / 10 }, (_, n) => saidBy(10 * n)).flat());
    expect(await deliver(another(numbered(0)))).toMatchObject({ kind: "dead", code: "conflict" });
  });

  it("may lose the race for its next save to a build before versions, and is read again", async () => {
    await store(unversioned(2, { state: 1 }));
    const handle = vi.fn<Handle>(async (_event, state) => {
      const { version } = await ledger.load(KEY);
      if (state === 1) await ledger.save(KEY, unversioned(4, { state: 2 }), { expected: version });
      return { state: 3 };
    });
    expect(await deliver(heard, handle)).toMatchObject({ kind: "ack", how: "handled" });
    expect(handle.mock.calls.map(([, state]) => state)).toEqual([1, 2]);
    for (let n = 0; n < 4; n++) expect(await deliver(numbered(n))).toEqual({ kind: "ack", how: "duplicate" });
  });

  it.each<[what: string, document: Document]>([
    ["of a newer build", { v: 2, inbox: "", state: 1 }],
    ["of a newer build that keeps the old names", { v: 2, seen: {}, inbox: "" }],
    ["of nobody's", { state: 1 }],
  ])("is told from one %s, which waits for a build that knows it and is left alone", async (_what, document) => {
    await store(document);
    const held = await ledger.load(KEY);
    const handle = vi.fn<Handle>(({ data }) => ({ state: 2, emit: [Second(data)] }));
    expect(await deliver(heard, handle)).toMatchObject({ kind: "retry", code: "newer" });
    expect(await deliver(heard, handle, { exclusive: true })).toMatchObject({ kind: "retry", code: "newer" });
    expect(handle).not.toHaveBeenCalled();
    expect(world.said).toEqual([]);
    expect(await ledger.load(KEY)).toEqual(held);
  });
});
