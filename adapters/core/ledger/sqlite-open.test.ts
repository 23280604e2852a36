import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { ConfigError } from "../host/config-error.ts";
import { createSqliteLedger, DUE } from "./sqlite-ledger.ts";

const RULE = "LEDGER: must be sqlite:<file>, a file of its own that can be written: ";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "loosely-sqlite-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const made = (file: string, sql: string) => {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
};

it.each<[what: string, make: (file: string) => unknown, why: (file: string, folder: string) => string]>([
  [
    "a folder that is not there",
    (file) => rmSync(join(file, ".."), { recursive: true }),
    (_, folder) => `${folder} is no folder`,
  ],
  ["a folder", mkdirSync, (file) => `${file} is no file`],
  ["a text", (file) => writeFileSync(file, "no database ".repeat(100)), (file) => `${file}: file is not a database`],
  [
    "the database of another program",
    (file) => made(file, "create table places (id integer)"),
    (file) => `${file}: is the database of another program`,
  ],
  [
    "another program's table of this name",
    (file) => made(file, "create table ledger (id integer, amount integer)"),
    (file) => `${file}: is the database of another program`,
  ],
  [
    "a link that leads nowhere",
    (file) => symlinkSync("/nowhere/at/all", file),
    (file) => `${file}: unable to open database file`,
  ],
])("explains in one line that its file is %s, and changes nothing", (_what, make, why) => {
  const folder = join(newFolder(), "data");
  mkdirSync(folder);
  const file = join(folder, "ledger.db");
  make(file);
  const before = contentOf(folder);
  expect(() => createSqliteLedger({ file })).toThrow(new ConfigError(RULE + why(file, folder)));
  expect(contentOf(folder)).toEqual(before);
});

it("explains in one line that its file lies where nothing can be written, for root as well", () => {
  expect(() => createSqliteLedger({ file: "/proc/ledger.db" })).toThrow(ConfigError);
  expect(() => createSqliteLedger({ file: "/proc/version" })).toThrow(ConfigError);
});

it.skipIf(process.getuid?.() === 0)("explains in one line that its file can only be read", () => {
  const file = join(newFolder(), "ledger.db");
  made(file, "create table ledger (key, json, version, expires)");
  chmodSync(file, 0o444);
  expect(() => createSqliteLedger({ file })).toThrow(`${RULE}EACCES: permission denied, access '${file}'`);
});

function contentOf(folder: string): readonly unknown[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => [
      entry.name,
      entry.isFile() ? readFileSync(join(folder, entry.name), "base64") : undefined,
    ]);
  } catch {
    return [];
  }
}

const SAVE = { expected: undefined };
const ENTRY = { state: 1, seen: {} };

async function openIn(folder: string) {
  const lost: string[] = [];
  const file = join(folder, "ledger.db");
  const told = Promise.withResolvers<void>();
  const ledger = createSqliteLedger({
    file,
    onLost({ message }) {
      lost.push(message);
      told.resolve();
    },
  });
  await ledger.save("a", ENTRY, SAVE);
  return { ledger, file, lost, told: told.promise };
}

const DISAPPEARANCES: readonly [what: string, act: (file: string) => unknown, gone: (file: string) => string][] = [
  ["is deleted", (file) => rmSync(file), (file) => `${file}: is not there any more`],
  [
    "is deleted with its folder",
    (file) => rmSync(join(file, ".."), { recursive: true }),
    (file) => `${file}: is not there any more`,
  ],
  ["has its -wal deleted", (file) => rmSync(`${file}-wal`), (file) => `${file}-wal: is not there any more`],
  ["has its -shm deleted", (file) => rmSync(`${file}-shm`), (file) => `${file}-shm: is not there any more`],
  [
    "is moved with its folder",
    (file) => renameSync(join(file, ".."), join(file, "../../moved")),
    (file) => `${file}: is not there any more`,
  ],
  [
    "is replaced by a copy of itself",
    (file) => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
    (file) => `${file}: is another file than was opened`,
  ],
];

it.each(DISAPPEARANCES)("answers nothing any more once its file %s", async (_what, act, gone) => {
  const folder = join(newFolder(), "data");
  mkdirSync(folder);
  const { ledger, file, lost } = await openIn(folder);
  act(file);
  await expect(ledger.save("b", ENTRY, SAVE)).rejects.toThrow(gone(file));
  await expect(ledger.put([{ key: "c", entry: ENTRY, ttlMs: 1_000 }])).rejects.toThrow(gone(file));
  await expect(ledger.load("a")).rejects.toThrow(gone(file));
  await expect(ledger.loadAll(["a", "b"])).rejects.toThrow(gone(file));
  await expect(ledger.due?.("a", { until: 0, most: 1 })).rejects.toThrow(gone(file));
  expect(lost).toEqual([gone(file)]);
  await ledger.close?.();
});

