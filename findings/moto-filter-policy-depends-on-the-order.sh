#!/usr/bin/env bash
# PyPI moto 5.2.5 (mock_aws) with an SNS subscription to SQS whose filter policy lists two alternatives for a field: absent, or "a".
# The developer guide of Amazon SNS (filter policy constraints, AND/OR logic): the values listed for a key are joined by OR; there is no order.
# [{"exists": false}, "a"] takes a message without the field, as it should; ["a", {"exists": false}] drops it,
# for policies on the message body and on message attributes alike.
# A test on moto says that a subscriber misses events that AWS delivers to it (or, worse, the policy gets "mended" for moto). Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet 'moto[sns,sqs]==5.2.5' boto3==1.44.8
cat >see.py <<'PY'
import json, os
os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="eu-west-1")
import boto3
from moto import mock_aws

@mock_aws
def delivered(alternatives, scope, value):
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="t")["TopicArn"]
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"FilterPolicy": json.dumps({"kind": alternatives}), "FilterPolicyScope": scope}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=policy)
    attributes = {"kind": {"DataType": "String", "StringValue": value}} if value and scope == "MessageAttributes" else {}
    sns.publish(TopicArn=topic, Message=json.dumps({"kind": value} if value else {}), MessageAttributes=attributes)
    return "delivered" if sqs.receive_message(QueueUrl=queue).get("Messages") else "dropped"

for scope in ["MessageBody", "MessageAttributes"]:
    for alternatives in [[{"exists": False}, "a"], ["a", {"exists": False}]]:
        print(scope, json.dumps(alternatives), *[f"{value or 'absent'}: {delivered(alternatives, scope, value)}" for value in [None, "a", "b"]], sep="  ")
PY
saw=$(venv/bin/python -W ignore see.py)
want='MessageBody  [{"exists": false}, "a"]  absent: delivered  a: delivered  b: dropped
MessageBody  ["a", {"exists": false}]  absent: dropped  a: delivered  b: dropped
MessageAttributes  [{"exists": false}, "a"]  absent: delivered  a: delivered  b: dropped
MessageAttributes  ["a", {"exists": false}]  absent: dropped  a: delivered  b: dropped'
printf '%s\n' 'PyPI moto 5.2.5, boto3 1.44.8' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
