#!/usr/bin/env bash
# TransactWriteItems of PyPI moto 5.2.5, called three times with the same ClientRequestToken and the same update, ADD n 1.
# Amazon DynamoDB API reference, TransactWriteItems, ClientRequestToken: it "makes the call to TransactWriteItems idempotent, meaning that
# multiple identical calls have the same effect as one single call", for 10 minutes; with other parameters the call is an
# IdempotentParameterMismatchException.
# moto does the update each time, and takes the token with other parameters as well. Code that is safe by its token when an answer is lost
# fails its test, and code that gives one token to two different transactions passes it. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet moto==5.2.5 boto3==1.44.8
cat >see.py <<'PY'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

with mock_aws():
    client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_table(TableName="t", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    for by in ["1", "1", "1", "10"]:
        update = {"TableName": "t", "Key": {"k": {"S": "counter"}}, "UpdateExpression": "ADD n :by",
                  "ExpressionAttributeValues": {":by": {"N": by}}}
        try:
            client.transact_write_items(ClientRequestToken="token-1", TransactItems=[{"Update": update}])
            said = "done"
        except ClientError as error:
            said = error.response["Error"]["Code"]
        print("token-1: ADD n", by, "->", said, "n is", client.get_item(TableName="t", Key=update["Key"])["Item"]["n"]["N"])
PY
saw=$(env/bin/python -W ignore see.py)
want='token-1: ADD n 1 -> done n is 1
token-1: ADD n 1 -> done n is 2
token-1: ADD n 1 -> done n is 3
token-1: ADD n 10 -> done n is 13'
printf '%s\n' 'PyPI moto 5.2.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
