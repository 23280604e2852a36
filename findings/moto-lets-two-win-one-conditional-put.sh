#!/usr/bin/env bash
# PyPI moto 5.2.5, its own threaded server (ThreadedMotoServer), gets eight PutItem at once for one key, each with the condition
# attribute_not_exists(k). The developer guide of DynamoDB (working with items, conditional writes): a write whose condition does not hold
# when it is done fails, also where several clients write one item at once. So exactly one of them gets 200.
# In some rounds two or more get 200. It is rare with the 5 ms for which Python leaves a thread alone by default (two of 200 rounds
# were seen), so the script sets that to 1 µs, as a busy machine would, and goes on until it has seen it: 2,000 rounds at most.
# A lock, or a list of events already done, then lets the same event through twice in a test, where DynamoDB never does. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet 'moto[dynamodb,server]==5.2.5' boto3==1.44.8
cat >see.py <<'PY'
import http.client, json, logging, sys, time
from concurrent.futures import ThreadPoolExecutor
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
sys.setswitchinterval(1e-6)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()

def call(operation, body):
    connection = http.client.HTTPConnection(host, port, timeout=30)
    authorization = "AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x"
    connection.request("POST", "/", json.dumps({"TableName": "t", **body}), {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0", "Authorization": authorization})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status

print("table", call("CreateTable", {"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}))
end, won = time.monotonic() + 120, 0
with ThreadPoolExecutor(8) as eight:
    for turn in range(2000):
        put = {"Item": {"k": {"S": str(turn)}}, "ConditionExpression": "attribute_not_exists(k)"}
        answers = list(eight.map(lambda _: call("PutItem", put), range(8)))
        won = max(won, answers.count(200))
        if won > 1 or time.monotonic() > end:
            break
print("one after the other", [call("PutItem", {"Item": {"k": {"S": "last"}}, "ConditionExpression": "attribute_not_exists(k)"}) for _ in range(3)])
print("eight at once", "more than one wins" if won > 1 else "one wins")
server.stop()
PY
saw=$(venv/bin/python -W ignore see.py)
want='table 200
one after the other [200, 400, 400]
eight at once more than one wins'
printf '%s\n' 'PyPI moto 5.2.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
