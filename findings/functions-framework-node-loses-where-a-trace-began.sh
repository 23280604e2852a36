#!/usr/bin/env bash
# An event with the attribute traceparent, sent with a traceparent header of the hop, to a CloudEvent function on npm
# @google-cloud/functions-framework 5.0.5 and on PyPI functions-framework 3.8.3.
# CloudEvents 1.0.2, extension Distributed Tracing: over several hops the attribute MUST carry the trace information of the starting trace,
# and MUST NOT carry that of each individual hop.
# Node puts the header of the last hop into event.traceparent, over what the producer said (so in both modes), or where there was no such
# attribute; event.tracestate stays that of the producer, and now belongs to another trace. Python leaves the attribute alone.
# A function that links its work to where the event began links it to the broker's push instead. Seen in 2026-11.
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

functions.cloudEvent("see", ({ id, traceparent, tracestate }) => console.log("npm ", id, "->", traceparent, tracestate));
(async () => {
  const server = getTestServer("see");
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const send = async (headers, body) => {
    const url = `http://127.0.0.1:${server.address().port}/`;
    await fetch(url, { method: "POST", headers: { traceparent: process.env.HOP, ...headers }, body: JSON.stringify(body) });
  };
  const event = { specversion: "1.0", id: "structured", source: "/s", type: "t", traceparent: process.env.START, tracestate: "a=1" };
  const binary = Object.fromEntries(Object.entries({ ...event, id: "binary" }).map(([name, value]) => [`ce-${name}`, value]));
  await send({ "content-type": "application/cloudevents+json" }, event);
  await send({ "content-type": "application/json", ...binary }, {});
  server.close();
})();
JS
cat >function.py <<'PY'
import functions_framework
@functions_framework.cloud_event
def see(event):
    print("PyPI", event["id"], "->", event["traceparent"], event["tracestate"])
PY
cat >see.py <<'PY'
import json, os
import functions_framework
client = functions_framework.create_app("see", "function.py").test_client()
event = {"specversion": "1.0", "id": "structured", "source": "/s", "type": "t", "traceparent": os.environ["START"], "tracestate": "a=1"}
hop = {"traceparent": os.environ["HOP"]}
client.post("/", headers={**hop, "content-type": "application/cloudevents+json"}, data=json.dumps(event))
binary = {f"ce-{name}": value for name, value in {**event, "id": "binary"}.items()}
client.post("/", headers={**hop, **binary, "content-type": "application/json"}, data="{}")
PY
export START=00-11111111111111111111111111111111-1111111111111111-01
export HOP=00-22222222222222222222222222222222-2222222222222222-01
see() {
  node see.cjs 2>node.log
  venv/bin/python -W ignore see.py
}
saw=$(see)
want='npm  structured -> 00-22222222222222222222222222222222-2222222222222222-01 a=1
npm  binary -> 00-22222222222222222222222222222222-2222222222222222-01 a=1
PyPI structured -> 00-11111111111111111111111111111111-1111111111111111-01 a=1
PyPI binary -> 00-11111111111111111111111111111111-1111111111111111-01 a=1'
printf '%s\n' 'npm @google-cloud/functions-framework 5.0.5, PyPI functions-framework 3.8.3' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
