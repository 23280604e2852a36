import { describe, expect, it, vi } from "vitest";
import { type Entry, gate, startBulks } from "./test-bulk.ts";

const HANDLED = { kind: "ack", how: "handled" };
const PARKED = { kind: "ack", how: "parked" };
const away = () => Promise.reject(new Error("away"));
const subjects = (count: number, prefix = "e"): Entry[] =>
  Array.from({ length: count }, (_, n) => ({ id: `${prefix}-${n}`, about: `s-${n}` }));

describe("a bulk", () => {
  it("has its documents handled side by side", async () => {
    const { start, began, waits } = startBulks({ holdMs: 5_000 });
    const { opened, open } = gate();
    const entries = subjects(50);
    for (const { id } of entries) waits.set(id, opened);
    const answer = start().deliver(...entries);
    await vi.waitFor(() => expect(began).toHaveLength(50));
    open();
    expect(await answer).toEqual(entries.map(() => expect.objectContaining(HANDLED)));
  });

  it("has the events of a document handled one after the other, those of a later bulk behind them", async () => {
    const { start, began, ended, waits } = startBulks({ holdMs: 5_000 });
    const { opened, open } = gate();
    waits.set("a", opened);
    const { deliver } = start();
    const both = [deliver("a", "b"), deliver("c")];
    await vi.waitFor(() => expect(began).toEqual(["a"]));
    open();
    await Promise.all(both);
    expect(ended).toEqual(["a", "b", "c"]);
  });

  it("gives every document its turn before any has its second", async () => {
    const { start, ended } = startBulks({ atOnce: 1, holdMs: 5_000, stillMs: 5_000 });
    const of = (about: string) => (id: string) => ({ id, about });
    await start().deliver(...["a", "b", "c"].map(of("s")), ...["d", "e"].map(of("t")), of("u")("f"));
    expect(ended).toEqual(["a", "d", "f", "b", "e", "c"]);
  });

  it("is answered soon where most of it is done: a few that take long hold up nobody behind it", async () => {
    const { start, waits } = startBulks({ holdMs: 60_000 });
    const { opened, open } = gate();
    waits.set("slow", opened);
    const { deliver, bulk } = start();
    expect(await deliver("slow", ...subjects(3))).toMatchObject([PARKED, HANDLED, HANDLED, HANDLED]);
    open();
    await bulk.close();
  });

  it("is answered as soon where it has but one that takes long, by what bulks before took", async () => {
    const { start, waits } = startBulks({ holdMs: 60_000 });
    const { opened, open } = gate();
    waits.set("slow", opened);
    const { deliver, bulk } = start();
    await deliver("a");
    expect(await deliver({ id: "slow", about: "t" })).toMatchObject([PARKED]);
    open();
    await bulk.close();
  });

  it("is answered at once where it is done, with an outcome for each of its messages", async () => {
    const { start } = startBulks({ holdMs: 5_000, stillMs: 5_000 });
    const { bulk, deliver } = start();
    await deliver("a");
    expect(await deliver("a", { id: "b", type: "first.v1" }, "c")).toMatchObject([
      { how: "duplicate" },
      { how: "ignored" },
      HANDLED,
    ]);
    expect(await bulk.dispatchAll([])).toEqual([]);
  });
});

