#!/usr/bin/env bash
# Go github.com/cloudevents/sdk-go/binding/format/protobuf/v2 v2.16.2 writes an event without data in the Protobuf format and reads it back.
# CloudEvents 1.0.2, Event Data: an event may have no data; in the Protobuf format data is a oneof, not set then.
# Read back, the event has data of 0 bytes instead of none. The JSON format of the same SDK takes the empty bytes for JSON, writes
# nothing after "data":, and fails with "error calling MarshalJSON". With some data, or a datacontenttype of text, it passes.
# A relay from Protobuf (gRPC) to structured HTTP so refuses each event that says no more than its type. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'MOD'
module see

go 1.24

require (
	github.com/cloudevents/sdk-go/binding/format/protobuf/v2 v2.16.2
	github.com/cloudevents/sdk-go/v2 v2.16.2
)
MOD
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	protobuf "github.com/cloudevents/sdk-go/binding/format/protobuf/v2"
	"github.com/cloudevents/sdk-go/v2/event"
)

func main() {
	for _, data := range []string{``, `,"data":{"a":1}`, `,"datacontenttype":"text/plain"`, `,"datacontenttype":"application/json"`} {
		var in, out event.Event
		if err := json.Unmarshal([]byte(`{"specversion":"1.0","id":"1","source":"/s","type":"t"`+data+`}`), &in); err != nil {
			panic(err)
		}
		bytes, err := protobuf.Protobuf.Marshal(&in)
		if err != nil {
			panic(err)
		}
		if err := protobuf.Protobuf.Unmarshal(bytes, &out); err != nil {
			panic(err)
		}
		fmt.Printf("in:  no data %v %s\n", in.Data() == nil, data)
		text, err := json.Marshal(out)
		fmt.Println("out: no data", out.Data() == nil, string(text), err)
	}
}
GO
go mod tidy >go.log 2>&1 || { cat go.log >&2; exit 1; }
saw=$(go run .)
want='in:  no data true 
out: no data false  json: error calling MarshalJSON for type event.Event: invalid character '\''}'\'' looking for beginning of value
in:  no data false ,"data":{"a":1}
out: no data false {"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1}} <nil>
in:  no data true ,"datacontenttype":"text/plain"
out: no data false {"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"text/plain","data":""} <nil>
in:  no data true ,"datacontenttype":"application/json"
out: no data false  json: error calling MarshalJSON for type event.Event: invalid character '\''}'\'' looking for beginning of value'
printf '%s\n' 'Go github.com/cloudevents/sdk-go/binding/format/protobuf/v2 v2.16.2' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
