#!/usr/bin/env bash
# Go github.com/dapr/dapr v1.14.0, pkg/runtime/pubsub/streamer, which daprd serves SubscribeTopicEventsAlpha1 with: two events with the
# id "1", of the sources /a and /b, are in hand of one app at once, and the app answers SUCCESS for that of /a.
# CloudEvents 1.0.2, "id": source + id is unique for each distinct event, which dapr/proto/runtime/v1 repeats for TopicEventRequest.
# So the two are different events. An answer bears the id alone, and what waits for answers is kept by the id alone: that of /b, for
# which nothing has been said, ends as handled, and its broker is told so; that of /a waits for its timeout, and comes again.
# An app that ends before it has handled /b never gets it again. Seen so with a whole daprd on Redis, too. Seen in 2026-11.
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
	"fmt"
	"io"
	"time"

	"github.com/dapr/dapr/pkg/config"
	runtime "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"github.com/dapr/dapr/pkg/runtime/pubsub"
	"github.com/dapr/dapr/pkg/runtime/pubsub/streamer"
	"google.golang.org/grpc"
)

// The stream of an app: what daprd brings, and what the app answers.
type app struct {
	grpc.ServerStream
	brought chan *runtime.SubscribeTopicEventsResponseAlpha1
	answers chan *runtime.SubscribeTopicEventsRequestAlpha1
}

func (a *app) Context() context.Context { return context.Background() }
func (a *app) Send(event *runtime.SubscribeTopicEventsResponseAlpha1) error {
	a.brought <- event
	return nil
}
func (a *app) Recv() (*runtime.SubscribeTopicEventsRequestAlpha1, error) {
	if answer, ok := <-a.answers; ok {
		return answer, nil
	}
	return nil, io.EOF
}

func main() {
	daprd := streamer.New(streamer.Options{TracingSpec: &config.TracingSpec{}})
	a := &app{brought: make(chan *runtime.SubscribeTopicEventsResponseAlpha1), answers: make(chan *runtime.SubscribeTopicEventsRequestAlpha1)}
	go daprd.Subscribe(a, &runtime.SubscribeTopicEventsRequestInitialAlpha1{PubsubName: "pubsub", Topic: "orders"})
	time.Sleep(200 * time.Millisecond)

	// Delivers an event, as daprd does for each that its broker has.
	deliver := func(source string) chan error {
		end := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			event := map[string]any{"specversion": "1.0", "id": "1", "source": source, "type": "t"}
			end <- daprd.Publish(ctx, &pubsub.SubscribedMessage{CloudEvent: event, Topic: "orders", PubSub: "pubsub", Metadata: map[string]string{"pubsubName": "pubsub"}})
		}()
		fmt.Println("brought:", (<-a.brought).GetEventMessage().GetSource())
		return end
	}
	first := deliver("/a")
	second := deliver("/b")
	fmt.Println("the app says SUCCESS, for /a")
	a.answers <- &runtime.SubscribeTopicEventsRequestAlpha1{SubscribeTopicEventsRequestType: &runtime.SubscribeTopicEventsRequestAlpha1_EventProcessed{
		EventProcessed: &runtime.SubscribeTopicEventsRequestProcessedAlpha1{Id: "1", Status: &runtime.TopicEventResponse{Status: runtime.TopicEventResponse_SUCCESS}},
	}}
	fmt.Println("/b ends with:", <-second)
	fmt.Println("/a ends with:", <-first)
}
GO
go get github.com/dapr/dapr/pkg/runtime/pubsub/streamer@v1.14.0 >go.log 2>&1 || { cat go.log >&2; exit 1; }
saw=$(go run . | grep -v '^time=')
want='brought: /a
brought: /b
the app says SUCCESS, for /a
/b ends with: <nil>
/a ends with: context deadline exceeded'
printf '%s\n' 'Go github.com/dapr/dapr v1.14.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
