#!/usr/bin/env bash
# npm @valibot/to-json-schema 1.8.0 with valibot 1.5.0 turns a schema into JSON Schema, here with typeMode "output".
# Its README says that typeMode chooses whether the input or the output type of the schema is described.
# A field with a default is in each output (and in the output type), so one would expect it in "required". It is left out:
# "input" and "output" give the same document.
# Whoever publishes the output schema as the contract of an event tells readers to expect a field absent that never is. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts valibot@1.5.0 @valibot/to-json-schema@1.8.0
cat >see.cjs <<'JS'
const v = require("valibot");
const { toJsonSchema } = require("@valibot/to-json-schema");

const Order = v.object({ id: v.string(), currency: v.optional(v.string(), "EUR") });
console.log("parsed ", JSON.stringify(v.parse(Order, { id: "1" })));
for (const typeMode of ["input", "output"]) console.log(typeMode, JSON.stringify(toJsonSchema(Order, { typeMode }).required));
JS
saw=$(node see.cjs)
want='parsed  {"id":"1","currency":"EUR"}
input ["id"]
output ["id"]'
printf '%s\n' 'npm @valibot/to-json-schema 1.8.0, valibot 1.5.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
