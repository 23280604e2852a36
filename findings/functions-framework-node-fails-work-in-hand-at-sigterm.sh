#!/usr/bin/env bash
# npm @google-cloud/functions-framework 5.0.5 and PyPI functions-framework 3.8.3, each its own server with one function that takes 2 s,
# get SIGTERM while it runs.
# Cloud Run, container contract, shutdown of an instance: it gets SIGTERM, and 10 s later SIGKILL, a time to finish what is in hand.
# Node answers 500 to the request at once and ends, with exit status 0; what the function has yet to do is not done. Python (gunicorn) lets
# the function finish, answers 200, and then ends.
# Each time an instance is taken away events in hand fail, and are done again in part, in the one language and not in the other.
# Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts @google-cloud/functions-framework@5.0.5
python3 -m venv venv
venv/bin/pip install --quiet functions-framework==3.8.3
cat >index.js <<'JS'
const functions = require("@google-cloud/functions-framework");
const { writeFileSync } = require("node:fs");

functions.http("see", async (request, answer) => {
  writeFileSync("begun", "");
  await new Promise((done) => setTimeout(done, 2000));
  writeFileSync("finished", "");
  answer.send("finished");
});
JS
cat >main.py <<'PY'
import time
import functions_framework

@functions_framework.http
def see(request):
    open("begun", "w").close()
    time.sleep(2)
    open("finished", "w").close()
    return "finished"
PY
free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}
see() {
  local name=$1 port status=0
  shift
  port=$(free_port)
  PORT=$port FUNCTION_TARGET=see "$@" >server.log 2>&1 &
  local server=$!
  for _ in {1..150}; do curl -s -o robots.txt "http://127.0.0.1:$port/robots.txt" && break || sleep 0.2; done
  curl -s -o answer.txt -w '%{http_code}' "http://127.0.0.1:$port/" >code.txt &
  local asking=$!
  for _ in {1..150}; do [[ -e begun ]] && break || sleep 0.1; done
  kill -TERM $server
  wait $asking || true
  wait $server || status=$?
  echo "$name: answered $(cat code.txt), finished: $([[ -e finished ]] && echo yes || echo no), exit status $status"
  rm -f begun finished
}
saw=$(
  see 'npm ' node_modules/.bin/functions-framework
  see PyPI venv/bin/functions-framework
)
want='npm : answered 500, finished: no, exit status 0
PyPI: answered 200, finished: yes, exit status 0'
printf '%s\n' 'npm @google-cloud/functions-framework 5.0.5, PyPI functions-framework 3.8.3' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
