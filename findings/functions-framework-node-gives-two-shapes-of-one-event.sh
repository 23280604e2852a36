#!/usr/bin/env bash
# npm @google-cloud/functions-framework 5.0.5 hands one event, an image of two bytes, to a CloudEvent function in either mode.
# HTTP binding 1.0.2, section 3.1.1: Content-Type is datacontenttype; JSON format 1.0.2, section 3.1: data_base64 is how bytes are held
# in JSON, and the data of the event is what it decodes to.
# In binary mode the function gets the bytes as data but no datacontenttype at all; in structured mode it gets datacontenttype
# and no data: data_base64 is left as a text. PyPI functions-framework 3.8.3 gives the same event for both.
# So a function must know by which mode its event came, which a broker may change, to find its data. Seen in 2026-11.
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

functions.cloudEvent("see", ({ datacontenttype, data, data_base64 }) => [
  datacontenttype ?? "no datacontenttype", data ? `data ${data.toString("hex")}` : "no data", `data_base64 ${data_base64 ?? "absent"}`,
].join(", "));
(async () => {
  const server = getTestServer("see");
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const send = async (label, headers, body) => {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, { method: "POST", headers, body });
    console.log("npm ", label, await answer.text());
  };
  await send("binary:    ", { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", "content-type": "image/png" }, Buffer.from([0x89, 0x50]));
  const event = { specversion: "1.0", id: "1", source: "/s", type: "t", datacontenttype: "image/png", data_base64: "iVA=" };
  await send("structured:", { "content-type": "application/cloudevents+json" }, JSON.stringify(event));
  server.close();
})();
JS
cat >function.py <<'PY'
import functions_framework
@functions_framework.cloud_event
def see(event):
    print(event["datacontenttype"] or "no datacontenttype", f"data {event.data.hex()}" if event.data else "no data", f"data_base64 {event.get('data_base64') or 'absent'}", sep=", ")
PY
cat >see.py <<'PY'
import json
import functions_framework
client = functions_framework.create_app("see", "function.py").test_client()
print("PyPI binary:     ", end="", flush=True)
client.post("/", headers={"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", "content-type": "image/png"}, data=b"\x89\x50")
print("PyPI structured: ", end="", flush=True)
event = dict(specversion="1.0", id="1", source="/s", type="t", datacontenttype="image/png", data_base64="iVA=")
client.post("/", headers={"content-type": "application/cloudevents+json"}, data=json.dumps(event))
PY
see() {
  node see.cjs
  venv/bin/python -W ignore see.py
}
saw=$(see)
want='npm  binary:     no datacontenttype, data 8950, data_base64 absent
npm  structured: image/png, no data, data_base64 iVA=
PyPI binary:     image/png, data 8950, data_base64 absent
PyPI structured: image/png, data 8950, data_base64 absent'
printf '%s\n' 'npm @google-cloud/functions-framework 5.0.5, PyPI functions-framework 3.8.3' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
