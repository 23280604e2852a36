#!/usr/bin/env bash
# The Pub/Sub emulator of the Google Cloud SDK 528, cloud-pubsub-emulator-0.8.20-all.jar, pushes without wrapper, with writeMetadata.
# The API of Pub/Sub, NoWrapper.writeMetadata: "writes the Pub/Sub message metadata to x-goog-pubsub-<KEY>:<VAL> headers of the HTTP
# request", and the attributes of the message to <KEY>:<VAL> headers.
# Id, time and subscription come so, but the ordering key as x-goog-ordering-key. And a message that has no attribute content-type is
# given one that nobody said, application/x-www-form-urlencoded, over a body of JSON.
# Code that reads the documented header finds no key on the emulator, and a framework that goes by the type takes the JSON for a form.
# Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

sdk=$(gcloud info --format='value(installation.sdk_root)' 2>gcloud.log || true)
jar=$(compgen -G "$sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar" | head -n 1 || true)
if [[ -z $jar ]]; then
  echo 'Not run: needs gcloud with its component pubsub-emulator, and java.' >&2
  exit 1
fi
cat >see.cjs <<'JS'
const { spawn } = require("node:child_process");
const http = require("node:http");
const { setTimeout: wait } = require("node:timers/promises");

const listen = async (server) => {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server.address().port;
};

(async () => {
  const place = http.createServer();
  const port = await listen(place);
  await new Promise((closed) => place.close(closed));
  const java = spawn("java", ["-jar", process.argv[2], "--host=127.0.0.1", `--port=${port}`], { stdio: "ignore" });
  process.on("exit", () => java.kill());
  const call = async (method, path, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`http://127.0.0.1:${port}/v1/projects/p1/${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: answer.status, ...(await answer.json()) };
  };
  for (let tries = 1; tries < 300; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) break;
    await wait(200);
  }
  const all = [];
  const endpoint = http.createServer((request, answer) => {
    all.push(request.headers);
    request.resume().on("end", () => answer.writeHead(204).end());
  });
  const pushConfig = { pushEndpoint: `http://127.0.0.1:${await listen(endpoint)}/`, noWrapper: { writeMetadata: true } };
  await call("PUT", "topics/orders", {});
  await call("PUT", "subscriptions/billing", { topic: "projects/p1/topics/orders", enableMessageOrdering: true, pushConfig });
  for (const attributes of [{ "ce-id": "1" }, { "ce-id": "2", "content-type": "application/json" }]) {
    const data = Buffer.from('{"a":1}').toString("base64");
    await call("POST", "topics/orders:publish", { messages: [{ data, orderingKey: "order-1", attributes }] });
  }
  for (let tries = 1; tries < 100 && all.length < 2; tries++) await wait(200);
  for (const headers of all.sort((one, other) => one["ce-id"] - other["ce-id"])) {
    console.log(`ce-id ${headers["ce-id"]}:`, Object.keys(headers).filter((name) => name.startsWith("x-goog")).sort().join(" "));
    console.log("  ordering key:", headers["x-goog-ordering-key"], "content-type:", headers["content-type"]);
  }
  process.exit(0);
})();
JS
saw=$(node see.cjs "$jar")
want='ce-id 1: x-goog-ordering-key x-goog-pubsub-message-id x-goog-pubsub-publish-time x-goog-pubsub-subscription-name
  ordering key: order-1 content-type: application/x-www-form-urlencoded
ce-id 2: x-goog-ordering-key x-goog-pubsub-message-id x-goog-pubsub-publish-time x-goog-pubsub-subscription-name
  ordering key: order-1 content-type: application/json'
printf '%s\n' "Pub/Sub emulator: $(basename "$jar")" "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
