#!/usr/bin/env bash
# Go github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2 v2.16.2 reads the same event from a binary and from a structured record.
# Kafka binding 1.0.2, section 3: the mode is a choice of the writer; both hold the same event, and its attributes are those of the writer.
# From a binary record the event comes with kafkaoffset, kafkapartition and kafkatopic as extension attributes; from a structured one without.
# Handed on, they go out as attributes of the event (ce_kafkaoffset and so on), which its producer never gave it.
# Two copies of one event so differ, schemas that fix the attributes refuse it, and a later hop reads the offset of another topic. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >go.mod <<'MOD'
module see

go 1.24

require (
	github.com/IBM/sarama v1.45.2
	github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2 v2.16.2
	github.com/cloudevents/sdk-go/v2 v2.16.2
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"
	kafka "github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
)

func main() {
	e := event.New()
	e.SetID("1")
	e.SetSource("/s")
	e.SetType("t")
	e.SetExtension("tenant", "a")
	for _, mode := range []string{"binary", "structured"} {
		ctx := binding.WithForceBinary(context.Background())
		if mode == "structured" {
			ctx = binding.WithForceStructured(context.Background())
		}
		var written sarama.ProducerMessage
		if err := kafka.WriteProducerMessage(ctx, binding.ToMessage(&e), &written); err != nil {
			panic(err)
		}
		record := sarama.ConsumerMessage{Topic: "orders", Partition: 3, Offset: 42}
		for i := range written.Headers {
			record.Headers = append(record.Headers, &written.Headers[i])
		}
		if written.Value != nil {
			record.Value, _ = written.Value.Encode()
		}
		read, err := binding.ToEvent(context.Background(), kafka.NewMessageFromConsumerMessage(&record))
		if err != nil {
			panic(err)
		}
		fmt.Println(mode, "read", read.Extensions())
		var again sarama.ProducerMessage
		if err := kafka.WriteProducerMessage(binding.WithForceBinary(context.Background()), binding.ToMessage(read), &again); err != nil {
			panic(err)
		}
		fmt.Println(mode, "handed on with", len(again.Headers), "headers")
	}
}
GO
go mod tidy >go.log 2>&1 || { cat go.log >&2; exit 1; }
saw=$(go run .)
want='binary read map[kafkaoffset:42 kafkapartition:3 kafkatopic:orders tenant:a]
binary handed on with 8 headers
structured read map[tenant:a]
structured handed on with 5 headers'
printf '%s\n' 'Go github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2 v2.16.2' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
