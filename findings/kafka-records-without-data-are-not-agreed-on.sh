#!/usr/bin/env bash
# A binary Kafka record of an event without data, read by npm cloudevents 10.0.0 and written by PyPI cloudevents 2.2.0.
# Kafka binding, section 3.2.2: an event without data is a record without a value, which deletes its key in a compacted topic.
# npm refuses the record ("Value is null or undefined"), even with all attributes there; PyPI reads it, but writes a value of 0 bytes,
# which deletes nothing. (PyPI 2.2.0 reads both as no data.)
# So events that say "deleted" either stop a JavaScript consumer or, written by Python, keep their keys for ever. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
python3 -m venv two
two/bin/pip install --quiet cloudevents==2.2.0
cat >see.cjs <<'JS'
const { Kafka } = require("cloudevents");
const headers = { ce_specversion: "1.0", ce_id: "1", ce_source: "/s", ce_type: "t" };
for (const value of [Buffer.from("x"), null]) {
  try {
    console.log("npm 10.0.0 reads", value && value.toString(), "->", Kafka.toEvent({ key: "k", headers, value }).id);
  } catch (error) {
    console.log("npm 10.0.0 reads", value, "->", error.message);
  }
}
JS
cat >two.py <<'PY'
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event
body = b'{"specversion":"1.0","id":"1","source":"/s","type":"t","partitionkey":"k"}'
event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, body))
record = to_binary_event(event)
print("PyPI 2.2.0 writes", event.get_data(), "->", repr(record.value), "key", record.key)
for value in [b"", None]:
    print("PyPI 2.2.0 reads", repr(value), "->", from_kafka_event(KafkaMessage(record.headers, record.key, value)).get_data())
PY
see() {
  node see.cjs
  two/bin/python two.py
}
saw=$(see)
want='npm 10.0.0 reads x -> 1
npm 10.0.0 reads null -> Value is null or undefined
PyPI 2.2.0 writes None -> b'\'''\'' key k
PyPI 2.2.0 reads b'\'''\'' -> None
PyPI 2.2.0 reads None -> None'
printf '%s\n' 'CloudEvents SDKs: npm 10.0.0, PyPI 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
