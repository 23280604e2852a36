#!/usr/bin/env bash
# Go github.com/cloudevents/sdk-go/sql/v2 v2.16.2 evaluates CloudEvents SQL (CESQL) on an event that has a subject but no firstname.
# CESQL, section 3.2: the subexpression with the absent attribute is false (so OR looks at the other side); section 5 has
# firstname = 'Francesco' OR subject = 'Francesco' as an example.
# It gives up at the absent attribute: the example is false for a subject of Francesco, with the sides exchanged it is true.
# Java cloudevents-sql 4.0.1 says true for both. A filter copied from one system to the other drops events. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'MOD'
module see

go 1.24

require (
	github.com/cloudevents/sdk-go/sql/v2 v2.16.2
	github.com/cloudevents/sdk-go/v2 v2.16.2
)
MOD
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/cloudevents/sdk-go/sql/v2/parser"
	"github.com/cloudevents/sdk-go/v2/event"
)

func main() {
	e := event.New()
	e.SetID("1")
	e.SetSource("/s")
	e.SetType("t")
	e.SetSubject("Francesco")
	for _, text := range []string{
		"firstname = 'Francesco' OR subject = 'Francesco'",
		"subject = 'Francesco' OR firstname = 'Francesco'",
		"(EXISTS firstname AND firstname = 'Francesco') OR subject = 'Francesco'",
	} {
		expression, err := parser.Parse(text)
		if err != nil {
			panic(err)
		}
		value, err := expression.Evaluate(e)
		fmt.Println(text, "->", value, err)
	}
}
GO
go mod tidy >go.log 2>&1 || { cat go.log >&2; exit 1; }
saw=$(go run .)
want='firstname = '\''Francesco'\'' OR subject = '\''Francesco'\'' -> false missing attribute error: firstname
subject = '\''Francesco'\'' OR firstname = '\''Francesco'\'' -> true <nil>
(EXISTS firstname AND firstname = '\''Francesco'\'') OR subject = '\''Francesco'\'' -> true <nil>'
printf '%s\n' 'Go github.com/cloudevents/sdk-go/sql/v2 v2.16.2' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
