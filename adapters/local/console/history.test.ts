import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../test-app.ts";
import type { Happening } from "./api-types.ts";
import { openHistory } from "./history.ts";

const newFile = () => join(temporaryFolder(), "history.db");

/** What it tells, until the test ends. */
function open(file: string, options: Parameters<typeof openHistory>[1] = {}) {
  const history = openHistory(file, options);
  let isOpen = true;
  const close = () => {
    if (isOpen) history.close();
    isOpen = false;
  };
  onTestFinished(close);
  const told: Happening[] = [];
  history.onAppended((rows) => told.push(...rows));
  return { file, history, told, close };
}

type Row = Omit<Happening, "id">;
const FULL: Row = {
  ...{ at: 1, kind: "told", app: "two", topic: "t", entry: 7, event: "e-1", type: "org.example.opened.v1" },
  ...{ subject: "s-1", correlation: "c-1", causation: "e-0", attempt: 2, outcome: "retry", how: "handled" },
  ...{ said: ["org.example.closed.v1"], code: "handler", reason: "Error: no", ms: 2.5, key: "k" },
};
const ROWS: readonly Row[] = [
  FULL,
  { at: 2, kind: "service", app: "two", outcome: "died" },
  { at: 3, kind: "published", topic: "u", entry: 8 },
];

it("what is appended is told in its order with ids, and is read as it was, also when it is opened again", async () => {
  const file = newFile();
  const { history, told, close } = open(file);
  for (const row of ROWS) history.append(row);
  await expect.poll(() => told).toEqual(ROWS.map((row, nth) => ({ ...row, id: nth + 1 })));
  expect(history.since(0, 10)).toEqual(told);
  close();
  const again = open(file);
  expect([again.history.since(1, 1), again.history.last]).toEqual([told.slice(1, 2), 3]);
  again.history.append({ at: 4, kind: "fault" });
  await expect.poll(() => again.told).toEqual([{ at: 4, kind: "fault", id: 4 }]);
});

it("what is not told yet is not read yet: whoever listens and then reads meets nothing twice", async () => {
  const { history, told } = open(newFile());
  history.append({ at: 1, kind: "fault" });
  expect([history.since(0, 10), history.last, told]).toEqual([[], 0, []]);
  const later: Happening[] = [];
  history.onAppended((rows) => later.push(...rows));
  expect([history.since(0, 10).length, history.last, told.length, later.length]).toEqual([1, 1, 1, 0]);
});

it("its file is opened when it is first used: its folder may be made, and emptied, before", () => {
  const folder = join(temporaryFolder(), "later");
  const { history } = open(join(folder, "history.db"));
  mkdirSync(folder);
  history.append({ at: 1, kind: "fault" });
  history.onAppended(() => {})();
  expect([history.last, history.since(0, 10).length]).toEqual([1, 1]);
});

it("once it is closed it takes nothing, and opens nothing", () => {
  const { history, told, close, file } = open(newFile());
  close();
  history.append({ at: 1, kind: "fault" });
  history.onAppended(() => {})();
  expect(told).toEqual([]);
  expect(() => history.since(0, 1)).toThrow(`${file}: is closed`);
});

it("what is appended before it is closed is kept", () => {
  const file = newFile();
  const { history, close } = open(file);
  history.append({ at: 1, kind: "saved", key: "k" }, "text");
  close();
  expect(open(file).history.body(1)).toEqual({ text: "text" });
});

it.each([
  [{}, [5, 4, 3, 2, 1]],
  [{ before: 4, limit: 2 }, [3, 2]],
  [{ app: "two" }, [5, 1]],
  [{ topic: "t" }, [3, 1]],
  [{ kind: "published" }, [4, 3, 2]],
  [{ entry: 7, kind: "published" }, [3]],
  [{ find: "OPENED" }, [3, 1]],
  [{ find: "e-1" }, [3, 1]],
  [{ find: "c-1", kind: "published" }, [3]],
  [{ find: "charged/" }, [5]],
  [{ find: "error: no" }, [1]],
  [{ find: "100%" }, []],
  [{ app: "", find: "", limit: 1 }, [5]],
])("pages back by %j, the newest first", (query, ids) => {
  const { history } = open(newFile());
  const { event = "", type = "", correlation = "" } = FULL;
  history.append(FULL);
  history.append({ at: 2, kind: "published", app: "one", topic: "u", event: "e-2" });
  history.append({ at: 3, kind: "published", app: "one", topic: "t", entry: 7, event, type, correlation });
  history.append({ at: 4, kind: "published" });
  history.append({ at: 5, kind: "effect", app: "two", how: "mail", key: "s-1/Charged/x" });
  history.onAppended(() => {})();
  expect(history.before({ limit: 500, ...query }).map(({ id }) => id)).toEqual(ids);
});

