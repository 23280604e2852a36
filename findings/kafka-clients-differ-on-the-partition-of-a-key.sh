#!/usr/bin/env bash
# Records with the same keys, written by PyPI confluent-kafka 2.16.1 (librdkafka) and by npm kafkajs 2.2.4, each as it is by default, to one
# topic of four partitions, of the broker that librdkafka brings along for tests (test.mock.num.brokers).
# Apache Kafka, "Introduction": "events with the same event key [...] are written to the same partition", and are read in that order; the
# Kafka binding 1.0.2, section 3.1, offers partitionkey of an event as that key.
# kafkajs takes murmur2 as the client of Kafka itself does; librdkafka takes CRC32 (its table of settings says so: partitioner is
# consistent_random; "murmur2_random" is what agrees with Java). So one key is in two partitions.
# Events of one order, written by a service in Python (or Go, C#, on librdkafka) and one in JavaScript, have no order among them, and go to
# different consumers at the same time; a compacted topic keeps two latest values. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts kafkajs@2.2.4
python3 -m venv venv
venv/bin/pip install --quiet confluent-kafka==2.16.1
cat >see.cjs <<'JS'
const { Kafka, logLevel } = require("kafkajs");

(async () => {
  const [broker, ...keys] = process.argv.slice(2);
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR }).producer();
  await producer.connect();
  for (const key of keys) {
    const [{ partition }] = await producer.send({ topic: "orders", messages: [{ key, value: "{}" }] });
    console.log("kafkajs", key, "->", partition);
  }
  await producer.disconnect();
})();
JS
cat >see.py <<'PY'
import subprocess
from confluent_kafka import Producer

mock = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0})
broker = next(iter(mock.list_topics(timeout=30).brokers.values()))
address = f"{broker.host}:{broker.port}"
keys = [f"order-{n}" for n in range(6)]
def see(name, **settings):
    producer = Producer({"bootstrap.servers": address, **settings})
    for key in keys:
        producer.produce("orders", key=key, value="{}", on_delivery=lambda error, record: print(
            name, record.key().decode(), "->", error or record.partition(), flush=True))
        producer.flush(30)
see("librdkafka")
see("librdkafka with murmur2_random", partitioner="murmur2_random")
subprocess.run(["node", "see.cjs", address, *keys], check=True)
PY
saw=$(KAFKAJS_NO_PARTITIONER_WARNING=1 venv/bin/python see.py 2>kafka.log)
want='librdkafka order-0 -> 1
librdkafka order-1 -> 3
librdkafka order-2 -> 1
librdkafka order-3 -> 3
librdkafka order-4 -> 0
librdkafka order-5 -> 2
librdkafka with murmur2_random order-0 -> 0
librdkafka with murmur2_random order-1 -> 2
librdkafka with murmur2_random order-2 -> 3
librdkafka with murmur2_random order-3 -> 3
librdkafka with murmur2_random order-4 -> 2
librdkafka with murmur2_random order-5 -> 2
kafkajs order-0 -> 0
kafkajs order-1 -> 2
kafkajs order-2 -> 3
kafkajs order-3 -> 3
kafkajs order-4 -> 2
kafkajs order-5 -> 2'
printf '%s\n' 'PyPI confluent-kafka 2.16.1, npm kafkajs 2.2.4' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