describe.each([["state"], ["nothing"]] as const)("of a function that keeps %s, a handler that takes long", (keeps) => {
  it("keeps nobody waiting: its event is parked, and nothing of it is left once it is done", async () => {
    const { start, causes, began, waits, pass } = startBulks({ keeps });
    const { opened, open } = gate();
    waits.set("slow", opened);
    const { deliver, relay, bulk } = start();
    expect(await deliver("slow", { id: "b", about: "t" })).toMatchObject([PARKED, HANDLED]);
    open();
    await vi.waitFor(() => expect(causes()).toEqual(["b", "slow"]));
    await bulk.close();
    pass(60_000);
    expect(await relay()).toMatchObject({ looked: 0 });
    expect(await start().deliver("slow")).toMatchObject([{ how: "duplicate" }]);
    expect(began).toEqual(["slow", "b"]);
  });

  it("is joined by whoever brings its event again, and not begun once more", async () => {
    const { start, began, waits } = startBulks({ keeps });
    const { opened, open } = gate();
    waits.set("slow", opened);
    const { deliver, relay, bulk } = start();
    expect(await deliver("slow")).toMatchObject([PARKED]);
    expect(await deliver("slow")).toMatchObject([PARKED]);
    const last = deliver("slow");
    open();
    expect(await last).toMatchObject([HANDLED]);
    await relay();
    await bulk.close();
    expect(began).toEqual(["slow"]);
  });

  it("is tried by another process where its own has died", async () => {
    const { start, causes, began, waits, pass } = startBulks({ keeps });
    waits.set("slow", new Promise(() => {}));
    await start().deliver("slow");
    waits.delete("slow");
    pass(19_000);
    expect(await start().relay()).toMatchObject({ looked: 0 });
    pass(2_000);
    expect(await start().relay()).toMatchObject({ looked: 1, failed: 0 });
    expect([causes(), began]).toEqual([["slow"], ["slow", "slow"]]);
  });

  it("is parked as one that failed when it fails in the end", async () => {
    const { start, failing, causes, waits, pass, began } = startBulks({ keeps });
    const { opened, open } = gate();
    waits.set("slow", opened);
    failing.add("slow");
    const { deliver, relay, bulk } = start();
    expect(await deliver("slow")).toMatchObject([PARKED]);
    open();
    await bulk.close();
    failing.clear();
    pass(2_000);
    expect(await start().relay()).toMatchObject({ looked: 1, failed: 0 });
    expect([causes(), began]).toEqual([["slow"], ["slow", "slow"]]);
    expect(await relay()).toMatchObject({ looked: 0 });
  });
});

describe("an event that fails", () => {
  it("is parked at once, and what comes later of its document waits behind it, and is done in its order", async () => {
    const { start, failing, ended, pass } = startBulks();
    const { deliver, relay } = start();
    failing.add("a");
    expect(await deliver("a", "b", { id: "x", about: "other" })).toMatchObject([PARKED, PARKED, HANDLED]);
    expect(await deliver("c")).toMatchObject([PARKED]);
    failing.clear();
    pass(2_000);
    await relay();
    expect(ended).toEqual(["x", "a", "b", "c"]);
  });

  it("comes again where it cannot be parked, with what came after it of its document, and nothing else does", async () => {
    const { start, failing, ledger, ended } = startBulks();
    failing.add("a");
    const save: typeof ledger.save = (key, entry, options) =>
      "parked" in entry ? away() : ledger.save(key, entry, options);
    const { deliver } = start({ ledger: { ...ledger, save } });
    expect(await deliver("a", "b", { id: "x", about: "other" })).toMatchObject([
      { kind: "retry", code: "handler" },
      { kind: "retry" },
      HANDLED,
    ]);
    failing.clear();
    expect(await deliver("a", "b")).toMatchObject([HANDLED, HANDLED]);
    expect(ended).toEqual(["x", "a", "b"]);
  });

  it("is parked as well where what it says cannot be published", async () => {
    const { start, causes, pass } = startBulks();
    expect(await start({ publish: away }).deliver("a")).toMatchObject([PARKED]);
    pass(2_000);
    await start().relay();
    expect(causes()).toEqual(["a"]);
  });

  it("is parked where its letter cannot be stored", async () => {
    const { start, letters, pass } = startBulks({ keeps: "nothing" });
    const { deliver } = start({ deadLetter: away });
    expect(await deliver({ id: "a", data: { about: 7 } })).toMatchObject([PARKED]);
    pass(2_000);
    await start().relay();
    expect(letters.map(({ body }) => JSON.parse(body))).toMatchObject([{ id: "a", deadcode: "schema" }]);
  });

  it("comes again where a hundred have failed and none was done: it is not theirs", async () => {
    const { start, failing } = startBulks();
    const entries = subjects(120);
    for (const { id } of entries) failing.add(id);
    const { deliver } = start();
    const outcomes = [...(await deliver(...entries.slice(0, 60))), ...(await deliver(...entries.slice(60)))];
    expect(outcomes.filter(({ kind }) => kind === "ack")).toHaveLength(100);
    failing.clear();
    expect(await deliver(...entries.slice(100))).toMatchObject(Array.from({ length: 20 }, () => HANDLED));
  });

  it("comes again where nothing is parked (PARKING=off), and its bulk waits for what takes long", async () => {
    const { start, failing, waits } = startBulks({ isOn: false });
    const { opened, open } = gate();
    failing.add("a");
    waits.set("slow", opened);
    setTimeout(open, 120);
    expect(await start().deliver("a", { id: "slow", about: "t" })).toMatchObject([{ kind: "retry" }, HANDLED]);
  });
});

