#!/usr/bin/env bash
# npm cloudevents 10.0.0, emitterFor(httpTransport(url)), the easiest way of sending, as its README says.
# CloudEvents 1.0.2, Event Data: an event may have no data, and JSON data may be any JSON value, such as a number.
# In binary mode, the mode it chooses by default, it throws for an event without data and for one whose data is 5 or true;
# in structured mode it sends all of them.
# The first event of the kind "it happened, there is no more to say" fails in production, not in a test with an object. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >see.cjs <<'JS'
const { CloudEvent, Mode, emitterFor, httpTransport } = require("cloudevents");
const { createServer } = require("node:http");

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => { body += part; }).on("end", () => response.end("sent"));
});
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}/`;
  for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
    for (const data of [{ a: 1 }, undefined, 5, true]) {
      const event = new CloudEvent({ id: "1", source: "/s", type: "t", datacontenttype: "application/json", data });
      const end = await emitterFor(httpTransport(url), { mode })(event).then((answer) => answer.body, (error) => error.code);
      console.log(mode, JSON.stringify(data) ?? "no data", "->", end);
    }
  }
  process.exit(0);
});
JS
saw=$(node see.cjs)
want='binary {"a":1} -> sent
binary no data -> ERR_INVALID_ARG_TYPE
binary 5 -> ERR_INVALID_ARG_TYPE
binary true -> ERR_INVALID_ARG_TYPE
structured {"a":1} -> sent
structured no data -> sent
structured 5 -> sent
structured true -> sent'
printf '%s\n' 'npm cloudevents 10.0.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
