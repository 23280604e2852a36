#!/usr/bin/env bash
# Binary events over HTTP, sent to a CloudEvent function on npm @google-cloud/functions-framework 5.0.5 and on PyPI functions-framework 3.8.3.
# CloudEvents 1.0.2, Event Data: data is optional and of any type; HTTP binding 1.0.2, section 3.1.2: the body is the data as it is.
# Node answers 500 for an event without data and for each text/plain, before the function is called: it asks whether the body has the key
# "context" as background events do, which throws for undefined and for a text. JSON that is no object or list gets a 400.
# Python takes all of them. One function, moved from Python to Node, so fails by what the data is, and a trigger that retries does so in vain.
# Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts @google-cloud/functions-framework@5.0.5
python3 -m venv venv
venv/bin/pip install --quiet functions-framework==3.8.3 cloudevents==1.13.0
cat >see.cjs <<'JS'
const functions = require("@google-cloud/functions-framework");
const { getTestServer } = require("@google-cloud/functions-framework/testing");

functions.cloudEvent("see", (event) => `called for ${event.id}`);
(async () => {
  const server = getTestServer("see");
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const binary = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" };
  const send = async (type, body) => {
    const headers = type ? { ...binary, "content-type": type } : binary;
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, { method: "POST", headers, body });
    const text = await answer.text();
    const said = /<pre>(.*?)(<br>|<\/pre>)/.exec(text)?.[1].split(":")[0];
    console.log("npm ", type ?? "no type", body ?? "no data", "->", answer.status, said ?? text);
  };
  await send("application/json", '{"a":1}');
  await send(undefined, undefined);
  await send("text/plain", "hello");
  for (const body of ["5", "null", '"hello"']) await send("application/json", body);
  server.close();
})();
JS
cat >function.py <<'PY'
import functions_framework
@functions_framework.cloud_event
def see(event):
    print("called for", event["id"])
PY
cat >see.py <<'PY'
import contextlib, io
import functions_framework
client = functions_framework.create_app("see", "function.py").test_client()
binary = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
def send(type, body):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        answer = client.post("/", headers={**binary, "content-type": type} if type else binary, data=body)
    print("PyPI", type or "no type", body or "no data", "->", answer.status_code, said.getvalue().strip())
send("application/json", '{"a":1}')
send(None, None)
send("text/plain", "hello")
for body in ["5", "null", '"hello"']:
    send("application/json", body)
PY
see() {
  node see.cjs 2>node.log
  venv/bin/python -W ignore see.py
}
saw=$(see)
want='npm  application/json {"a":1} -> 200 called for 1
npm  no type no data -> 500 TypeError
npm  text/plain hello -> 500 TypeError
npm  application/json 5 -> 400 SyntaxError
npm  application/json null -> 400 SyntaxError
npm  application/json "hello" -> 400 SyntaxError
PyPI application/json {"a":1} -> 200 called for 1
PyPI no type no data -> 200 called for 1
PyPI text/plain hello -> 200 called for 1
PyPI application/json 5 -> 200 called for 1
PyPI application/json null -> 200 called for 1
PyPI application/json "hello" -> 200 called for 1'
printf '%s\n' 'npm @google-cloud/functions-framework 5.0.5, PyPI functions-framework 3.8.3' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
