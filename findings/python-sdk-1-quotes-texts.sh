#!/usr/bin/env bash
# PyPI cloudevents 1.13.0 reads a structured event of text or XML and hands it on in binary mode.
# JSON format 1.0.2, section 3.1: data of a type that is not JSON is a text, put there as a JSON string. HTTP binding 1.0.2,
# section 3.1.2: the body is the data in the format of its type, so the text itself.
# It puts each text through a JSON writer, whatever the type: the body gets quotes, and XML is no longer XML.
# A relay from structured to binary mode breaks all data that is text but no JSON. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet cloudevents==1.13.0
cat >see.py <<'PY'
import json
from cloudevents.conversion import to_binary
from cloudevents.http import from_http

for kind, data in [("text/plain", "hello"), ("application/xml", '<a b="c"/>'), ("text/csv", "a,b\n1,2\n")]:
    event = from_http(
        {"content-type": "application/cloudevents+json"},
        json.dumps({"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "datacontenttype": kind, "data": data}),
    )
    headers, body = to_binary(event)
    print(json.dumps(data), "->", headers["content-type"], body.decode())
PY
saw=$(venv/bin/python -W ignore see.py)
want='"hello" -> text/plain "hello"
"<a b=\"c\"/>" -> application/xml "<a b=\"c\"/>"
"a,b\n1,2\n" -> text/csv "a,b\n1,2\n"'
printf '%s\n' 'PyPI cloudevents 1.13.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
