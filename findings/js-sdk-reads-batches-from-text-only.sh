#!/usr/bin/env bash
# npm cloudevents 10.0.0 behind npm express 5.1.0: HTTP.toEvent gets req.headers and req.body, as in its README, the body parsed.
# HTTP binding 1.0.2, section 3.3: a batch is a JSON array of events, each as in structured mode.
# A parsed structured event is read. A parsed batch is put through JSON.parse again, which makes a text of it first:
# "[object Object]" is not valid JSON. isEvent so says that the batch is none. The empty batch fails too; the same batches as text are read.
# An endpoint that has taken single events for long answers each batch with an error. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0 express@5.1.0
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");
const express = require("express");

const type = ["application/cloudevents+json", "application/cloudevents-batch+json"];
const app = express();
const read = ({ headers, body }, answer) => {
  const is = `isEvent ${HTTP.isEvent({ headers, body })},`;
  try {
    answer.send(`${is} read ${[HTTP.toEvent({ headers, body })].flat().length}`);
  } catch (error) {
    answer.send(`${is} ${error.name}`);
  }
};
app.post("/parsed", express.json({ type }), read);
app.post("/text", express.text({ type }), read);
const server = app.listen(0, "127.0.0.1", async () => {
  const event = { specversion: "1.0", id: "1", source: "/s", type: "t" };
  for (const [mode, body] of [[0, event], [1, [event, event]], [1, []]]) {
    for (const path of ["/text", "/parsed"]) {
      const answer = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method: "POST", headers: { "content-type": type[mode] }, body: JSON.stringify(body) });
      console.log(["one", "batch"][mode], mode ? `of ${body.length}` : "event", path, await answer.text());
    }
  }
  server.close();
});
JS
saw=$(node see.cjs)
want='one event /text isEvent true, read 1
one event /parsed isEvent true, read 1
batch of 2 /text isEvent true, read 2
batch of 2 /parsed isEvent false, SyntaxError
batch of 0 /text isEvent true, read 0
batch of 0 /parsed isEvent false, SyntaxError'
printf '%s\n' 'npm cloudevents 10.0.0, express 5.1.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
