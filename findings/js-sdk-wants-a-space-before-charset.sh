#!/usr/bin/env bash
# npm cloudevents 10.0.0 reads structured events and compares the whole Content-Type with two fixed texts.
# HTTP binding 1.0.2, section 3, has the receiver tell the mode by the media type; in RFC 9110, sections 5.6.6 and 8.3.1, the space after
# ";" is optional, and types, parameter names and the charset mean the same in capital letters.
# "application/cloudevents+json; charset=utf-8" is read, the same without its space is refused, and so are other letters.
# Many writers leave out the space (it is the form that RFC 9110 prefers), so their valid events are refused. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");

const body = JSON.stringify({ specversion: "1.0", id: "1", source: "/s", type: "t" });
for (const type of [
  "application/cloudevents+json",
  "application/cloudevents+json; charset=utf-8",
  "application/cloudevents+json;charset=utf-8",
  "application/cloudevents+json; charset=UTF-8",
  "Application/CloudEvents+JSON",
]) {
  try {
    console.log(type, "-> read", HTTP.toEvent({ headers: { "content-type": type }, body }).id);
  } catch (error) {
    console.log(type, "->", error.message);
  }
}
JS
saw=$(node see.cjs)
want='application/cloudevents+json -> read 1
application/cloudevents+json; charset=utf-8 -> read 1
application/cloudevents+json;charset=utf-8 -> invalid content type application/cloudevents+json;charset=utf-8
application/cloudevents+json; charset=UTF-8 -> invalid content type application/cloudevents+json; charset=UTF-8
Application/CloudEvents+JSON -> no cloud event detected'
printf '%s\n' 'npm cloudevents 10.0.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