it.each(DISAPPEARANCES)("says so once, unasked, when its file %s", async (_what, act, gone) => {
  const folder = join(newFolder(), "data");
  mkdirSync(folder);
  const { ledger, file, lost, told } = await openIn(folder);
  act(file);
  // The clock that looks does not keep a process running.
  const keep = setInterval(() => {}, 1_000);
  await told;
  clearInterval(keep);
  await ledger.close?.();
  expect(lost).toEqual([gone(file)]);
});

it("is not back when its file is", async () => {
  const { ledger, file } = await openIn(newFolder());
  renameSync(file, `${file}.away`);
  await expect(ledger.load("a")).rejects.toThrow("is not there any more");
  renameSync(`${file}.away`, file);
  await expect(ledger.load("a")).rejects.toThrow("is not there any more");
  await ledger.close?.();
});

it("writes down on closing what was in a -wal that was deleted", async () => {
  const { ledger, file } = await openIn(newFolder());
  rmSync(`${file}-wal`);
  await ledger.close?.();
  const again = createSqliteLedger({ file });
  expect((await again.load("a")).entry).toEqual(ENTRY);
  await again.close?.();
});

it("does not touch what another has put in the place of its files", async () => {
  const folder = newFolder();
  const { ledger, file } = await openIn(folder);
  for (const end of ["", "-wal", "-shm"]) {
    writeFileSync(`${file}.new`, `another's ${end}`);
    renameSync(`${file}.new`, file + end);
  }
  const before = contentOf(folder);
  await ledger.close?.();
  expect(contentOf(folder)).toEqual(before);
});

it("is opened through a link, and notices that the link leads elsewhere", async () => {
  const folder = newFolder();
  for (const name of ["one", "two"]) mkdirSync(join(folder, name));
  symlinkSync("one", join(folder, "now"));
  const { ledger } = await openIn(join(folder, "now"));
  expect((await ledger.load("a")).entry).toEqual(ENTRY);
  rmSync(join(folder, "now"));
  symlinkSync("two", join(folder, "now"));
  await expect(ledger.load("a")).rejects.toThrow("ledger.db: is not there any more");
  await ledger.close?.();
});

const WITHOUT_AGENDA = `
  create table ledger (
    key text primary key, json text not null, version integer not null, expires integer
  ) without rowid;
  insert into ledger values ('order-1', '{"state":1,"seen":{}}', 7, null);
`;
const AT = { until: 10, most: 10 };

it("goes on with a file that a build without an agenda has made, and gives it one", async () => {
  const file = join(newFolder(), "ledger.db");
  made(file, WITHOUT_AGENDA);
  const ledger = createSqliteLedger({ file });
  expect(await ledger.load("order-1")).toEqual({ entry: ENTRY, version: "7" });
  expect(await ledger.due?.("order", AT)).toEqual([]);
  await ledger.save("order-1", ENTRY, { expected: "7", due: { of: "order", at: 10 } });
  expect(await ledger.due?.("order", AT)).toEqual(["order-1"]);
  await ledger.close?.();
});

it.each([
  ["made without an agenda", WITHOUT_AGENDA],
  ["new", ""],
])("finds what is due by the index alone, in a file that was %s", async (_what, sql) => {
  const file = join(newFolder(), "ledger.db");
  made(file, sql);
  await createSqliteLedger({ file }).close?.();
  const database = new DatabaseSync(file);
  const plan = database.prepare(`explain query plan ${DUE}`).all("order", 10, 10);
  database.close();
  expect(plan.map(({ detail }) => detail)).toEqual([
    "SEARCH ledger USING COVERING INDEX ledger_due (due_of=? AND due_at<?)",
  ]);
});

it("gives an agenda to a file whose process died before it had its index", async () => {
  const file = join(newFolder(), "ledger.db");
  await createSqliteLedger({ file }).close?.();
  made(file, "drop index ledger_due");
  await createSqliteLedger({ file }).close?.();
  const database = new DatabaseSync(file);
  const indexes = database.prepare("select name from pragma_index_list('ledger') where origin = 'c'").all();
  database.close();
  expect(indexes.map(({ name }) => name)).toEqual(["ledger_due"]);
});

it("takes a row that was put over a document off the agenda", async () => {
  const ledger = createSqliteLedger({ file: join(newFolder(), "ledger.db") });
  await ledger.save("order-1", ENTRY, { ...SAVE, due: { of: "order", at: 10 } });
  await ledger.put([{ key: "order-1", entry: ENTRY, ttlMs: 60_000 }]);
  expect(await ledger.due?.("order", AT)).toEqual([]);
  await ledger.close?.();
});
