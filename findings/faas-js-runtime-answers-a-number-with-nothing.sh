#!/usr/bin/env bash
# npm faas-js-runtime 4.0.1 (the runtime of Knative functions in JavaScript) runs functions that return a plain value.
# Developer's guide of Knative functions in Node.js, "Return Values": functions may return any valid JavaScript type, or nothing at all,
# and for nothing the caller receives 204.
# Objects, lists and texts are answered as they are. 5 and true become an answer of 200 and application/json with an empty body, which is no
# JSON; 0, false and "" become 204, as nothing does.
# A function that counts, or says yes or no, so never gets its result out, and the caller fails at parsing. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts faas-js-runtime@4.0.1
cat >see.cjs <<'JS'
const { start } = require("faas-js-runtime");

(async () => {
  let result;
  const server = await start(() => result, { port: 0, logLevel: "silent" });
  for (result of [{ a: 1 }, [1], "hello", 5, true, 0, false, "", undefined]) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, { method: "POST" });
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "no type";
    console.log(JSON.stringify(result) ?? "nothing", "->", answer.status, type, `body: ${(await answer.text()) || "none"}`);
  }
  process.exit(0);
})();
JS
saw=$(node see.cjs 2>node.log)
want='{"a":1} -> 200 application/json body: {"a":1}
[1] -> 200 application/json body: [1]
"hello" -> 200 text/plain body: hello
5 -> 200 application/json body: none
true -> 200 application/json body: none
0 -> 204 no type body: none
false -> 204 no type body: none
"" -> 204 no type body: none
nothing -> 204 no type body: none'
printf '%s\n' 'npm faas-js-runtime 4.0.1' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
