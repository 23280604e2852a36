import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { HttpAnswer } from "../core/host/http-client.ts";
import type { Document, Ledger } from "../core/ledger/ledger.ts";
import type { Sidecar } from "./sidecar-client.ts";
import { createDaprLedger } from "./state-ledger.ts";

interface Item {
  readonly key: string;
  readonly value: Document;
  readonly etag?: string;
  readonly options: { readonly concurrency: string };
}

interface Faults {
  /** Is saved, and told as failed: the store has not answered. */
  readonly lost?: readonly string[];
  /** Is not saved, whatever comes. */
  readonly refused?: readonly string[];
  /** Is not saved with others. */
  readonly shy?: readonly string[];
  readonly isUnreadable?: boolean;
}

const answer = (status: number, { text = "", etag }: { text?: string; etag?: string } = {}): HttpAnswer => ({
  ...{ status, text, headers: etag === undefined ? {} : { etag } },
});
const down = answer(500, { text: '{"errorCode":"ERR_STATE_SAVE","message":"failed saving"}' });

/** A store that counts its versions, as state.redis: the items of a save are of no order, and what fails in one says only that something did. */
function start(faults: Faults = {}) {
  const documents = new Map<string, { value: Document; version: number }>();
  const requests: string[] = [];
  const has = (list: readonly string[] | undefined, key: string) => list?.includes(key) === true;
  const saveItem = ({ key, value, etag, options }: Item, isAlone: boolean): boolean => {
    const held = documents.get(key);
    if (has(faults.refused, key) || (!isAlone && has(faults.shy, key))) return false;
    if (options.concurrency === "first-write" && (held ? String(held.version) : undefined) !== etag) return false;
    documents.set(key, { value, version: (held?.version ?? 0) + 1 });
    return !has(faults.lost, key);
  };
  const sidecar: Sidecar = {
    async call({ method, path, body = "" }) {
      await turn();
      if (method === "GET") {
        const key = path.split("/").at(-1) ?? "";
        requests.push(`get ${key}`);
        const held = documents.get(key);
        if (faults.isUnreadable) return down;
        return held ? answer(200, { text: JSON.stringify(held.value), etag: `${held.version}` }) : answer(204);
      }
      const asked = JSON.parse(String(body));
      if (path.endsWith("/bulk")) {
        requests.push(`get ${asked.keys}`);
        if (faults.isUnreadable) return down;
        const items = (asked.keys as string[]).map((key) => {
          const held = documents.get(key);
          return held ? { key, data: held.value, etag: `${held.version}` } : { key };
        });
        return answer(200, { text: JSON.stringify(items.toReversed()) });
      }
      const items = asked as readonly Item[];
      const keys = items.map(({ key }) => key);
      requests.push(`${items[0]?.options.concurrency === "last-write" ? "put" : "save"} ${keys}`);
      expect(new Set(keys).size).toBe(keys.length);
      const isAllSaved = items.map((item) => saveItem(item, items.length === 1)).every(Boolean);
      return isAllSaved ? answer(204) : down;
    },
    close: async () => undefined,
  };
  return { ledger: createDaprLedger({ sidecar, store: "statestore" }), requests, documents };
}

const keys = (count: number) => Array.from({ length: count }, (_, nth) => `k${nth}`);
const fresh = { expected: undefined };
/** As JSON, it has one member. */
const entryOf = (what: string) => ({ what, none: undefined });
const seed = (documents: ReturnType<typeof start>["documents"], all: readonly string[]) => {
  for (const key of all) documents.set(key, { value: { what: "seed" }, version: 1 });
};
const told = async (saves: readonly ReturnType<Ledger["save"]>[]) =>
  (await Promise.allSettled(saves)).map((one) => (one.status === "fulfilled" ? one.value : one.reason.message));

it("needs one request each way for fifty at once, and gives each its own", async () => {
  const { ledger, requests } = start();
  const all = keys(50);
  await Promise.all(all.map((key) => ledger.load(key)));
  expect(await told(all.map((key) => ledger.save(key, entryOf(key), fresh)))).toEqual(all.map(() => true));
  const held = await Promise.all(all.map((key) => ledger.load(key)));
  expect(held).toEqual(all.map((key) => ({ entry: { what: key }, version: "1" })));
  await Promise.all(all.map((key) => ledger.put([{ key: `row-${key}`, entry: entryOf(key), ttlMs: 1_000 }])));
  expect(requests).toEqual([`get ${all}`, `save ${all}`, `get ${all}`, `put ${all.map((key) => `row-${key}`)}`]);
});

