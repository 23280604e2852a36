#!/usr/bin/env bash
# npm cloudevents 10.0.0 relays a structured event with JSON data that is a text: "data": "12".
# JSON format 1.0.2, section 3.1: with a JSON datacontenttype, data is that JSON value, here a text. The last example
# of section 3.2 shows the binary form of a text: it keeps its quotes, "If the quotes were missing, this would have been an invalid event".
# It writes the text bare: the body 12 is a number to the next reader, true a boolean, and hello is no JSON at all.
# Order numbers and postal codes lose their type (and leading zeros make the body unreadable) at one hop. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");

for (const data of ["12", "true", "hello", "007"]) {
  const event = HTTP.toEvent({
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify({ specversion: "1.0", id: "1", source: "/s", type: "t", datacontenttype: "application/json", data }),
  });
  const { headers, body } = HTTP.binary(event);
  let read;
  try { read = typeof JSON.parse(body); } catch { read = "no JSON"; }
  console.log(`data ${JSON.stringify(data)} -> ${headers["content-type"]} body ${body} (${read})`);
}
JS
saw=$(node see.cjs)
want='data "12" -> application/json body 12 (number)
data "true" -> application/json body true (boolean)
data "hello" -> application/json body hello (no JSON)
data "007" -> application/json body 007 (no JSON)'
printf '%s\n' 'npm cloudevents 10.0.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
