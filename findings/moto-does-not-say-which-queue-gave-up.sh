#!/usr/bin/env bash
# A message that PyPI moto 5.2.5 moved to a dead letter queue.
# Amazon SQS names among what ReceiveMessage may be asked for (MessageSystemAttributeName, and so botocore) DeadLetterQueueSourceArn, the
# queue that gave the message up: where several queues share one for dead letters, it alone says where a message is to go back to. moto
# takes the name, moves the message, and answers without the attribute, by name as well as with All: code that falls back to what the
# message says of itself passes its tests, and code that asks the attribute cannot be tested. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet moto==5.2.5 boto3==1.44.8
cat >see.py <<'PY'
import json
import boto3
from moto import mock_aws

with mock_aws():
    client = boto3.client("sqs", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    names = client.meta.service_model.shape_for("MessageSystemAttributeName").enum
    print("botocore knows DeadLetterQueueSourceArn:", "DeadLetterQueueSourceArn" in names)

    letters = client.create_queue(QueueName="letters")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    source = client.create_queue(QueueName="source", Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "0"})["QueueUrl"]
    client.send_message(QueueUrl=source, MessageBody="a message")
    for _ in range(2):
        client.receive_message(QueueUrl=source)
    for asked in ("All", "DeadLetterQueueSourceArn"):
        messages = client.receive_message(QueueUrl=letters, VisibilityTimeout=0, MessageSystemAttributeNames=[asked])["Messages"]
        said = messages[0].get("Attributes", {})
        print(f"asked for {asked}: {len(messages)} message, its source", said.get("DeadLetterQueueSourceArn"))
PY
saw=$(env/bin/python see.py)
want="botocore knows DeadLetterQueueSourceArn: True
asked for All: 1 message, its source None
asked for DeadLetterQueueSourceArn: 1 message, its source None"
printf '%s\n' 'PyPI moto 5.2.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
