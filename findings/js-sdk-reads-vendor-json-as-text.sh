#!/usr/bin/env bash
# npm cloudevents 10.0.0 reads binary events over HTTP with JSON data and hands them on in structured mode.
# JSON format 1.0.2, section 3.1: data of a type whose subtype is json or ends in +json is a JSON value, held as such in "data".
# Only the exact texts "application/json" and "application/json; charset=utf-8" are known. With +json, without the space, or with other
# letters, the data stays a text and is then written as a JSON text: an object goes in, a quoted text comes out.
# The next reader finds a string where its schema says object. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");

for (const type of [
  "application/json",
  "application/json; charset=utf-8",
  "application/json;charset=utf-8",
  "Application/JSON",
  "application/vnd.shop.order+json",
]) {
  const headers = { "ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-specversion": "1.0", "content-type": type };
  const event = HTTP.toEvent({ headers, body: '{"a":1}' });
  console.log(type, "->", JSON.stringify(JSON.parse(HTTP.structured(event).body).data));
}
JS
saw=$(node see.cjs)
want='application/json -> {"a":1}
application/json; charset=utf-8 -> {"a":1}
application/json;charset=utf-8 -> "{\"a\":1}"
Application/JSON -> "{\"a\":1}"
application/vnd.shop.order+json -> "{\"a\":1}"'
printf '%s\n' 'npm cloudevents 10.0.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
