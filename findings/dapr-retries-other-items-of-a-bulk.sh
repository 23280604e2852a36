#!/usr/bin/env bash
# Go github.com/dapr/dapr v1.14.0, pkg/components/state, PerformBulkStoreOperation, which daprd saves several documents of a request by
# where a Resiliency has an outbound retry for the state store. Its comment: what failed and can be retried is retried.
# Four documents a, b, c, d. First try: b, c and d fail. Second try, of these: b and c fail. The third try gets c and d, not b and c: the
# place of a key in the whole request is taken in what was left of it. All are taken then, so that the save ends well: b was never
# written, and nobody is told. It begins with the second retry. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'MOD'
module see

go 1.26
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	contrib "github.com/dapr/components-contrib/state"
	"github.com/dapr/dapr/pkg/components/state"
	"github.com/dapr/dapr/pkg/resiliency"
	"github.com/dapr/kit/logger"
	"github.com/dapr/kit/retry"
)

func main() {
	// What the store refuses at each try, as where it is busy.
	busy := []map[string]bool{{"b": true, "c": true, "d": true}, {"b": true, "c": true}, {}}
	written := map[string]bool{}
	try := 0
	save := func(reqs []contrib.SetRequest) error {
		keys, failed := []string{}, []error{}
		for _, req := range reqs {
			keys = append(keys, req.Key)
			if busy[try][req.Key] {
				failed = append(failed, contrib.NewBulkStoreError(req.Key, errors.New("busy")))
			} else {
				written[req.Key] = true
			}
		}
		try++
		fmt.Printf("try %d: %v, refused: %d\n", try, keys, len(failed))
		return errors.Join(failed...)
	}

	again := &retry.Config{Policy: retry.PolicyConstant, Duration: time.Millisecond, MaxRetries: 5}
	policy := resiliency.NewPolicyDefinition(logger.NewLogger("see"), "outbound", time.Second, again, nil)
	all := []contrib.SetRequest{{Key: "a"}, {Key: "b"}, {Key: "c"}, {Key: "d"}}
	err := state.PerformBulkStoreOperation(context.Background(), all, policy, contrib.BulkStoreOpts{},
		func(ctx context.Context, req *contrib.SetRequest) error { return save([]contrib.SetRequest{*req}) },
		func(ctx context.Context, reqs []contrib.SetRequest, opts contrib.BulkStoreOpts) error { return save(reqs) },
	)
	fmt.Println("the save ends with:", err)
	for _, req := range all {
		fmt.Println(req.Key, "written:", written[req.Key])
	}
}
GO
go get github.com/dapr/dapr/pkg/components/state@v1.14.0 >go.log 2>&1 || { cat go.log >&2; exit 1; }
saw=$(go run . | grep -v '^time=')
want='try 1: [a b c d], refused: 3
try 2: [b c d], refused: 2
try 3: [c d], refused: 0
the save ends with: <nil>
a written: true
b written: false
c written: true
d written: true'
printf '%s\n' 'Go github.com/dapr/dapr v1.14.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
