#!/usr/bin/env bash
# The Pub/Sub emulator of the Google Cloud SDK 528, cloud-pubsub-emulator-0.8.20-all.jar, delivers one message with an ordering key to
# two subscriptions of a topic, one pushed (with wrapper) and one pulled, both with message ordering and a dead letter policy.
# What a push brings is described by google.events.cloud.pubsub.v1.MessagePublishedData and PubsubMessage: orderingKey is part of the
# message, and deliveryAttempt stands beside it where the subscription has a dead letter policy.
# Pulled, the message has both. Pushed, it has neither, at no attempt, though the emulator does count: the message fails here twice before
# it is taken. A handler that gives up by deliveryAttempt, or orders by the key, can be tested with pull alone. Seen in 2026-11.
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
  const pushes = [];
  const endpoint = http.createServer((request, answer) => {
    let body = "";
    request.on("data", (part) => { body += part; }).on("end", () => {
      pushes.push(JSON.parse(body));
      answer.writeHead(pushes.length > 2 ? 204 : 503).end();
    });
  });
  const pushConfig = { pushEndpoint: `http://127.0.0.1:${await listen(endpoint)}/` };
  const deadLetterPolicy = { deadLetterTopic: "projects/p1/topics/dead", maxDeliveryAttempts: 5 };
  const how = { topic: "projects/p1/topics/orders", enableMessageOrdering: true, deadLetterPolicy };
  for (const topic of ["orders", "dead"]) await call("PUT", `topics/${topic}`, {});
  await call("PUT", "subscriptions/pushed", { ...how, pushConfig });
  await call("PUT", "subscriptions/pulled", how);
  await call("POST", "topics/orders:publish", { messages: [{ data: "e30=", orderingKey: "order-1" }] });
  const see = (kind, { deliveryAttempt, message }) =>
    console.log(kind, "-> orderingKey:", message.orderingKey, "deliveryAttempt:", deliveryAttempt);
  for (let attempt = 1; attempt < 3; attempt++) {
    let got = [];
    for (let tries = 1; tries < 50 && got.length === 0; tries++) {
      ({ receivedMessages: got = [] } = await call("POST", "subscriptions/pulled:pull", { maxMessages: 1 }));
    }
    see("pulled", got[0]);
    await call("POST", "subscriptions/pulled:modifyAckDeadline", { ackIds: [got[0].ackId], ackDeadlineSeconds: 0 });
  }
  for (let tries = 1; tries < 100 && pushes.length < 3; tries++) await wait(200);
  for (const push of pushes) see("pushed", push);
  process.exit(0);
})();
JS
saw=$(node see.cjs "$jar")
want='pulled -> orderingKey: order-1 deliveryAttempt: 1
pulled -> orderingKey: order-1 deliveryAttempt: 2
pushed -> orderingKey: undefined deliveryAttempt: undefined
pushed -> orderingKey: undefined deliveryAttempt: undefined
pushed -> orderingKey: undefined deliveryAttempt: undefined'
printf '%s\n' "Pub/Sub emulator: $(basename "$jar")" "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
