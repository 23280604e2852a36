#!/usr/bin/env bash
# PyPI cloudevents 2.2.0 (the new major) relays structured events with JSON data in binary mode over HTTP.
# JSON format 1.0.2, section 3.2, shows it for a JSON text: the body stays JSON, quotes and all.
# Only objects are written as JSON: lists and booleans come out as Python prints them, with None and True,
# and a JSON text loses its quotes. All under Content-Type: application/json.
# An event that carries a list (a batch of lines, say) is unreadable for any receiver, in any language. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet cloudevents==2.2.0
cat >see.py <<'PY'
import json
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event

for data in [{"a": 1}, [1, None], True, "12"]:
    body = json.dumps({"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "datacontenttype": "application/json", "data": data})
    event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, body.encode()))
    sent = to_binary_event(event)
    print(json.dumps(data), "->", {k.lower(): v for k, v in sent.headers.items()}["content-type"], sent.body.decode())
PY
saw=$(venv/bin/python -W ignore see.py)
want='{"a": 1} -> application/json {"a": 1}
[1, null] -> application/json [1, None]
true -> application/json True
"12" -> application/json 12'
printf '%s\n' 'PyPI cloudevents 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
