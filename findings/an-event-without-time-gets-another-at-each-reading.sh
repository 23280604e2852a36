#!/usr/bin/env bash
# Structured events without time, read by npm cloudevents 10.0.0, PyPI cloudevents 1.13.0 and PyPI cloudevents 2.2.0.
# CloudEvents 1.0.2, OPTIONAL Attributes: time may be left out, where the producer cannot tell it.
# One would expect an event without time. All three make up the time of reading, on the side of the consumer, and hand it on as if
# the producer had said it. Redeliveries of one event so differ, in time and in each digest over the event,
# and what was late in a queue looks new. Seen in 2026-11.
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
const message = { headers: { "content-type": "application/cloudevents+json" }, body: '{"specversion":"1.0","id":"1","source":"/s","type":"t"}' };
const first = JSON.parse(HTTP.structured(HTTP.toEvent(message)).body).time;
setTimeout(() => {
  const second = JSON.parse(HTTP.structured(HTTP.toEvent(message)).body).time;
  console.log("npm 10.0.0 ", first === undefined ? "no time" : first === second ? "one time" : "two times");
}, 50);
JS
cat >one.py <<'PY'
import json, time
from cloudevents.conversion import to_structured
from cloudevents.http import from_http
def read():
    event = from_http({"content-type": "application/cloudevents+json"}, '{"specversion":"1.0","id":"1","source":"/s","type":"t"}')
    return json.loads(to_structured(event)[1]).get("time")
first = read()
time.sleep(0.05)
print("PyPI 1.13.0", "no time" if first is None else "one time" if first == read() else "two times")
PY
cat >two.py <<'PY'
import json, time
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_structured_event
def read():
    event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, b'{"specversion":"1.0","id":"1","source":"/s","type":"t"}'))
    return json.loads(to_structured_event(event).body).get("time")
first = read()
time.sleep(0.05)
print("PyPI 2.2.0 ", "no time" if first is None else "one time" if first == read() else "two times")
PY
see() {
  node see.cjs
  one/bin/python -W ignore one.py
  two/bin/python two.py
}
saw=$(see)
want='npm 10.0.0  two times
PyPI 1.13.0 two times
PyPI 2.2.0  two times'
printf '%s\n' 'CloudEvents SDKs: npm 10.0.0, PyPI 1.13.0 and 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
