#!/usr/bin/env bash
# npm @google-cloud/functions-framework 5.0.5 is sent a batch of two events, for a CloudEvent function.
# HTTP binding 1.0.2, section 3.3: in batched mode the body is a JSON array of events. HTTP web hooks 1.0.2, section 2.2: where a receiver
# has not understood the format, it MUST answer 415.
# The function is called once, in the place of the event it gets a Buffer of the whole batch, and the sender is answered 204: all done.
# A function that goes by event.type finds none and passes it over, so that all events of the batch are gone without a word; behind a
# subscription that is told to bundle they always are. PyPI functions-framework 3.8.3 answers 500. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts @google-cloud/functions-framework@5.0.5
cat >see.cjs <<'JS'
const functions = require("@google-cloud/functions-framework");
const { getTestServer } = require("@google-cloud/functions-framework/testing");

functions.cloudEvent("see", (event) => console.log("called with", event.constructor.name, "type:", event.type, "id:", event.id));
(async () => {
  const server = getTestServer("see");
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const send = async (type, body) => {
    const headers = { "content-type": `application/${type}` };
    const url = `http://127.0.0.1:${server.address().port}/`;
    const { status } = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    console.log(type, "->", status);
  };
  const events = ["1", "2"].map((id) => ({ specversion: "1.0", id, source: "/s", type: "t" }));
  await send("cloudevents+json", events[0]);
  await send("cloudevents-batch+json", events);
  server.close();
})();
JS
saw=$(node see.cjs 2>node.log)
want='called with Object type: t id: 1
cloudevents+json -> 204
called with Buffer type: undefined id: undefined
cloudevents-batch+json -> 204'
printf '%s\n' 'npm @google-cloud/functions-framework 5.0.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
