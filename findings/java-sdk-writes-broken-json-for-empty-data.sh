#!/usr/bin/env bash
# Java io.cloudevents:cloudevents-json-jackson 4.0.1 reads a structured event with empty bytes, "data_base64": "", and writes it again.
# JSON format 1.0.2, section 3.1: data_base64 holds any bytes, and none are bytes too; an event need not have a datacontenttype.
# Without a datacontenttype, the writer takes the bytes for JSON and puts them raw after "data":, which gives {..."data":}.
# It raises no error; the next reader does, its own included. With application/octet-stream the same event passes.
# A relay so turns a valid event into a document that no one can read. Seen in 2026-11.
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
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-json-jackson</artifactId><version>4.0.1</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=jars -Dstyle.color=never >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
cat >See.java <<'JAVA'
import io.cloudevents.jackson.JsonFormat;

public class See {
  public static void main(String[] none) {
    for (String type : new String[] {"\"datacontenttype\":\"application/octet-stream\",", ""}) {
      String in = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"," + type + "\"data_base64\":\"\"}";
      byte[] out = new JsonFormat().serialize(new JsonFormat().deserialize(in.getBytes()));
      System.out.println("in  " + in);
      System.out.println("out " + new String(out));
      try {
        System.out.println("read again: " + new JsonFormat().deserialize(out).getId());
      } catch (Exception e) {
        System.out.println("read again: " + e.getClass().getSimpleName());
      }
    }
  }
}
JAVA
saw=$(java -cp 'jars/*' See.java 2>java.log || { cat java.log >&2; exit 1; })
want='in  {"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/octet-stream","data_base64":""}
out {"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/octet-stream","data_base64":""}
read again: 1
in  {"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":""}
out {"specversion":"1.0","id":"1","source":"/s","type":"t","data":}
read again: EventDeserializationException'
printf '%s\n' 'Java cloudevents-json-jackson 4.0.1' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
