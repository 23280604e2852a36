#!/usr/bin/env bash
# A bundle of three names of npm valibot 1.5.0 by npm esbuild 0.28.2, for the targets es2018, es2024, node20 and node24.
# Node has Unicode property escapes (\p{…}, ECMAScript 2018) since version 10. One would expect the same code for all four.
# For each target of Node, though for no year of ECMAScript, esbuild rewrites such a literal as a call of RegExp: a side effect, so that a
# pattern which nothing uses stays in the bundle, and is compiled at each start. `supported: { "regexp-unicode-property-escapes": true }`
# says what Node can do. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund esbuild@0.28.2 valibot@1.5.0
echo 'import { object, parse, string } from "valibot"; console.log(parse(object({ a: string() }), { a: "b" }));' >entry.mjs
see() {
  for target in es2018 es2024 node20 node24; do
    npx esbuild entry.mjs --bundle --minify --format=esm --target="$target" --outfile="$target.mjs" --log-level=error
    node "$target.mjs" >ran.log
    printf '%s: %s patterns made by a call, %s\n' "$target" "$(grep -o 'new RegExp(' "$target.mjs" | wc -l | tr -d ' ')" \
      "$(grep -q 'p{Emoji' "$target.mjs" && echo 'one of emoji among them' || echo 'none of emoji')"
  done
}
saw=$(see)
want='es2018: 0 patterns made by a call, none of emoji
es2024: 0 patterns made by a call, none of emoji
node20: 1 patterns made by a call, one of emoji among them
node24: 1 patterns made by a call, one of emoji among them'
printf '%s\n' 'npm esbuild 0.28.2, npm valibot 1.5.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
