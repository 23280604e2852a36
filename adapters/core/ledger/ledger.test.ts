import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, it } from "vitest";
import { describeLedger } from "./ledger-contract.ts";
import { createMemoryLedger } from "./memory-ledger.ts";
import { createSqliteLedger } from "./sqlite-ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "loosely-ledger-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const openMemory = () => {
  let passed = 0;
  const advance = (ms: number) => {
    passed += ms;
  };
  return { ledger: createMemoryLedger({ now: () => Date.now() + passed }), advance, close: async () => {} };
};
describeLedger("memory", openMemory, { hasAgenda: true });

const openSqlite = () => {
  let passed = 0;
  const ledger = createSqliteLedger({ file: join(folder, "contract.db"), now: () => Date.now() + passed });
  const advance = (ms: number) => {
    passed += ms;
  };
  return { ledger, advance, close: async () => ledger.close?.() };
};
describeLedger("SQLite", openSqlite, { hasAgenda: true });

it("what SQLite purged and what came back under its key are told apart", async () => {
  let now = 0;
  const ledger = createSqliteLedger({ file: join(folder, "purge.db"), now: () => now });
  await ledger.save("a", { seen: {} }, { expected: undefined, ttlMs: 10 });
  const { version } = await ledger.load("a");
  now = 20;
  expect(await ledger.load("a")).toEqual({ version });
  for (let save = 0; save < 1_000; save++) await ledger.save(`b${save % 2}`, { seen: {} }, { expected: undefined });
  expect(await ledger.load("a")).toEqual({});
  await ledger.save("a", { state: "again", seen: {} }, { expected: undefined });
  expect(await ledger.save("a", { seen: {} }, { expected: version })).toBe(false);
  await ledger.close?.();
});

it("SQLite puts all rows or none, and goes on after a put that failed", async () => {
  const ledger = createSqliteLedger({ file: join(folder, "put.db") });
  const rows = [{ one: 1 }, { two: 2n }].map((entry, index) => ({ key: `r${index}`, entry, ttlMs: 60_000 }));
  await expect(ledger.put(rows)).rejects.toThrow("BigInt");
  expect(await ledger.loadAll(["r0", "r1"])).toEqual([{}, {}]);
  await ledger.put(rows.slice(0, 1));
  expect((await ledger.load("r0")).entry).toEqual({ one: 1 });
  await ledger.close?.();
});

it("SQLite purges what was put as well, even where nothing is saved", async () => {
  let now = 0;
  const file = join(folder, "purge-rows.db");
  const ledger = createSqliteLedger({ file, now: () => now });
  await ledger.put([{ key: "old", entry: {}, ttlMs: 10 }]);
  now = 20;
  for (let put = 0; put < 1_000; put++) await ledger.put([{ key: "new", entry: {}, ttlMs: 10 }]);
  expect(await ledger.load("old")).toEqual({});
  await ledger.close?.();
});

it("a file that SQLite closed is opened with all that was saved", async () => {
  const file = join(folder, "again.db");
  const first = createSqliteLedger({ file });
  await first.save("a", { state: 1, seen: {} }, { expected: undefined });
  await first.close?.();
  const second = createSqliteLedger({ file });
  expect((await second.load("a")).entry?.state).toBe(1);
  await second.close?.();
});

/** Opens the file at the time that it is told, adds to its own counter in one shared document, and says each number once it is saved. */
const WRITER = `
  import { writeSync } from "node:fs";
  import { createSqliteLedger } from ${JSON.stringify(new URL("sqlite-ledger.ts", import.meta.url).href)};
  const [file, name, most] = process.argv.slice(1);
  writeSync(1, "ready\\n");
  process.stdin.once("data", async (time) => {
    while (Date.now() < Number(time));
    const ledger = createSqliteLedger({ file });
    for (let mine = 0; mine < Number(most); ) {
      const { entry, version } = await ledger.load("shared");
      const state = { ...entry?.state, [name]: mine + 1 };
      if (!(await ledger.save("shared", { state, seen: {} }, { expected: version }))) continue;
      writeSync(1, ++mine + "\\n");
    }
    process.exit(0);
  });
`;

function startWriter(file: string, { name, most }: { readonly name: string; readonly most: number }) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER, file, name, String(most)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const waiting = new Map<string, () => void>();
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    waiting.get(line)?.();
  });
  return {
    child,
    lines,
    closed: once(child, "close"),
    said: (line: string) =>
      lines.includes(line) ? Promise.resolve() : new Promise<void>((resolve) => waiting.set(line, resolve)),
  };
}

it("two processes share one file from its creation on, and SIGKILL of one loses nothing that it had saved", async () => {
  const file = join(folder, "shared.db");
  const [steady, victim] = [
    startWriter(file, { name: "steady", most: 300 }),
    startWriter(file, { name: "victim", most: 1_000_000 }),
  ];
  try {
    await Promise.all([steady.said("ready"), victim.said("ready")]);
    steady.child.stdin.write("0\n");
    victim.child.stdin.write("0\n");
    await victim.said("50");
    victim.child.kill("SIGKILL");
    await victim.closed;
    expect((await steady.closed)[0]).toBe(0);
  } finally {
    steady.child.kill("SIGKILL");
    victim.child.kill("SIGKILL");
  }
  const ledger = createSqliteLedger({ file });
  const { entry } = await ledger.load("shared");
  await ledger.close?.();
  const state = entry?.state as { steady: number; victim: number };
  const acknowledged = Number(victim.lines.at(-1));
  expect(state.steady).toBe(300);
  // It may have died between saving and saying so.
  expect([acknowledged, acknowledged + 1]).toContain(state.victim);
});

const WITHOUT_AGENDA =
  "create table ledger (key text primary key, json text not null, version integer not null, expires integer) without rowid";

it.each([
  ["make one file", 1, ""],
  ["make one file", 2, ""],
  ["make one file", 3, ""],
  ["give one file an agenda", 1, WITHOUT_AGENDA],
  ["give one file an agenda", 2, WITHOUT_AGENDA],
])("eight processes that %s at the same moment all get it (%i)", async (what, round, sql) => {
  const file = join(folder, `${what}-${round}.db`);
  if (sql !== "") {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  }
  const writers = Array.from({ length: 8 }, (_, n) => startWriter(file, { name: `w${n}`, most: 1 }));
  try {
    await Promise.all(writers.map(({ said }) => said("ready")));
    const soon = Date.now() + 50;
    for (const { child } of writers) child.stdin.write(`${soon}\n`);
    expect((await Promise.all(writers.map(({ closed }) => closed))).map(([code]) => code)).toEqual(Array(8).fill(0));
  } finally {
    for (const { child } of writers) child.kill("SIGKILL");
  }
});
