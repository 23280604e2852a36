import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import type { Entry } from "../../core/ledger/entry.ts";
import { EMPTY, saidMark } from "../../core/ledger/entry.ts";
import { createStateStore } from "../state-store.ts";
import { temporaryFolder } from "../test-app.ts";
import { createDueBy } from "./due-by.ts";

const outgoing = (due?: number): Entry => ({
  ...EMPTY,
  outbox: { event: { at: due ?? 0, said: [], ...(due === undefined ? {} : { due }) } },
});
const parked = (due: number): Entry => ({
  ...EMPTY,
  parked: { body: "{}", attempts: 1, spentMs: 0, since: 0, at: 0, due },
});

function start() {
  const file = `${temporaryFolder()}/broker.db`;
  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  const store = createStateStore(db);
  const at = (key: string, appId = "order") => ({ store: "statestore", appId, key });
  return {
    dueBy: createDueBy(file),
    save: (key: string, entry: object, appId?: string) =>
      store.save(at(key, appId), { value: JSON.stringify(entry), expires: null, etag: undefined, firstWrite: false }),
    remove: (key: string) => store.remove(at(key), undefined),
  };
}

it("counts what is due by then in documents of one function: parked, or to be said and not marked as said", () => {
  const { dueBy, save } = start();
  save("a", outgoing(100));
  save("b", parked(100));
  save("c", outgoing(101));
  save("d", outgoing());
  save("e", EMPTY);
  save("f", outgoing(1));
  save(saidMark("f", "event"), { v: 1, at: 1 });
  save("g", outgoing(1));
  save(saidMark("g", "event"), { v: 1, at: 1, unsaid: true });
  save("h", outgoing(1), "orders");
  expect([dueBy("order", 100)(), dueBy("orders", 100)(), dueBy("billing", 100)()]).toEqual([3, 1, 0]);
});

it("watches those alone that were due at first, until they have come", () => {
  const { dueBy, save, remove } = start();
  save("a", outgoing(1));
  save("b", parked(1));
  const left = dueBy("order", 100);
  save("later", outgoing(1));
  expect(left()).toBe(2);
  remove("b");
  expect(left()).toBe(1);
  save("a", EMPTY);
  expect([left(), left()]).toEqual([0, 0]);
});
