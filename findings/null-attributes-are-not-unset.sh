#!/usr/bin/env bash
# A structured event with an extension attribute and a subject of null, read by Java cloudevents-json-jackson 4.0.1,
# npm cloudevents 10.0.0 and PyPI cloudevents 2.2.0. JSON format 1.0.2, section 2.2: an attribute of null MUST be treated as
# unset or omitted, and its examples (section 3.2) hold such attributes.
# Java takes the extension for the text "null" and writes that in each mode; npm keeps it, and in binary mode fetch sends the header
# ce-x: null; PyPI refuses null as subject, as time it even raises a TypeError.
# A filter that asks whether the attribute exists says yes for one hop and no for the next. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
python3 -m venv two
two/bin/pip install --quiet cloudevents==2.2.0
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>see</groupId>
  <artifactId>see</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-json-jackson</artifactId><version>4.0.1</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=jars -Dstyle.color=never >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
cat >see.cjs <<'JS'
const { HTTP } = require("cloudevents");
const body = JSON.stringify({ specversion: "1.0", id: "1", source: "/s", type: "t", x: null, subject: null });
const event = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body });
console.log("npm   x structured", JSON.stringify(JSON.parse(HTTP.structured(event).body).x));
console.log("npm   x by fetch  ", JSON.stringify(new Request("http://127.0.0.1/", { headers: HTTP.binary(event).headers }).headers.get("ce-x")));
JS
cat >see.py <<'PY'
import json
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
for name in ["x", "subject", "datacontenttype", "time"]:
    body = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", name: None}
    try:
        event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, json.dumps(body).encode()))
        print("PyPI ", name, "read as", event.get_attributes().get(name))
    except Exception as error:
        print("PyPI ", name, type(error).__name__)
PY
cat >See.java <<'JAVA'
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;

public class See {
  public static void main(String[] none) {
    CloudEvent event = new JsonFormat().deserialize("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"x\":null,\"subject\":null}".getBytes());
    System.out.println("Java  subject " + (event.getSubject() == null ? "unset" : event.getSubject()));
    System.out.println("Java  x is a " + event.getExtension("x").getClass().getSimpleName());
    System.out.println("Java  " + new String(new JsonFormat().serialize(event)));
  }
}
JAVA
see() {
  java -cp 'jars/*' See.java
  node see.cjs
  two/bin/python see.py
}
saw=$(see)
want='Java  subject unset
Java  x is a String
Java  {"specversion":"1.0","id":"1","source":"/s","type":"t","x":"null"}
npm   x structured null
npm   x by fetch   "null"
PyPI  x read as None
PyPI  subject CloudEventValidationError
PyPI  datacontenttype CloudEventValidationError
PyPI  time TypeError'
printf '%s\n' 'CloudEvents SDKs: Java 4.0.1, npm 10.0.0, PyPI 2.2.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
