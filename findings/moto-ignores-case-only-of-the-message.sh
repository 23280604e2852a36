#!/usr/bin/env bash
# PyPI moto 5.2.5 (mock_aws) with an SNS subscription to SQS whose filter policy says {"equals-ignore-case": "EU-West"}.
# The developer guide of Amazon SNS (string value matching): the operator matches whichever letters are capitals on either side.
# moto makes the value of the message small but not that of the policy: a policy with a capital matches nothing,
# not even the value in the very same letters; a policy in small letters works.
# The subscription is accepted without an error, so a test on moto waits for events that AWS delivers. Seen in 2026-11.
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
def delivered(asked, scope, value):
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="t")["TopicArn"]
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"FilterPolicy": json.dumps({"region": [{"equals-ignore-case": asked}]}), "FilterPolicyScope": scope}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=policy)
    sns.publish(TopicArn=topic, Message=json.dumps({"region": value}), MessageAttributes={"region": {"DataType": "String", "StringValue": value}})
    return "delivered" if sqs.receive_message(QueueUrl=queue).get("Messages") else "dropped"

for scope in ["MessageBody", "MessageAttributes"]:
    for asked, value in [("eu-west", "EU-West"), ("EU-West", "eu-west"), ("EU-West", "EU-West")]:
        print(scope, "policy", asked, "message", value, "->", delivered(asked, scope, value))
PY
saw=$(venv/bin/python -W ignore see.py)
want='MessageBody policy eu-west message EU-West -> delivered
MessageBody policy EU-West message eu-west -> dropped
MessageBody policy EU-West message EU-West -> dropped
MessageAttributes policy eu-west message EU-West -> delivered
MessageAttributes policy EU-West message eu-west -> dropped
MessageAttributes policy EU-West message EU-West -> dropped'
printf '%s\n' 'PyPI moto 5.2.5, boto3 1.44.8' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
