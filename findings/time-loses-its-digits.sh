#!/usr/bin/env bash
# An event whose time is 2026-01-01T00:00:00.123456789+02:00, read and written by npm cloudevents 10.0.0 and PyPI cloudevents 2.2.0.
# CloudEvents 1.0.2, Type System: a Timestamp is an RFC 3339 text, of which section 5.6 allows any number of digits after the second.
# npm cuts it to milliseconds and to UTC; PyPI 2.2.0 cuts to microseconds and, the other way, writes six digits where there were three.
# Neither a text compare of time nor an order by it survives the hop: events of one millisecond become simultaneous.
# Go sdk-go 2.16.2 and Java 4.0.1 keep all digits. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
python3 -m venv two
two/bin/pip install --quiet cloudevents==2.2.0
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");
for (const time of ["2026-01-01T00:00:00.123456789+02:00", "2026-01-01T00:00:00.123Z"]) {
  const body = JSON.stringify({ specversion: "1.0", id: "1", source: "/s", type: "t", time });
  const event = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body });
  console.log("npm 10.0.0", time, "->", JSON.parse(HTTP.structured(event).body).time);
}
JS
cat >two.py <<'PY'
import json
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_structured_event
for time in ["2026-01-01T00:00:00.123456789+02:00", "2026-01-01T00:00:00.123Z"]:
    body = json.dumps({"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "time": time}).encode()
    event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, body))
    print("PyPI 2.2.0", time, "->", json.loads(to_structured_event(event).body)["time"])
PY
see() {
  node see.cjs
  two/bin/python two.py
}
saw=$(see)
want='npm 10.0.0 2026-01-01T00:00:00.123456789+02:00 -> 2025-12-31T22:00:00.123Z
npm 10.0.0 2026-01-01T00:00:00.123Z -> 2026-01-01T00:00:00.123Z
PyPI 2.2.0 2026-01-01T00:00:00.123456789+02:00 -> 2026-01-01T00:00:00.123456+02:00
PyPI 2.2.0 2026-01-01T00:00:00.123Z -> 2026-01-01T00:00:00.123000Z'
printf '%s\n' 'CloudEvents SDKs: npm 10.0.0, PyPI 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
