#!/usr/bin/env bash
# The JavaScript CloudEvents SDK, npm cloudevents 10.0.0, reads a structured event whose data is bytes (data_base64).
# JSON format 1.0.2, section 3.1: data_base64 holds the bytes of the data; HTTP binding 1.0.2, section 3.1.2: they are the body as they are.
# It decodes them to a Uint32Array, one byte to each 32-bit number. Handed on in binary mode through fetch, 4 bytes become 16;
# the transport that the SDK brings along refuses to send them.
# So a relay that reads in one mode and writes in the other breaks each picture, Avro record or Protobuf message. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat >see.cjs <<'JS'
const { HTTP, emitterFor, httpTransport } = require("cloudevents");

const structured = {
  headers: { "content-type": "application/cloudevents+json" },
  body: JSON.stringify({
    specversion: "1.0", id: "1", source: "/s", type: "t", time: "2026-11-01T00:00:00Z",
    datacontenttype: "application/octet-stream", data_base64: "AAEC/w==",
  }),
};

(async () => {
  const event = HTTP.toEvent(structured);
  console.log("written  000102ff");
  console.log("data    ", event.data.constructor.name, event.data.join(" "));
  const { headers, body } = HTTP.binary(event);
  const sent = Buffer.from(await new Request("http://127.0.0.1/", { method: "POST", headers, body }).arrayBuffer());
  console.log("fetch   ", sent.toString("hex"));
  await emitterFor(httpTransport("http://127.0.0.1:9/"))(event).catch((error) => console.log("emitter ", error.code));
})();
JS
saw=$(node see.cjs)
want='written  000102ff
data     Uint32Array 0 1 2 255
fetch    000000000100000002000000ff000000
emitter  ERR_INVALID_ARG_TYPE'
printf '%s\n' 'npm cloudevents 10.0.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
