#!/usr/bin/env bash
# The Pub/Sub emulator of the Google Cloud SDK 528, cloud-pubsub-emulator-0.8.20-all.jar, pushes a message to endpoints that answer 2xx.
# Google's guide to push subscriptions: 102, 200, 201, 202 and 204 acknowledge the message; after any other status it is sent again.
# The emulator sends the message again and again to the endpoint that answers 202, and takes 203, which the guide does not list, for
# an acknowledgement. An endpoint that says "accepted, will be done later" works in production and loops in the test, and with a dead
# letter topic its messages end there. Seen in 2026-11.
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
  const codes = [200, 201, 202, 203, 204];
  const pushes = new Map(codes.map((code) => [code, 0]));
  const endpoint = http.createServer((request, answer) => {
    const code = Number(request.url.slice(1));
    pushes.set(code, pushes.get(code) + 1);
    request.resume().on("end", () => answer.writeHead(code).end());
  });
  const to = `http://127.0.0.1:${await listen(endpoint)}`;
  await call("PUT", "topics/orders", {});
  for (const code of codes) {
    const pushConfig = { pushEndpoint: `${to}/${code}` };
    await call("PUT", `subscriptions/answers-${code}`, { topic: "projects/p1/topics/orders", pushConfig });
  }
  await call("POST", "topics/orders:publish", { messages: [{ data: "e30=" }] });
  for (let tries = 1; tries < 200; tries++) {
    await wait(200);
    if ([...pushes.values()].every((count) => count > 0) && Math.max(...pushes.values()) > 3) break;
  }
  for (const [code, count] of pushes) console.log(code, "->", count === 1 ? "acknowledged" : count === 0 ? "never sent" : "sent again");
  process.exit(0);
})();
JS
saw=$(node see.cjs "$jar")
want='200 -> acknowledged
201 -> acknowledged
202 -> sent again
203 -> acknowledged
204 -> acknowledged'
printf '%s\n' "Pub/Sub emulator: $(basename "$jar")" "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
