#!/usr/bin/env bash
# A tracestate of 10 members, 551 characters long, propagated by npm @opentelemetry/core 2.12.1, Go go.opentelemetry.io/otel 1.47.0
# and PyPI opentelemetry-api 1.45.2. W3C Trace Context, section "tracestate Limits": at least 512 characters SHOULD be propagated; a vendor
# who has to cut removes members of over 128 characters first, "then entries SHOULD be removed starting from the end".
# Go and Python keep all of it. JavaScript drops whichever member goes beyond 512 and goes on: here that is the small one in the middle,
# while the one of 203 characters before it and the last ones stay.
# The member of a vendor (a sampling decision, say) is lost at one hop, without a word, by where it stands. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/core@2.12.1 @opentelemetry/api@1.9.1
python3 -m venv venv
venv/bin/pip install --quiet opentelemetry-api==1.45.2
cat >see.cjs <<'JS'
const { ROOT_CONTEXT, defaultTextMapGetter, defaultTextMapSetter } = require("@opentelemetry/api");
const { W3CTraceContextPropagator } = require("@opentelemetry/core");

const [traceparent, tracestate] = process.argv.slice(2);
const propagator = new W3CTraceContextPropagator();
const sent = {};
propagator.inject(propagator.extract(ROOT_CONTEXT, { traceparent, tracestate }, defaultTextMapGetter), sent, defaultTextMapSetter);
console.log(sent.tracestate);
JS
cat >see.py <<'PY'
import sys
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
propagator, sent = TraceContextTextMapPropagator(), {}
propagator.inject(sent, propagator.extract({"traceparent": sys.argv[1], "tracestate": sys.argv[2]}))
print(sent["tracestate"])
PY
cat >go.mod <<'MOD'
module see

go 1.24

require go.opentelemetry.io/otel v1.47.0
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/propagation"
)

func main() {
	propagator, sent := propagation.TraceContext{}, propagation.MapCarrier{}
	received := propagation.MapCarrier{"traceparent": os.Args[1], "tracestate": os.Args[2]}
	propagator.Inject(propagator.Extract(context.Background(), received), sent)
	fmt.Println(sent["tracestate"])
}
GO
go mod tidy >go.log 2>&1 || { cat go.log >&2; exit 1; }
value() { head -c "$1" /dev/zero | tr '\0' x; }
traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
tracestate="large=$(value 197),b=$(value 125),c=$(value 125),middle=$(value 60)"
for last in e f g h i j; do tracestate+=",$last=1"; done
show() { awk -v name="$1" '{ n = split($0, members, ","); keys = ""; for (i = 1; i <= n; i++) { sub(/=.*/, "", members[i]); keys = keys " " members[i] } print name, length($0), "characters:" keys }'; }
see() {
  printf '%s\n' "$tracestate" | show "received"
  node see.cjs "$traceparent" "$tracestate" | show "npm     "
  go run . "$traceparent" "$tracestate" | show "Go      "
  venv/bin/python see.py "$traceparent" "$tracestate" | show "PyPI    "
}
saw=$(see)
want='received 551 characters: large b c middle e f g h i j
npm      483 characters: large b c e f g h i j
Go       551 characters: large b c middle e f g h i j
PyPI     551 characters: large b c middle e f g h i j'
printf '%s\n' 'npm @opentelemetry/core 2.12.1, Go go.opentelemetry.io/otel 1.47.0, PyPI opentelemetry-api 1.45.2' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
