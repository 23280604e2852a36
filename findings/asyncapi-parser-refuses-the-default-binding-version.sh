#!/usr/bin/env bash
# npm @asyncapi/parser 3.6.3 reads an AsyncAPI 3.0.0 document whose Kafka binding says bindingVersion: latest.
# The tables of the Kafka binding document: where bindingVersion is omitted, "latest" must be assumed.
# So writing the default down should change nothing. It is refused, whereas the same document without the field is taken.
# A generator that spells out defaults makes documents that no tool built on the parser opens. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts @asyncapi/parser@3.6.3
cat >see.cjs <<'JS'
const { Parser } = require("@asyncapi/parser");

const text = (binding) => JSON.stringify({
  asyncapi: "3.0.0", info: { title: "t", version: "1" }, operations: {},
  channels: { c: { address: "c", messages: { m: { payload: { type: "string" } } }, bindings: { kafka: { topic: "t", ...binding } } } },
});
(async () => {
  for (const binding of [{}, { bindingVersion: "0.5.0" }, { bindingVersion: "latest" }]) {
    const { document, diagnostics } = await new Parser().parse(text(binding));
    console.log(JSON.stringify(binding), document ? "taken" : "refused");
    for (const { severity, message } of diagnostics) if (severity === 0) console.log(" ", message);
  }
})();
JS
saw=$(node see.cjs)
want='{} taken
{"bindingVersion":"0.5.0"} taken
{"bindingVersion":"latest"} refused
  "bindingVersion" property must be equal to one of the allowed values: "0.5.0", "0.4.0", "0.3.0"'
printf '%s\n' 'npm @asyncapi/parser 3.6.3' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
