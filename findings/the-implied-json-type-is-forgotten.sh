#!/usr/bin/env bash
# A structured event with data and no datacontenttype, handed on in binary mode by Go sdk-go 2.16.2 and PyPI cloudevents 2.2.0.
# JSON format 1.0.2, section 3.1.2: such data is JSON, and when the event is written in another binding, datacontenttype SHOULD be set
# to application/json "to preserve the semantics of the event" (its last example shows it).
# Neither sets it, so the HTTP request has a JSON body without a Content-Type. Java 4.0.1 and npm 10.0.0 do set it.
# HTTP frameworks then give the handler raw bytes or refuse the body (415), for an event that was plain JSON one hop before. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv two
two/bin/pip install --quiet cloudevents==2.2.0
cat >go.mod <<'MOD'
module see

go 1.24

require github.com/cloudevents/sdk-go/v2 v2.16.2
MOD
cat >two.py <<'PY'
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event
body = b'{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1}}'
message = to_binary_event(from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, body)))
print("PyPI 2.2.0", message.headers.get("content-type", "no type"), message.body.decode())
PY
cat >main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

func main() {
	var e event.Event
	if err := json.Unmarshal([]byte(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1}}`), &e); err != nil {
		panic(err)
	}
	request, _ := http.NewRequest("POST", "http://127.0.0.1/", nil)
	if err := cehttp.WriteRequest(binding.WithForceBinary(context.Background()), binding.ToMessage(&e), request); err != nil {
		panic(err)
	}
	kind := request.Header.Get("Content-Type")
	if kind == "" {
		kind = "no type"
	}
	body, _ := io.ReadAll(request.Body)
	fmt.Println("Go 2.16.2 ", kind, string(body))
}
GO
go mod tidy >go.log 2>&1 || { cat go.log >&2; exit 1; }
see() {
  go run .
  two/bin/python two.py
}
saw=$(see)
want='Go 2.16.2  no type {"a":1}
PyPI 2.2.0 no type {"a": 1}'
printf '%s\n' 'CloudEvents SDKs: Go 2.16.2, PyPI 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
