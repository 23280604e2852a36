#!/usr/bin/env bash
# BatchGetItem of PyPI moto 5.2.5 where more than 16 MB are asked for at once, with a ProjectionExpression and ConsistentRead.
# Amazon DynamoDB API reference, BatchGetItem: UnprocessedKeys has the form of RequestItems, "so the value can be provided directly to
# a subsequent operation"; each of its members holds Keys, and ConsistentRead, ProjectionExpression and ExpressionAttributeNames.
# One would expect the second call of that loop to read as the first did. moto gives back the keys alone: what the first call left is
# then read whole, with attributes that nobody asked for, and without ConsistentRead. A test of such a loop passes or fails by how much
# there is to read. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet 'moto[dynamodb]==5.2.5' boto3==1.44.8
cat >see.py <<'PY'
import boto3
from moto import mock_aws

with mock_aws():
    client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    key = {"AttributeName": "id", "AttributeType": "S"}
    client.create_table(TableName="t", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    for nth in range(60):
        client.put_item(TableName="t", Item={"id": {"S": str(nth)}, "payload": {"S": "x" * 390_000}, "remark": {"S": "r"}})
    asked = {"t": {"Keys": [{"id": {"S": str(nth)}} for nth in range(60)], "ConsistentRead": True,
                   "ProjectionExpression": "id, payload"}}
    calls = 0
    while asked:
        answer = client.batch_get_item(RequestItems=asked)
        calls += 1
        attributes = sorted({name for item in answer["Responses"]["t"] for name in item})
        asked = answer["UnprocessedKeys"]
        print("call", calls, "reads", ", ".join(attributes), "and leaves", sorted(asked.get("t", {})))
PY
saw=$(env/bin/python see.py)
want="call 1 reads id, payload and leaves ['Keys']
call 2 reads id, payload, remark and leaves []"
printf '%s\n' 'PyPI moto 5.2.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
