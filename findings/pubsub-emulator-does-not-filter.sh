#!/usr/bin/env bash
# The Pub/Sub emulator of the Google Cloud SDK 528, cloud-pubsub-emulator-0.8.20-all.jar, makes subscriptions with a filter.
# The API of Pub/Sub, Subscription.filter: "an expression written in the Pub/Sub filter language. If non-empty, then only PubsubMessages
# whose attributes field matches the filter are delivered on this subscription."
# The emulator takes the filter and shows it when asked, even one that is no expression at all, and delivers every message.
# A typing error in a filter passes each test and fails at the deployment; a handler that counts on the filter gets, in tests alone,
# events that are not for it. Seen in 2026-11.
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
  const topic = "projects/p1/topics/orders";
  await call("PUT", "topics/orders", {});
  const filters = ['attributes.kind = "paid"', 'NOT attributes:kind', "this is ) no filter"];
  for (const [nth, filter] of filters.entries()) {
    const made = await call("PUT", `subscriptions/filtered-${nth}`, { topic, filter });
    console.log(filter, "-> made:", made.status, "with its filter:", made.filter === filter);
  }
  const messages = ["paid", "cancelled"].map((kind) => ({ data: "e30=", attributes: { kind } }));
  await call("POST", "topics/orders:publish", { messages });
  for (const [nth, filter] of filters.entries()) {
    const got = [];
    for (let tries = 1; tries < 50 && got.length < 2; tries++) {
      const { receivedMessages = [] } = await call("POST", `subscriptions/filtered-${nth}:pull`, { maxMessages: 10 });
      got.push(...receivedMessages.map(({ message }) => message.attributes.kind));
    }
    console.log(filter, "-> delivered:", got.sort().join(", "));
  }
  process.exit(0);
})();
JS
saw=$(node see.cjs "$jar")
want='attributes.kind = "paid" -> made: 200 with its filter: true
NOT attributes:kind -> made: 200 with its filter: true
this is ) no filter -> made: 200 with its filter: true
attributes.kind = "paid" -> delivered: cancelled, paid
NOT attributes:kind -> delivered: cancelled, paid
this is ) no filter -> delivered: cancelled, paid'
printf '%s\n' "Pub/Sub emulator: $(basename "$jar")" "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
