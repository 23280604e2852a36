#!/usr/bin/env bash
# PyPI cloudevents 1.13.0, cloudevents.kafka.to_binary: writes an event as a Kafka record in binary mode.
# CloudEvents 1.0.2: datacontenttype is OPTIONAL; Kafka binding 1.0.2, section 3.2.1 maps it to content-type if there is one.
# For an event without it, one would expect a record without that header (as its HTTP binding does). It raises KeyError instead,
# though the code asks whether the attribute is set; structured mode takes the same event.
# So an event without data cannot be written unless a type is made up for it. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet cloudevents==1.13.0
cat >see.py <<'PY'
from cloudevents import conversion, kafka
from cloudevents.http import CloudEvent

event = CloudEvent({"id": "1", "source": "/s", "type": "t"})
print("http  binary     headers", len(conversion.to_binary(event)[0]))
print("kafka structured headers", kafka.to_structured(event, lambda event: "key").headers)
try:
    print("kafka binary    ", kafka.to_binary(event, lambda event: "key").headers)
except KeyError as error:
    print("kafka binary     KeyError", error.args[0])
PY
saw=$(venv/bin/python -W ignore see.py)
want='http  binary     headers 5
kafka structured headers {}
kafka binary     KeyError datacontenttype'
printf '%s\n' 'PyPI cloudevents 1.13.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
