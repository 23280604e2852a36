#!/usr/bin/env bash
# npm faas-js-runtime 4.0.1 (the runtime of Knative functions in JavaScript) is sent binary events over HTTP.
# CloudEvents 1.0.2, Event Data: data may be of any type; the handler is declared to take a CloudEvent as its second argument.
# For JSON data that is a number other than 0, or true, the second argument is that number or true itself: id, source and type are gone.
# Objects, lists, texts, null and 0 come in a CloudEvent, and so does 5 in structured mode.
# A handler that reads event.type gets undefined, so a counter's events are passed over or fail by the value they hold. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts faas-js-runtime@4.0.1
cat >see.cjs <<'JS'
const { start } = require("faas-js-runtime");

(async () => {
  const handle = (context, event) => ({ body: { is: event.constructor.name, type: event.type ?? "none" } });
  const server = await start(handle, { port: 0, logLevel: "silent" });
  const url = `http://127.0.0.1:${server.address().port}/`;
  const send = async (label, headers, body) => console.log(label, "->", await (await fetch(url, { method: "POST", headers, body })).text());
  const binary = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", "content-type": "application/json" };
  for (const body of ['{"a":1}', "[5]", '"5"', "null", "0", "5", "true"]) await send(`binary ${body}`, binary, body);
  const structured = JSON.stringify({ specversion: "1.0", id: "1", source: "/s", type: "t", data: 5 });
  await send("structured 5", { "content-type": "application/cloudevents+json" }, structured);
  process.exit(0);
})();
JS
saw=$(node see.cjs)
want='binary {"a":1} -> {"is":"CloudEvent","type":"t"}
binary [5] -> {"is":"CloudEvent","type":"t"}
binary "5" -> {"is":"CloudEvent","type":"t"}
binary null -> {"is":"CloudEvent","type":"t"}
binary 0 -> {"is":"CloudEvent","type":"t"}
binary 5 -> {"is":"Number","type":"none"}
binary true -> {"is":"Boolean","type":"none"}
structured 5 -> {"is":"CloudEvent","type":"t"}'
printf '%s\n' 'npm faas-js-runtime 4.0.1' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