it("an event of an unknown type waits where it holds up nobody, and is acknowledged when its time is over", async () => {
  const { start, pass, observed } = startBulks();
  const { deliver, relay } = start();
  expect(await deliver({ id: "new", type: "new.v1" }, "a")).toMatchObject([PARKED, HANDLED]);
  pass(2_000);
  expect(await relay()).toMatchObject({ looked: 1, failed: 1 });
  pass(70_000);
  expect(await relay()).toMatchObject({ looked: 1, failed: 0 });
  expect(observed.at(-1)?.outcome).toMatchObject({ kind: "ack", how: "unknown" });
  pass(70_000);
  expect(await relay()).toMatchObject({ looked: 0 });
});

it("an id that names two events at once is a conflict for the second", async () => {
  const { start, letters } = startBulks({ keeps: "nothing" });
  expect(await start().deliver({ id: "a", about: "s" }, { id: "a", about: "t" })).toMatchObject([
    HANDLED,
    { kind: "dead", code: "conflict" },
  ]);
  expect(letters).toHaveLength(1);
});

it("more than 256 at work are left to their broker", async () => {
  const { start, waits, ended, bulkOf } = { ...startBulks({ keeps: "nothing" }), bulkOf: subjects(300) };
  const { opened, open } = gate();
  for (const { id } of bulkOf) waits.set(id, opened);
  const { deliver, bulk } = start();
  const outcomes = await deliver(...bulkOf);
  expect(outcomes.filter(({ kind }) => kind === "ack")).toHaveLength(256);
  open();
  await bulk.close();
  // Those that had begun: the others are left to a relay.
  expect(ended).toHaveLength(64);
});

it("what waits for too long behind another of its document is left to a relay, in its order", async () => {
  const { start, waits, ended, pass } = startBulks({ startMs: 20 });
  const { opened, open } = gate();
  waits.set("a", opened);
  const { deliver, relay } = start();
  expect(await deliver("a", "b")).toMatchObject([PARKED, PARKED]);
  await new Promise((resolve) => setTimeout(resolve, 30));
  open();
  await vi.waitFor(() => expect(ended).toEqual(["a"]));
  expect(await deliver("c")).toMatchObject([PARKED]);
  pass(2_000);
  await relay();
  expect(ended).toEqual(["a", "b", "c"]);
});

it("ends with what is at work, and begins nothing more", async () => {
  const { start, began, ended, waits, pass } = startBulks();
  const { opened, open } = gate();
  waits.set("a", opened);
  const { deliver, bulk } = start();
  expect(await deliver("a", "b")).toMatchObject([PARKED, PARKED]);
  const closed = bulk.close();
  expect(await deliver({ id: "c", about: "t" })).toMatchObject([{ kind: "retry" }]);
  open();
  await closed;
  expect([began, ended]).toEqual([["a"], ["a"]]);
  pass(30_000);
  await start().relay();
  expect(ended).toEqual(["a", "b"]);
});

describe("two events of one id, which is a slip of whoever says them", () => {
  const told = (letters: readonly { body: string }[]) => letters.map(({ body }) => JSON.parse(body).deadcode);

  it("are both kept while both fail, and the second is a conflict in the end", async () => {
    const { start, failing, ended, letters, pass } = startBulks();
    const { deliver, relay } = start();
    failing.add("a");
    expect(await deliver("a", { id: "a", data: { about: "s", more: 1 } })).toMatchObject([PARKED, PARKED]);
    failing.clear();
    pass(5_000);
    await relay();
    expect([ended, told(letters)]).toEqual([["a"], ["conflict"]]);
  });

  it("do not take each other's place: one that is done leaves the other where it is kept", async () => {
    const { start, failing, ended, waits, pass } = startBulks();
    const { deliver, bulk } = start();
    failing.add("a");
    expect(await deliver("a")).toMatchObject([PARKED]);
    failing.clear();
    const { opened, open } = gate();
    waits.set("a", opened);
    expect(await deliver({ id: "a", about: "t" })).toMatchObject([PARKED]);
    open();
    await bulk.close();
    pass(60_000);
    await start().relay();
    expect(ended).toEqual(["a", "a"]);
  });
});
