import { describe, expect, it, vi } from "vitest";
import { eventKey, subjectDocumentKey } from "../event/ids.ts";
import { compact, parkedKey } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { gate, startBulks } from "./test-bulk.ts";
import { functionOf } from "./test-function.ts";

const PARKED = { kind: "ack", how: "parked" };
const DOCUMENT = subjectDocumentKey(
  functionOf(() => ({})),
  "s",
);
const kept = (id: string) => parkedKey("fn", compact(eventKey({ source: "/shop/test", id })));
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What refuses to save one document as long as it is told to. */
function refusing(ledger: Ledger, key: string) {
  const refused = { count: 0, isOver: false };
  const save: Ledger["save"] = async (to, entry, options) => {
    if (to !== key || refused.isOver) return ledger.save(to, entry, options);
    refused.count++;
    throw new Error("refused");
  };
  return { refused, ledger: { ...ledger, save } };
}

describe("what comes later of a document is not done before an event that was parked while it was at work", () => {
  it("where a store refuses it its turn for a while", async () => {
    const { start, waits, failing, ended, ledger, pass } = startBulks();
    const { opened, open } = gate();
    waits.set("a", opened);
    failing.add("a");
    const { refused, ledger: store } = refusing(ledger, DOCUMENT);
    const { deliver } = start({ ledger: store, pause: () => sleep(10) });
    expect(await deliver("a")).toMatchObject([PARKED]);
    open();
    await vi.waitFor(() => expect(refused.count).toBeGreaterThan(0));
    const later = deliver("b");
    refused.isOver = true;
    expect(await later).toMatchObject([PARKED]);
    await vi.waitFor(async () => expect((await ledger.load(DOCUMENT)).entry?.behind).toHaveLength(2));
    failing.clear();
    pass(60_000);
    await start().relay();
    expect(ended).toEqual(["a", "b"]);
  });

  it("where it waits behind one that cannot be parked and comes again", async () => {
    const { start, waits, failing, ended, ledger, pass } = startBulks();
    const { opened, open } = gate();
    waits.set("a", opened);
    failing.add("a");
    const { deliver, relay } = start({ ledger: refusing(ledger, kept("a")).ledger });
    expect(await deliver("a", "b")).toMatchObject([{ kind: "retry" }, PARKED]);
    open();
    expect(await deliver("a", "c")).toMatchObject([{ kind: "retry" }, { kind: "retry" }]);
    failing.clear();
    expect(await deliver("a", "c")).toMatchObject([{ how: "handled" }, PARKED]);
    for (let n = 0; n < 3; n++) {
      pass(60_000);
      await relay();
    }
    expect(ended).toEqual(["a", "b", "c"]);
  });

  it("where its process has died, and it fails in the next", async () => {
    const { start, waits, failing, ended, pass } = startBulks();
    waits.set("a", new Promise(() => {}));
    expect(await start().deliver("a")).toMatchObject([PARKED]);
    waits.clear();
    failing.add("a");
    pass(60_000);
    const { deliver, relay } = start();
    expect(await relay()).toMatchObject({ looked: 1, parked: 1 });
    expect(await deliver("b")).toMatchObject([PARKED]);
    failing.clear();
    pass(60_000);
    await relay();
    expect(ended).toEqual(["a", "b"]);
  });
});

it("a store that takes too long is no failure of an event that is parked for it, however often", async () => {
  const { start, ledger, pass, ended } = startBulks();
  let isSlow = true;
  const load: Ledger["load"] = async (key, options) => {
    if (isSlow && key === DOCUMENT) await sleep(60);
    return ledger.load(key, options);
  };
  const ports = { ledger: { ...ledger, load }, deadlineMs: 20 };
  const { deliver, bulk } = start(ports);
  expect(await deliver("a")).toMatchObject([PARKED]);
  await bulk.close();
  for (let n = 0; n < 4; n++) {
    pass(60_000);
    await start(ports).relay();
    const { entry } = await ledger.load(kept("a"));
    expect(entry).toMatchObject({ parked: { attempts: 0, spentMs: 0 } });
  }
  isSlow = false;
  pass(60_000);
  await start(ports).relay();
  expect(ended).toEqual(["a"]);
});

it("what a relay brings and waits for too long is tried another time: soon another may look at it", async () => {
  const { start, waits, failing, began, ended, pass } = startBulks({ startMs: 20 });
  failing.add("p");
  const { deliver, relay, bulk } = start();
  expect(await deliver("p")).toMatchObject([PARKED]);
  failing.clear();
  const { opened, open } = gate();
  waits.set("x", opened);
  const blocked = start({ atOnce: () => 1 });
  const answer = blocked.deliver({ id: "x", about: "t" });
  pass(5_000);
  const relayed = blocked.relay();
  await sleep(60);
  open();
  expect(await relayed).toMatchObject({ failed: 1 });
  expect([await answer, began]).toMatchObject([[PARKED], ["p", "x"]]);
  pass(60_000);
  await relay();
  await Promise.all([bulk.close(), blocked.bulk.close()]);
  expect(ended).toEqual(["x", "p"]);
});
