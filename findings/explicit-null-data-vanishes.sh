#!/usr/bin/env bash
# Structured events with "data": null, read and handed on by npm cloudevents 10.0.0, PyPI cloudevents 1.13.0 and 2.2.0.
# JSON format 1.0.2, section 3.1.1: data may be null, "representing an explicit null payload as distinct from the absence" of it.
# All three take it for no data: written again in structured mode there is no data member, and in binary mode no body,
# under Content-Type: application/json, so that a reader who parses the body fails.
# Where null says "deleted" (the after-image of a change event), that word is lost. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
python3 -m venv one
one/bin/pip install --quiet cloudevents==1.13.0
python3 -m venv two
two/bin/pip install --quiet cloudevents==2.2.0
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");
const body = '{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json","data":null}';
const event = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body });
console.log("npm 10.0.0 ", "data" in JSON.parse(HTTP.structured(event).body), `${HTTP.binary(event).headers["content-type"]}, body ${HTTP.binary(event).body || "none"}`);
JS
cat >one.py <<'PY'
import json
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import from_http
event = from_http({"content-type": "application/cloudevents+json"}, '{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json","data":null}')
headers, body = to_binary(event)
print("PyPI 1.13.0", str("data" in json.loads(to_structured(event)[1])).lower(), headers["content-type"] + ", body", (body or b"").decode() or "none")
PY
cat >two.py <<'PY'
import json
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event, to_structured_event
event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, b'{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json","data":null}'))
message = to_binary_event(event)
print("PyPI 2.2.0 ", str("data" in json.loads(to_structured_event(event).body)).lower(), message.headers["content-type"] + ", body", message.body.decode() or "none")
PY
see() {
  echo "            data member"
  node see.cjs
  one/bin/python -W ignore one.py
  two/bin/python two.py
}
saw=$(see)
want='            data member
npm 10.0.0  false application/json, body none
PyPI 1.13.0 false application/json, body none
PyPI 2.2.0  false application/json, body none'
printf '%s\n' 'CloudEvents SDKs: npm 10.0.0, PyPI 1.13.0 and 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
