#!/usr/bin/env bash
# Binary events over HTTP with a source of /a%20b and a subject of Zürich: Go sdk-go 2.16.2, Java cloudevents-http-basic 4.0.1,
# npm cloudevents 10.0.0 and PyPI cloudevents 1.13.0 write them, PyPI cloudevents 2.2.0 reads and writes them.
# HTTP binding 1.0.2, section 3.1.3.2: "%" and what is not printable ASCII MUST be percent-encoded, and decoded once on reading.
# Four of the five do neither: %20 goes out bare, and ü as such. PyPI 2.2.0, which keeps to the binding, reads the source of the others as
# "/a b", which is no URI reference; they read its own as /a%2520b. So source, and with it the identity of the event (source + id),
# changes from one side to the other, and a filter or a check for duplicates on it misses. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
python3 -m venv one
one/bin/pip install --quiet cloudevents==1.13.0
python3 -m venv two
two/bin/pip install --quiet cloudevents==2.2.0
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>see</groupId>
  <artifactId>see</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-http-basic</artifactId><version>4.0.1</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=jars -Dstyle.color=never >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
cat >go.mod <<'MOD'
module see

go 1.24

require github.com/cloudevents/sdk-go/v2 v2.16.2
MOD
cat >see.cjs <<'JS'
const { CloudEvent, HTTP } = require("cloudevents");
const { headers } = HTTP.binary(new CloudEvent({ id: "1", source: "/a%20b", type: "t", subject: "Zürich" }));
console.log("npm 10.0.0  writes", headers["ce-source"], headers["ce-subject"]);
JS
cat >one.py <<'PY'
from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent
headers, body = to_binary(CloudEvent({"id": "1", "source": "/a%20b", "type": "t", "subject": "Zürich"}))
print("PyPI 1.13.0 writes", headers["ce-source"], headers["ce-subject"])
PY
cat >two.py <<'PY'
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event
def read(source):
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "t", "ce-source": source, "ce-subject": "Z%C3%BCrich"}
    return from_http_event(HTTPMessage(headers, b""))
event = read("/a%2520b")
headers = to_binary_event(event).headers
print("PyPI 2.2.0  writes", headers["ce-source"], headers["ce-subject"])
print("PyPI 2.2.0  reads /a%2520b as", event.get_source())
print("PyPI 2.2.0  reads /a%20b as", read("/a%20b").get_source())
PY
cat >See.java <<'JAVA'
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.http.HttpMessageFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.io.PrintStream;
import java.util.*;

public class See {
  public static void main(String[] none) {
    Map<String, String> headers = new TreeMap<>();
    HttpMessageFactory.createWriter(headers::put, body -> {}).writeBinary(
        CloudEventBuilder.v1().withId("1").withSource(URI.create("/a%20b")).withType("t").withSubject("Z\u00fcrich").build());
    new PrintStream(System.out, true, StandardCharsets.UTF_8).println("Java 4.0.1  writes " + headers.get("ce-source") + " " + headers.get("ce-subject"));
  }
}
JAVA
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

func main() {
	e := event.New()
	e.SetID("1")
	e.SetSource("/a%20b")
	e.SetType("t")
	e.SetSubject("Zürich")
	request, _ := http.NewRequest("POST", "http://127.0.0.1/", nil)
	if err := cehttp.WriteRequest(context.Background(), binding.ToMessage(&e), request); err != nil {
		panic(err)
	}
	fmt.Println("Go 2.16.2   writes", request.Header.Get("ce-source"), request.Header.Get("ce-subject"))
	request.Header.Set("ce-source", "/a%2520b")
	read, _ := binding.ToEvent(context.Background(), cehttp.NewMessageFromHttpRequest(request))
	fmt.Println("Go 2.16.2   reads /a%2520b as", read.Source())
}
GO
go mod tidy >go.log 2>&1 || { cat go.log >&2; exit 1; }
see() {
  go run .
  java -cp 'jars/*' See.java
  node see.cjs
  one/bin/python -W ignore one.py
  two/bin/python two.py
}
saw=$(see)
want='Go 2.16.2   writes /a%20b Zürich
Go 2.16.2   reads /a%2520b as /a%2520b
Java 4.0.1  writes /a%20b Zürich
npm 10.0.0  writes /a%20b Zürich
PyPI 1.13.0 writes /a%20b Zürich
PyPI 2.2.0  writes /a%2520b Z%C3%BCrich
PyPI 2.2.0  reads /a%2520b as /a%20b
PyPI 2.2.0  reads /a%20b as /a b'
printf '%s\n' 'CloudEvents SDKs: Go 2.16.2, Java 4.0.1, npm 10.0.0, PyPI 1.13.0 and 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
