#!/usr/bin/env bash
# npm fastify 5.12.8 is closed while a preClose hook waits for work in hand (900 ms here, with a pluginTimeout of 300; its default is 10 s).
# Its reference (Server, pluginTimeout): "the maximum amount of time in milliseconds in which a plugin can load"; it says nothing of closing,
# and neither does that of preClose, which runs before the server stops.
# close() rejects after pluginTimeout with "Plugin did not start in time", the onClose hooks run beside the preClose that still waits, and
# an onClose hook itself may take any time.
# A service that hands in its last events in preClose loses the connections it needs for them, at 10 s, under an error that speaks of starting.
# Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts fastify@5.12.8
cat >see.cjs <<'JS'
const fastify = require("fastify");
const { setTimeout: wait } = require("node:timers/promises");

(async () => {
  for (const slow of ["preClose", "onClose"]) {
    const app = fastify({ pluginTimeout: 300 });
    let through;
    const waited = new Promise((resolve) => { through = resolve; });
    for (const hook of ["preClose", "onClose"]) {
      app.addHook(hook, async () => {
        if (hook === slow) await wait(900);
        console.log(`slow ${slow}:`, hook, "is through");
        if (hook === slow) through();
      });
    }
    await app.listen({ port: 0, host: "127.0.0.1" });
    const said = await app.close().then(() => "closed", (error) => error.message.split(":")[0]);
    console.log(`slow ${slow}: close() says:`, said);
    await waited;
  }
})();
JS
saw=$(node see.cjs)
want='slow preClose: onClose is through
slow preClose: close() says: Plugin did not start in time
slow preClose: preClose is through
slow onClose: preClose is through
slow onClose: onClose is through
slow onClose: close() says: closed'
printf '%s\n' 'npm fastify 5.12.8' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
