#!/usr/bin/env bash
# Lambda's AddPermission of PyPI moto 5.2.5, called twice with one StatementId.
# AWS Lambda API reference, AddPermission: a statement id that is in the policy already is a ResourceConflictException (409), which is
# how scripts that may run again tell "it is there" from "it went wrong", and RemovePermission takes away the one that has the id. moto
# keeps a second statement with the same Sid, answers, and RemovePermission then leaves one behind: code that forgets the conflict
# passes its tests, and a right that was taken away is still there. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet moto==5.2.5 boto3==1.44.8
cat >see.py <<'PY'
import io, json, zipfile
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

with mock_aws(config={"lambda": {"use_docker": False}}):
    given = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    role = boto3.client("iam", **given).create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client = boto3.client("lambda", **given)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as zipped:
        zipped.writestr("index.py", "def handler(event, context): pass")
    client.create_function(FunctionName="f", Runtime="python3.12", Role=role, Handler="index.handler",
                           Code={"ZipFile": code.getvalue()})

    def sids():
        try:
            policy = json.loads(client.get_policy(FunctionName="f")["Policy"])
        except ClientError:
            return []
        return [statement["Sid"] for statement in policy["Statement"]]

    for nth in (1, 2):
        try:
            answer = client.add_permission(FunctionName="f", StatementId="schedule", Action="lambda:InvokeFunction",
                                           Principal="events.amazonaws.com")
            print("AddPermission", nth, "answers", answer["ResponseMetadata"]["HTTPStatusCode"], "and there are", sids())
        except ClientError as error:
            print("AddPermission", nth, "is refused:", error.response["Error"]["Code"])
    client.remove_permission(FunctionName="f", StatementId="schedule")
    print("after RemovePermission there are", sids())
PY
saw=$(env/bin/python see.py)
want="AddPermission 1 answers 200 and there are ['schedule']
AddPermission 2 answers 200 and there are ['schedule', 'schedule']
after RemovePermission there are ['schedule']"
printf '%s\n' 'PyPI moto 5.2.5' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