it("a document is shown beside that before, of its own app and key, and a long text is cut", () => {
  const { history } = open(newFile());
  const saved = (app: string, key: string, body?: string) => history.append({ at: 1, kind: "saved", app, key }, body);
  saved("a", "k", "1");
  saved("b", "k", "of another app");
  saved("a", "l", "of another key");
  saved("a", "k", "2");
  saved("a", "k");
  saved("a", "k", "3");
  history.append({ at: 1, kind: "published" }, "x".repeat(1024 * 1024 + 1));
  history.append({ at: 1, kind: "published" }, "x".repeat(1024 * 1024));
  history.onAppended(() => {})();
  expect([1, 2, 3, 4, 5, 6, 9].map((id) => history.body(id))).toEqual([
    ...[{ text: "1" }, { text: "of another app" }, { text: "of another key" }, { text: "2", before: "1" }],
    ...[undefined, { text: "3" }, undefined],
  ]);
  expect(history.since(4, 2).map(({ hasBody }) => hasBody)).toEqual([undefined, true]);
  expect([7, 8].map((id) => [history.body(id)?.text.length, history.body(id)?.isCut])).toEqual([
    [1024 * 1024, true],
    [1024 * 1024, undefined],
  ]);
});

const append = (history: ReturnType<typeof openHistory>, count: number, body = "text") => {
  for (let n = 0; n < count; n++)
    history.append({ at: n, kind: "published", event: `e-${n % (count / 2)}`, subject: `s-${n}` }, body);
  history.onAppended(() => {})();
};
const countsIn = (file: string) => {
  const db = new DatabaseSync(file, { readOnly: true });
  const counts = ["happening", "event", "body"].map(
    (table) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n,
  );
  db.close();
  return counts;
};

it("the newest are kept: of the others nothing is left, neither their events nor their bodies", () => {
  const file = newFile();
  const { history } = open(file, { keeps: 1_000 });
  append(history, 6_000);
  expect([history.last, history.since(0, 1)[0]?.id, history.story("e-0")?.happenings.length]).toEqual([
    6_000,
    5_001,
    undefined,
  ]);
  expect(countsIn(file)).toEqual([1_000, 1_000, 1_000]);
  expect(history.story("s-5999")?.happenings.length).toBe(1);
});

it("as many bytes are kept as there may be, whatever the size of what happens", () => {
  const file = newFile();
  const { history } = open(file, { mostBytes: 20_000_000 });
  append(history, 6_000, "x".repeat(10_000));
  const [kept = 0] = countsIn(file).map(Number);
  expect(kept).toBeGreaterThan(100);
  expect(kept).toBeLessThan(3_000);
  expect(history.since(0, 10_000).length).toBe(kept);
});

it("a file that is no history, or that of another build, is made anew", () => {
  const [text, other] = [newFile(), newFile()];
  writeFileSync(text, "not a database, but long enough to be taken for one".repeat(100));
  const db = new DatabaseSync(other);
  db.exec("CREATE TABLE happening (id INTEGER PRIMARY KEY); PRAGMA user_version = 999");
  db.close();
  for (const file of [text, other]) {
    const { history } = open(file);
    append(history, 2);
    expect(history.since(0, 10).length).toBe(2);
  }
});

it("what cannot be written is told all the same, and what comes later is kept", () => {
  const file = newFile();
  const { history, told } = open(file);
  append(history, 2);
  expect(history.since(0, 10)).toHaveLength(2);
  const db = new DatabaseSync(file);
  db.exec("CREATE TRIGGER full BEFORE INSERT ON happening BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
  append(history, 2);
  expect(history.since(0, 10)).toHaveLength(2);
  db.exec("DROP TRIGGER full");
  db.close();
  append(history, 2);
  expect(told.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(history.since(0, 10).map(({ id }) => id)).toEqual([1, 2, 5, 6]);
});
