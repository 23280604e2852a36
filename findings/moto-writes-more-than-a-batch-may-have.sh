#!/usr/bin/env bash
# BatchWriteItem of PyPI moto 5.2.5 with one put more than the 25 that a batch may have, and BatchGetItem with one key more than 100.
# Amazon DynamoDB API reference: BatchWriteItem takes at most 25 requests, BatchGetItem at most 100 keys; of more, DynamoDB returns
# a ValidationException. One would expect both limits, or none. moto refuses the 101st key and writes the 26th item, so that
# code which forgets to cut its writes passes every test and fails at its first large batch in production. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet 'moto[dynamodb]==5.2.5' boto3==1.44.8
cat >see.py <<'PY'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

def attempt(what, call):
    try:
        call()
        print(what, "is taken")
    except ClientError as error:
        print(what, "is refused:", error.response["Error"]["Code"])

with mock_aws():
    client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    key = {"AttributeName": "id", "AttributeType": "S"}
    client.create_table(TableName="t", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    ids = [{"id": {"S": str(nth)}} for nth in range(101)]
    for count in (25, 26):
        puts = [{"PutRequest": {"Item": item}} for item in ids[:count]]
        attempt(f"a batch of {count} puts", lambda: client.batch_write_item(RequestItems={"t": puts}))
    for count in (100, 101):
        attempt(f"a batch of {count} keys", lambda: client.batch_get_item(RequestItems={"t": {"Keys": ids[:count]}}))
PY
saw=$(env/bin/python see.py)
want='a batch of 25 puts is taken
a batch of 26 puts is taken
a batch of 100 keys is taken
a batch of 101 keys is refused: ValidationException'
printf '%s\n' 'PyPI moto 5.2.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
