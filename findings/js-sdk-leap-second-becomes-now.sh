#!/usr/bin/env bash
# npm cloudevents 10.0.0 reads an event whose time is the leap second of 2016, 2016-12-31T23:59:60Z.
# CloudEvents 1.0.2, Type System: a Timestamp is an RFC 3339 text, and RFC 3339 itself gives leap seconds as examples (section 5.8).
# One would expect the time as it was written, or an error. It is silently replaced by the time of reading.
# Events from a clock that shows leap seconds (or their replay) move by years, and nobody is told. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");

const read = (time) => HTTP.toEvent({
  headers: { "content-type": "application/cloudevents+json" },
  body: JSON.stringify({ specversion: "1.0", id: "1", source: "/s", type: "t", time }),
}).time;
console.log("23:59:59", read("2016-12-31T23:59:59Z"));
const from = Date.now();
const time = Date.parse(read("2016-12-31T23:59:60Z"));
console.log("23:59:60", time >= from && time <= Date.now() ? "the time of reading" : new Date(time).toISOString());
JS
saw=$(node see.cjs)
want='23:59:59 2016-12-31T23:59:59.000Z
23:59:60 the time of reading'
printf '%s\n' 'npm cloudevents 10.0.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
