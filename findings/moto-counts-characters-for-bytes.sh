#!/usr/bin/env bash
# PyPI moto 5.2.5 (mock_aws) takes messages at the limits of SNS (262,144 bytes by default) and SQS (1,048,576 bytes).
# The API of SNS, Publish, as in botocore 1.44.8: "at most 256 KiB in size (262,144 bytes, not 262,144 characters)"; for both services the
# message attributes count as well.
# moto counts characters, and of the body alone: a message of ü with twice the bytes passes, and so does one with attributes on top.
# A test that a too large event is caught before it is sent is green with ASCII, and the event in another script is refused by AWS. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet 'moto[sns,sqs]==5.2.5' boto3==1.44.8
cat >see.py <<'PY'
import os
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="eu-west-1")
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

def see(service, limit, send):
    attributes = {"kind": {"DataType": "String", "StringValue": "a" * 1000}}
    for label, body, more in [("a", "a" * limit, {}), ("a, one more", "a" * (limit + 1), {}), ("ü", "ü" * limit, {}), ("a, with attributes", "a" * limit, attributes)]:
        size = len(body.encode()) + sum(len(name + of["DataType"] + of["StringValue"]) for name, of in more.items())
        try:
            send(body, more)
            said = "taken"
        except ClientError as error:
            said = error.response["Error"]["Code"]
        print(service, f"of {label}:", size, "bytes", said)

with mock_aws():
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic, queue = sns.create_topic(Name="t")["TopicArn"], sqs.create_queue(QueueName="q")["QueueUrl"]
    see("SNS", 262144, lambda body, more: sns.publish(TopicArn=topic, Message=body, MessageAttributes=more))
    see("SQS", 1048576, lambda body, more: sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=more))
PY
saw=$(venv/bin/python -W ignore see.py)
want='SNS of a: 262144 bytes taken
SNS of a, one more: 262145 bytes InvalidParameter
SNS of ü: 524288 bytes taken
SNS of a, with attributes: 263154 bytes taken
SQS of a: 1048576 bytes taken
SQS of a, one more: 1048577 bytes InvalidParameterValue
SQS of ü: 2097152 bytes taken
SQS of a, with attributes: 1049586 bytes taken'
printf '%s\n' 'PyPI moto 5.2.5, boto3 1.44.8' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
