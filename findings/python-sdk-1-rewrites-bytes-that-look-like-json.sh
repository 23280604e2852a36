#!/usr/bin/env bash
# PyPI cloudevents 1.13.0 reads a binary event over HTTP and hands it on.
# CloudEvents 1.0.2: datacontenttype says what the data is; HTTP binding 1.0.2, section 3.1.2: the body is the data as it is.
# Whatever the type, it first tries to read the body as JSON. Bytes of application/octet-stream are so written anew with other blanks,
# and the text 12 of text/plain becomes the number 12 in structured mode, which other SDKs (Go, Java) refuse.
# Signatures and digests over the data fail, but only for the data that happens to be JSON. Seen in 2026-11.
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

base = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
for kind, body in [("application/octet-stream", b'{"a":1}'), ("application/octet-stream", b"1e2"), ("text/plain", b"12"), ("text/plain", b"twelve")]:
    event = from_http({**base, "content-type": kind}, body)
    structured = json.loads(to_structured(event)[1])
    data = json.dumps(structured["data"]) if "data" in structured else "in data_base64"
    print(kind, body.decode(), "-> binary", to_binary(event)[1].decode(), "structured", data)
PY
saw=$(venv/bin/python -W ignore see.py)
want='application/octet-stream {"a":1} -> binary {"a": 1} structured {"a": 1}
application/octet-stream 1e2 -> binary 100.0 structured 100.0
text/plain 12 -> binary 12 structured 12
text/plain twelve -> binary twelve structured in data_base64'
printf '%s\n' 'PyPI cloudevents 1.13.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
