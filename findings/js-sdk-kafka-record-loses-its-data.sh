#!/usr/bin/env bash
# npm cloudevents 10.0.0, Kafka.binary makes a record of an event; kafkajs 2.2.4, the client its types are modelled on, writes it.
# Kafka binding 1.0.2, section 3.2.2: the record's value is the data as bytes, in the format that content-type names.
# The value is left as a JavaScript object, and kafkajs writes an object without a word as the text [object Object].
# The type is also written twice: as content-type (section 3.2.1) and as ce_datacontenttype.
# So each JSON event sent as the SDK gives it is lost in the topic; one has to stringify the value oneself. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0 kafkajs@2.2.4
cat >see.cjs <<'JS'
const { CloudEvent, Kafka } = require("cloudevents");
const Encoder = require("kafkajs/src/protocol/encoder");

const event = new CloudEvent({ id: "1", source: "/s", type: "t", datacontenttype: "application/json", data: { a: 1 } });
const record = Kafka.binary(event);
console.log("value  ", typeof record.value, JSON.stringify(record.value));
console.log("kafkajs", new Encoder().writeVarIntBytes(record.value).buffer.subarray(1).toString());
for (const [name, value] of Object.entries(record.headers)) if (/content-?type/.test(name)) console.log("header ", name, value);
JS
saw=$(node see.cjs)
want='value   object {"a":1}
kafkajs [object Object]
header  content-type application/json
header  ce_datacontenttype application/json'
printf '%s\n' 'npm cloudevents 10.0.0, kafkajs 2.2.4' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
