#!/usr/bin/env bash
# npm cloudevents 10.0.0 writes an event in binary mode whose data is a Buffer and that has no datacontenttype.
# HTTP binding 1.0.2, section 3.1.1: Content-Type is populated from datacontenttype; the attribute is optional (CloudEvents 1.0.2).
# One would expect no Content-Type, or that of bytes. It says application/json, over a body that is no JSON.
# In structured mode the same event rightly is data_base64 without a type: the mode decides what the data is said to be.
# A receiver that believes the label drops the event as broken. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >see.cjs <<'JS'
const { CloudEvent, HTTP } = require("cloudevents");

const event = new CloudEvent({ id: "1", source: "/s", type: "t", data: Buffer.from([0x01, 0x02, 0xff]) });
const binary = HTTP.binary(event);
console.log("attribute ", event.datacontenttype);
console.log("binary    ", binary.headers["content-type"], binary.body.toString("hex"));
const { data_base64, datacontenttype } = JSON.parse(HTTP.structured(event).body);
console.log("structured", datacontenttype, data_base64);
JS
saw=$(node see.cjs)
want='attribute  undefined
binary     application/json; charset=utf-8 0102ff
structured undefined AQL/'
printf '%s\n' 'npm cloudevents 10.0.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
