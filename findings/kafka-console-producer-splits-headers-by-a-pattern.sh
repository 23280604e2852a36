#!/usr/bin/env bash
# Kafka 4.1.0, org.apache.kafka.tools.LineMessageReader: what kafka-console-producer uses to read headers, keys and values from lines.
# Its help lists headers.separator beside headers.delimiter and headers.key.separator, one text each, without a word on patterns.
# The other two are taken as they are, but headers.separator is a regular expression: | splits between all characters,
# so that no header has its ":" left, and with a dot no header is left at all. One has to say \| for |.
# Events in binary mode are headers: to feed test records with |, which seldom is in an attribute, fails on each line. Seen in 2026-11.
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
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.1.0</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=jars -Dstyle.color=never >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
cat >See.java <<'JAVA'
import java.io.ByteArrayInputStream;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.tools.LineMessageReader;

public class See {
  public static void main(String[] none) {
    String[][] cases = {
      {"headers.separator", ";", "ce_id:1;ce_type:t\tvalue"},
      {"headers.separator", "|", "ce_id:1|ce_type:t\tvalue"},
      {"headers.separator", "\\|", "ce_id:1|ce_type:t\tvalue"},
      {"headers.separator", ".", "ce_id:1.ce_type:t\tvalue"},
      {"headers.delimiter", "|", "ce_id:1,ce_type:t|value"},
      {"headers.key.separator", "|", "ce_id|1,ce_type|t\tvalue"},
    };
    for (String[] one : cases) {
      LineMessageReader reader = new LineMessageReader();
      reader.configure(new HashMap<>(Map.of("topic", "t", "parse.headers", "true", one[0], one[1])));
      StringBuilder said = new StringBuilder();
      try {
        for (Header header : reader.readRecords(new ByteArrayInputStream((one[2] + "\n").getBytes())).next().headers()) {
          said.append(" ").append(header.key()).append("=").append(new String(header.value()));
        }
      } catch (Exception e) {
        said.append(" ").append(e.getMessage());
      }
      System.out.println(one[0] + "=" + one[1] + "  ->" + (said.length() == 0 ? " no header" : said));
    }
  }
}
JAVA
saw=$(java -cp 'jars/*' See.java 2>java.log || { cat java.log >&2; exit 1; })
want='headers.separator=;  -> ce_id=1 ce_type=t
headers.separator=|  -> No header key separator found in pair '\''c'\'' on line number 1
headers.separator=\|  -> ce_id=1 ce_type=t
headers.separator=.  -> no header
headers.delimiter=|  -> ce_id=1 ce_type=t
headers.key.separator=|  -> ce_id=1 ce_type=t'
printf '%s\n' 'org.apache.kafka:kafka-tools 4.1.0' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
