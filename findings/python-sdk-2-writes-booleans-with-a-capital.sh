#!/usr/bin/env bash
# PyPI cloudevents 2.2.0 writes an event with the extension attribute urgent, the boolean true, in binary mode over HTTP.
# CloudEvents 1.0.2, Type System: the text of a Boolean is true or false, and the case matters, it says.
# The header holds True, with a capital, as Python prints it. In structured mode the same event has true.
# A filter on the header (a subscription, a route) that asks for true passes the event over, and a reader that keeps to
# the specification cannot take it for a Boolean. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet cloudevents==2.2.0
cat >see.py <<'PY'
import json
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event, to_structured_event

body = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "urgent": True, "retry": False}
event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, json.dumps(body).encode()))
structured = json.loads(to_structured_event(event).body)
for name in ["urgent", "retry"]:
    print(name, "structured", json.dumps(structured[name]), "binary", to_binary_event(event).headers["ce-" + name])
PY
saw=$(venv/bin/python -W ignore see.py)
want='urgent structured true binary True
retry structured false binary False'
printf '%s\n' 'PyPI cloudevents 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
