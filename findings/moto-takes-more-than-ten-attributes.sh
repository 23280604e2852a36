#!/usr/bin/env bash
# PyPI moto 5.2.5 (mock_aws) takes a message with 12 attributes, sent to an SQS queue, and published to an SNS topic that delivers raw.
# The developer guide of Amazon SQS (message metadata): a message has up to 10 attributes; that of Amazon SNS (raw message delivery): a
# message with more than 10 is not delivered raw to SQS but discarded, as a client-side error.
# moto takes all 12, in both ways, and delivers them. In binary mode an event spends an attribute on each of its own, so the required four,
# time, subject, type of data, a trace and a few extensions are beyond 10: tests are green, AWS refuses the message, or loses it behind SNS.
# Seen in 2026-11.
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
    given = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    sqs, sns = boto3.client("sqs", **given), boto3.client("sns", **given)
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    def see(name, send):
        for count in [10, 12]:
            attributes = {f"ce-{n}": {"DataType": "String", "StringValue": "x"} for n in range(count)}
            try:
                send(attributes)
            except ClientError as error:
                print(name, count, "attributes -> refused:", error.response["Error"]["Code"])
                continue
            got = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"]).get("Messages", [])
            for message in got:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            print(name, count, "attributes -> delivered with", [len(message["MessageAttributes"]) for message in got])

    see("SQS", lambda attributes: sqs.send_message(QueueUrl=queue, MessageBody="{}", MessageAttributes=attributes))
    see("SNS", lambda attributes: sns.publish(TopicArn=topic, Message="{}", MessageAttributes=attributes))
PY
saw=$(env/bin/python -W ignore see.py)
want='SQS 10 attributes -> delivered with [10]
SQS 12 attributes -> delivered with [12]
SNS 10 attributes -> delivered with [10]
SNS 12 attributes -> delivered with [12]'
printf '%s\n' 'PyPI moto 5.2.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
