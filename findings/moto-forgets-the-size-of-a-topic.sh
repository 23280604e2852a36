#!/usr/bin/env bash
# PyPI moto 5.2.5 (mock_aws) with an SNS topic whose MaximumMessageSize is set to 1 MiB, and one where it is set to 1 KiB.
# The API of SNS, SetTopicAttributes, as in botocore 1.44.8: the attribute takes 1024 to 1048576, it is returned once it is set,
# and Publish holds to it. SQS has an attribute of the same name, which moto keeps and holds to.
# For a topic moto answers 200 to the setting, forgets it, and goes on to hold messages against 262,144.
# A test on moto says that 300 KB cannot be published where AWS delivers it, and that 2 KB pass where AWS refuses. Seen in 2026-11.
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

def see(label, kept, send):
    said = []
    for size in [1024, 2000, 300000]:
        try:
            send("a" * size)
            said.append(f"{size} taken")
        except ClientError as error:
            said.append(f"{size} {error.response['Error']['Code']}")
    print(label, "->", kept.get("MaximumMessageSize", "not there"), *said, sep="  ")

with mock_aws():
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    for size in ["1048576", "1024"]:
        topic = sns.create_topic(Name=f"t{size}")["TopicArn"]
        answer = sns.set_topic_attributes(TopicArn=topic, AttributeName="MaximumMessageSize", AttributeValue=size)
        see(f"SNS set to {size}: {answer['ResponseMetadata']['HTTPStatusCode']}", sns.get_topic_attributes(TopicArn=topic)["Attributes"], lambda body: sns.publish(TopicArn=topic, Message=body))
        queue = sqs.create_queue(QueueName=f"q{size}")["QueueUrl"]
        answer = sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": size})
        see(f"SQS set to {size}: {answer['ResponseMetadata']['HTTPStatusCode']}", sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"], lambda body: sqs.send_message(QueueUrl=queue, MessageBody=body))
PY
saw=$(venv/bin/python -W ignore see.py)
want='SNS set to 1048576: 200  ->  not there  1024 taken  2000 taken  300000 InvalidParameter
SQS set to 1048576: 200  ->  1048576  1024 taken  2000 taken  300000 taken
SNS set to 1024: 200  ->  not there  1024 taken  2000 taken  300000 InvalidParameter
SQS set to 1024: 200  ->  1024  1024 taken  2000 InvalidParameterValue  300000 InvalidParameterValue'
printf '%s\n' 'PyPI moto 5.2.5, boto3 1.44.8' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
