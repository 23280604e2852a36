#!/usr/bin/env bash
# PyPI cloudevents 1.13.0 reads a structured event whose data is an empty JSON text, "data": "".
# JSON format 1.0.2, section 3.1.1: a "data" member that is there is the data of the event; the empty text is a JSON value like another.
# It is read as no data at all, and handed on without "data" in structured mode and without a body in binary mode.
# The values 0, false, [] and {} all pass. A schema that says "type": "string" then refuses the event. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet cloudevents==1.13.0
cat >see.py <<'PY'
import json
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import from_http

for data in ["", 0, False, [], {}]:
    event = from_http(
        {"content-type": "application/cloudevents+json"},
        json.dumps({"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "datacontenttype": "application/json", "data": data}),
    )
    structured, body = json.loads(to_structured(event)[1]), to_binary(event)[1]
    print(json.dumps(data), "-> structured", json.dumps(structured["data"]) if "data" in structured else "none", "binary", body.decode() if body else "none")
PY
saw=$(venv/bin/python -W ignore see.py)
want='"" -> structured none binary none
0 -> structured 0 binary 0
false -> structured false binary false
[] -> structured [] binary []
{} -> structured {} binary {}'
printf '%s\n' 'PyPI cloudevents 1.13.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
