#!/usr/bin/env bash
# Go github.com/cloudevents/sdk-go/v2 v2.16.2 reads structured events whose datacontenttype is a JSON type.
# JSON format 1.0.2, section 3.1.1: a type whose subtype is json or ends in +json declares a JSON value (here an object) in "data".
# Types are compared with application/json and text/json in small letters alone: a +json type is refused, since its data
# is "expected" to be a text. Read from a binary request and written in structured mode, it becomes a quoted text instead.
# Events typed by their schema (application/vnd.shop.order+json) cannot pass a Go relay unharmed. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'MOD'
module see

go 1.24

require github.com/cloudevents/sdk-go/v2 v2.16.2
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

func main() {
	for _, kind := range []string{"application/json", "application/json;charset=utf-8", "Application/JSON", "application/vnd.shop.order+json"} {
		var read event.Event
		err := json.Unmarshal([]byte(`{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"`+kind+`","data":{"a":1}}`), &read)
		said := "read"
		if err != nil {
			said = strings.SplitN(err.Error(), ":", 2)[0]
		}
		request := httptest.NewRequest("POST", "/", strings.NewReader(`{"a":1}`))
		for name, value := range map[string]string{"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", "content-type": kind} {
			request.Header.Set(name, value)
		}
		received, err := binding.ToEvent(context.Background(), cehttp.NewMessageFromHttpRequest(request))
		if err != nil {
			panic(err)
		}
		written, _ := json.Marshal(received)
		var document struct{ Data json.RawMessage }
		_ = json.Unmarshal(written, &document)
		fmt.Printf("%s\n  structured in: %s\n  binary in, structured out: %s\n", kind, said, document.Data)
	}
}
GO
go mod tidy >go.log 2>&1 || { cat go.log >&2; exit 1; }
saw=$(go run .)
want='application/json
  structured in: read
  binary in, structured out: {"a":1}
application/json;charset=utf-8
  structured in: read
  binary in, structured out: {"a":1}
Application/JSON
  structured in: unexpected data payload for media type "Application/JSON", expected a string
  binary in, structured out: {"a":1}
application/vnd.shop.order+json
  structured in: unexpected data payload for media type "application/vnd.shop.order+json", expected a string
  binary in, structured out: "{\"a\":1}"'
printf '%s\n' 'Go github.com/cloudevents/sdk-go/v2 v2.16.2' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