it("asks once for what several want, with what others want of many", async () => {
  const { ledger, requests, documents } = start();
  seed(documents, ["a"]);
  const held = { entry: { what: "seed" }, version: "1" };
  const got = await Promise.all([ledger.load("a"), ledger.load("a"), ledger.loadAll(["b", "a"])]);
  expect(got).toEqual([held, held, [{}, held]]);
  expect(requests).toEqual(["get a,b"]);
});

it("does alone what it always did: a get, a save, a save of one row", async () => {
  const { ledger, requests } = start();
  await ledger.load("a");
  await ledger.save("a", entryOf("a"), fresh);
  await ledger.put([{ key: "r", entry: entryOf("r"), ttlMs: 1_000 }]);
  expect(requests).toEqual(["get a", "save a", "put r"]);
});

it("tells each of a bulk that failed its own truth, once all are read again", async () => {
  const { ledger, requests, documents } = start({ lost: ["lost", "new"], refused: ["refused"], shy: ["shy"] });
  seed(documents, ["lost", "race", "refused", "fine", "shy"]);
  documents.set("race", { value: { what: "another's" }, version: 2 });
  const onFirst = { expected: "1" };
  const all = ["lost", "race", "refused", "fine", "shy"];
  const saves = all.map((key) => ledger.save(key, entryOf(key), onFirst));
  saves.push(ledger.save("new", entryOf("new"), fresh));
  const answers = new Set<string>();
  for (const [nth, one] of saves.entries())
    one.catch(() => undefined).then(() => answers.add(`${nth} after ${requests.length}`));
  expect(await told(saves)).toEqual([
    "2",
    false,
    "state of statestore: the sidecar answered 500 ERR_STATE_SAVE: failed saving",
    "2",
    true,
    "1",
  ]);
  expect(requests.slice(0, 2)).toEqual([`save ${all},new`, `get ${all},new`]);
  expect(requests.slice(2).toSorted()).toEqual(["get refused", "save refused", "save shy"]);
  expect([...answers].every((one) => one.endsWith("after 5"))).toBe(true);
  expect(documents.get("race")?.value).toEqual({ what: "another's" });
});

it("goes on with the version that it was told after a bulk that failed", async () => {
  const { ledger, documents } = start({ lost: ["a"] });
  const [version] = await Promise.all([ledger.save("a", entryOf("a"), fresh), ledger.save("b", entryOf("b"), fresh)]);
  expect(version).toBe("1");
  expect(await ledger.save("b", entryOf("more"), { expected: "1" })).toBe(true);
  expect(documents.get("b")).toEqual({ value: { what: "more" }, version: 2 });
});

it("throws for all where a bulk failed and nobody can be read again", async () => {
  const { ledger } = start({ refused: ["a"], isUnreadable: true });
  const all = await told(["a", "b"].map((key) => ledger.save(key, entryOf(key), fresh)));
  expect(all).toEqual(all.map(() => expect.stringContaining("the sidecar answered 500")));
});

it("saves a document that is saved twice at once in that order, in two requests", async () => {
  const { ledger, requests, documents } = start();
  const saves = [
    ledger.save("a", entryOf("first"), fresh),
    ledger.save("a", entryOf("second"), { expected: "1" }),
    ledger.save("b", entryOf("b"), fresh),
  ];
  expect(await told(saves)).toEqual([true, true, true]);
  expect(requests).toEqual(["save a,b", "save a"]);
  expect(documents.get("a")).toEqual({ value: { what: "second" }, version: 2 });
});

it("knows the ETag of what is created after three, in company as well, and finds out where it was wrong", async () => {
  const { ledger, documents, requests } = start();
  for (const key of keys(3)) {
    await ledger.save(key, { what: key }, fresh);
    await ledger.load(key);
  }
  const known = ["a", "b"].map((key) => ledger.save(key, { what: key }, fresh));
  expect(await told(known)).toEqual(["1", "1"]);
  documents.set("a", { value: { what: "a" }, version: 7 });
  requests.length = 0;
  expect(await told(["a", "b"].map((key) => ledger.save(key, entryOf("next"), { expected: "1" })))).toEqual([
    true,
    "2",
  ]);
  expect(documents.get("a")).toEqual({ value: { what: "next" }, version: 8 });
  expect(requests).toEqual(["save a,b", "get a,b", "save a"]);
});
