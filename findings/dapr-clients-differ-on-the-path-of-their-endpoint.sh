#!/usr/bin/env bash
# npm @dapr/dapr 3.18.0 and PyPI dapr 1.19.0 are told by DAPR_HTTP_ENDPOINT that the sidecar is at http://<host>:<port>/team/a,
# as behind an ingress or a gateway that serves several of them, each under its own path.
# RFC 3986, section 3.3: the path is part of what an http URI names, and neither client refuses one that has it.
# npm leaves it out without a word: each request goes to /v1.0/..., while PyPI sends it to /team/a/v1.0/...
# (PyPI publishes over gRPC, so here it invokes a method over HTTP.)
# With one setting for all apps, those in JavaScript publish to whatever answers at the root, here with 200. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts @dapr/dapr@3.18.0
python3 -m venv venv
venv/bin/pip install --quiet dapr==1.19.0
cat >see.cjs <<'JS'
const http = require("node:http");

const server = http.createServer((request, answer) => {
  if (request.url.includes("publish")) console.log("npm ", request.method, request.url.replace(/\?$/, ""));
  request.resume().on("end", () => answer.setHeader("content-type", "application/json").end("{}"));
});
server.listen(0, "127.0.0.1", async () => {
  process.env.DAPR_HTTP_ENDPOINT = `http://127.0.0.1:${server.address().port}/team/a`;
  const { DaprClient, LogLevel } = require("@dapr/dapr");
  const client = new DaprClient({ logger: { level: LogLevel.Error } });
  const { error } = await client.pubsub.publish("pubsub", "orders", { a: 1 });
  console.log("npm ", error ? `failed: ${error.message}` : "took it for published");
  process.exit(0);
});
JS
cat >see.py <<'PY'
import http.server, os, threading
class Sidecar(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def answer(self):
        if "invoke" in self.path:
            print("PyPI", self.command, self.path)
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    do_GET = do_POST = answer
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sidecar)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["DAPR_HTTP_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}/team/a"
from dapr.clients import DaprClient
with DaprClient() as client:
    client.invoke_method("orders", "take", data="{}", http_verb="POST")
server.shutdown()
PY
see() {
  node see.cjs
  venv/bin/python -W ignore see.py
}
saw=$(see)
want='npm  POST /v1.0/publish/pubsub/orders
npm  took it for published
PyPI POST /team/a/v1.0/invoke/orders/method/take'
printf '%s\n' 'npm @dapr/dapr 3.18.0, PyPI dapr 1.19.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
