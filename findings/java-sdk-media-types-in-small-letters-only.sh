#!/usr/bin/env bash
# Java io.cloudevents:cloudevents-http-basic 4.0.1 reads a structured event from an HTTP request.
# HTTP binding 1.0.2, section 3: the mode is told by the media type; RFC 9110 has types in any case (section 8.3.1) and allows
# blanks before the ";" of a parameter (section 5.6.6).
# Capital letters or a blank there make it "Unknown encoding"; the header names may be in any case.
# Go sdk-go 2.16.2 and PyPI cloudevents 2.2.0 take the same requests. A valid event is refused and, with retries, dies. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>see</groupId>
  <artifactId>see</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-http-basic</artifactId><version>4.0.1</version></dependency>
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-json-jackson</artifactId><version>4.0.1</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=jars -Dstyle.color=never >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
cat >See.java <<'JAVA'
import io.cloudevents.http.HttpMessageFactory;
import java.util.Map;

public class See {
  public static void main(String[] none) {
    byte[] body = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}".getBytes();
    for (String type : new String[] {"application/cloudevents+json;charset=utf-8", "application/cloudevents+json ; charset=utf-8", "Application/CloudEvents+JSON"}) {
      try {
        System.out.println(type + " -> read " + HttpMessageFactory.createReader(Map.of("CONTENT-TYPE", type), body).toEvent().getId());
      } catch (Exception e) {
        System.out.println(type + " -> " + e.getMessage().trim());
      }
    }
  }
}
JAVA
saw=$(java -cp 'jars/*' See.java 2>java.log || { cat java.log >&2; exit 1; })
want='application/cloudevents+json;charset=utf-8 -> read 1
application/cloudevents+json ; charset=utf-8 -> Could not parse. Unknown encoding. Invalid content type or spec version
Application/CloudEvents+JSON -> Could not parse. Unknown encoding. Invalid content type or spec version'
printf '%s\n' 'Java cloudevents-http-basic 4.0.1' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
