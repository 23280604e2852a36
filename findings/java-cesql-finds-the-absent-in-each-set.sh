#!/usr/bin/env bash
# Java io.cloudevents:cloudevents-sql 4.0.1 evaluates CloudEvents SQL (CESQL) on an event that has no attribute region.
# CESQL, section 3.2: a subexpression that names an absent attribute is false; a filter is to pass nothing then.
# It puts false in the place of the attribute and casts the set to that: each text fails to be a Boolean and counts as false, so
# region IN ('eu', 'us') is true, and so is region NOT LIKE; = and LIKE are false. Go sql/v2 2.16.2 says false for all.
# The error is in a list beside the value: a filter that reads value() alone takes all events without region. Seen in 2026-11.
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
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-sql</artifactId><version>4.0.1</version></dependency>
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-core</artifactId><version>4.0.1</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=jars -Dstyle.color=never >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
cat >See.java <<'JAVA'
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.sql.EvaluationRuntime;
import io.cloudevents.sql.Parser;
import java.net.URI;
import java.time.OffsetDateTime;

public class See {
  public static void main(String[] none) {
    CloudEvent event = CloudEventBuilder.v1().withId("1").withSource(URI.create("/s")).withType("t").build();
    for (String expression : new String[] {"region = 'eu'", "region LIKE 'eu%'", "region IN ('eu', 'us')", "region NOT IN ('eu', 'us')", "region NOT LIKE 'eu%'", "type = 't' AND region IN ('eu')"}) {
      System.out.println(expression + " -> " + value(event, expression));
    }
  }

  static Object value(CloudEvent event, String expression) {
    return Parser.getDefault().parse(expression).evaluate(EvaluationRuntime.getDefault(), event).value();
  }
}
JAVA
saw=$(java -cp 'jars/*' See.java 2>java.log || { cat java.log >&2; exit 1; })
want='region = '\''eu'\'' -> false
region LIKE '\''eu%'\'' -> false
region IN ('\''eu'\'', '\''us'\'') -> true
region NOT IN ('\''eu'\'', '\''us'\'') -> false
region NOT LIKE '\''eu%'\'' -> true
type = '\''t'\'' AND region IN ('\''eu'\'') -> true'
printf '%s\n' 'Java cloudevents-sql 4.0.1' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
