#!/usr/bin/env bash
# Java io.cloudevents:cloudevents-json-jackson 4.0.1 reads structured events whose datacontenttype ends in +json.
# JSON format 1.0.2, section 3.1.1: each such type declares a JSON value in "data"; RFC 6838, section 4.2, allows digits and . - _ & more.
# Its pattern knows letters alone before the +: application/order+json is read, application/vnd.shop.order+json and
# application/order-v2+json are refused, because "content type is not a json". Names with a dot are the form that RFC 6838 gives vendors.
# A new version in the type name then stops a consumer that worked. Seen in 2026-11.
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
    for (String type : new String[] {"application/json", "application/order+json", "application/order2+json", "application/order-v2+json", "application/vnd.shop.order+json", "Application/JSON"}) {
      String in = "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"datacontenttype\":\"" + type + "\",\"data\":{\"a\":1}}";
      try {
        System.out.println(type + " -> read " + new String(new JsonFormat().deserialize(in.getBytes()).getData().toBytes()));
      } catch (Exception e) {
        System.out.println(type + " -> " + e.getMessage().lines().findFirst().get().replaceAll(".*?: Wrong", "Wrong"));
      }
    }
  }
}
JAVA
saw=$(java -cp 'jars/*' See.java 2>java.log || { cat java.log >&2; exit 1; })
want='application/json -> read {"a":1}
application/order+json -> read {"a":1}
application/order2+json -> Wrong type OBJECT for attribute data, expecting STRING. Because content type is not a json, only a string is accepted as data
application/order-v2+json -> Wrong type OBJECT for attribute data, expecting STRING. Because content type is not a json, only a string is accepted as data
application/vnd.shop.order+json -> Wrong type OBJECT for attribute data, expecting STRING. Because content type is not a json, only a string is accepted as data
Application/JSON -> Wrong type OBJECT for attribute data, expecting STRING. Because content type is not a json, only a string is accepted as data'
printf '%s\n' 'Java cloudevents-json-jackson 4.0.1' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
