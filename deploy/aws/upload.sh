#!/usr/bin/env bash
# Creates or updates the whole system with plain AWS CLI calls: what template.yaml says, without CloudFormation.
set -euo pipefail
# What there is of topics, queues and functions, and what each of them gets.
. "$(dirname "$0")/lists.sh"

usage() {
  cat <<'TEXT'
deploy/aws/upload.sh [options]

Creates or updates topics, queues, subscriptions, table, roles, functions, event source mappings, schedules, the function
URL and alarms. Safe to run again. Needs: npm run build, the AWS CLI, credentials and a region.

  --prefix NAME        what all names begin with (the system's name and a hyphen)
  --url-auth TYPE      who may ask the edge: AWS_IAM, or NONE for everybody (AWS_IAM)
  --edge-concurrency N how many requests the edge handles at once where everybody may ask it; 0: as many as come (20)
  --demo               a request without a body asks the edge for something made up
  --timeout SECONDS    of a function (30); a message that is at work is hidden for six times as long
  --concurrency N      how many batches of one queue are handled at once (10)
  --max-event-bytes N  of an event, as its dead letter holds it (194560); more, up to 1032192, lets topics take 1 MiB
  --filter-wait N      seconds until SNS has let go of a filter everywhere, before a function consumes what was withheld from it (900)
  --log-days N         how long logs are kept (30)
  --alarm-topic ARN    an SNS topic that is told of alarms
  --dist FOLDER        where the zips are (dist/lambda)
  --dry-run            print the calls, as if nothing were there yet, and make none
  --help               this text

What a function has in settings.yaml goes before --timeout and --concurrency. AWS_ENDPOINT_URL points it at another AWS.
TEXT
}

PREFIX=$SYSTEM- URL_AUTH=AWS_IAM EDGE_CONCURRENCY=20 DEMO=off CONCURRENCY=10 MAX_EVENT_BYTES=194560 FILTER_WAIT=900 LOG_DAYS=30 ALARM_TOPIC="" DRY_RUN=""
DIST="$(dirname "$0")/../../dist/lambda"
while [ $# -gt 0 ]; do
  case "$1" in
    --prefix) PREFIX=$2 && shift ;;
    --url-auth) URL_AUTH=$2 && shift ;;
    --edge-concurrency) EDGE_CONCURRENCY=$2 && shift ;;
    --demo) DEMO=on ;;
    --timeout) TIMEOUT=$2 && shift ;;
    --concurrency) CONCURRENCY=$2 && shift ;;
    --max-event-bytes) MAX_EVENT_BYTES=$2 && shift ;;
    --filter-wait) FILTER_WAIT=$2 && shift ;;
    --log-days) LOG_DAYS=$2 && shift ;;
    --alarm-topic) ALARM_TOPIC=$2 && shift ;;
    --dist) DIST=$2 && shift ;;
    --dry-run) DRY_RUN=yes ;;
    --help) usage && exit 0 ;;
    *) echo "upload.sh: unknown option $1, see --help" >&2 && exit 2 ;;
  esac
  shift
done
case "$URL_AUTH" in AWS_IAM | NONE) ;; *) echo "--url-auth: must be AWS_IAM or NONE, got $URL_AUTH" >&2 && exit 2 ;; esac
case "$EDGE_CONCURRENCY" in "" | *[!0-9]*) echo "--edge-concurrency: must be a number, got $EDGE_CONCURRENCY" >&2 && exit 2 ;; esac

case "$FILTER_WAIT" in "" | *[!0-9]*) echo "--filter-wait: must be a number, got $FILTER_WAIT" >&2 && exit 2 ;; esac

case "$MAX_EVENT_BYTES" in *[!0-9]* | "" | ????????*) MAX_EVENT_BYTES=0 ;; esac
[ "$MAX_EVENT_BYTES" -ge 131072 ] && [ "$MAX_EVENT_BYTES" -le 1032192 ] ||
  { echo "--max-event-bytes: must be 131072 to 1032192" >&2 && exit 2; }

while read -r name variable; do
  [ -z "$name" ] || [ -n "${!variable-}" ] || [ -n "$DRY_RUN" ] ||
    { echo "$variable: must be set, for settings.yaml has $name told it" >&2 && exit 2; }
done <<<"$VARIABLES"
while read -r name _; do
  [ -z "$name" ] || [ -f "$DIST/$name.zip" ] ||
    { echo "$DIST/$name.zip: is not there, which npm run build makes" >&2 && exit 2; }
done <<<"$FUNCTIONS"

# Where the settings of the function at hand stand meanwhile: arguments are read by whoever lists processes, and secrets are among them.
SETTINGS_FILE=""
if [ -z "$DRY_RUN" ]; then
  trap 'rm -f "$SETTINGS_FILE"' EXIT
  # For its owner alone, wherever mktemp is.
  SETTINGS_FILE=$(umask 077 && mktemp)
fi

# Prints a call in words that a shell understands, or makes it.
call() {
  if [ -z "$DRY_RUN" ]; then
    aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
    return
  fi
  local word line=aws
  for word in "$@"; do
    case "$word" in *[!A-Za-z0-9_./:=@,-]* | "") word="'$word'" ;; esac
    line="$line $word"
  done
  echo "$line" >&3
}
exec 3>&1

# Asks what is there. In a dry run, nothing is.
ask() { [ -z "$DRY_RUN" ] && call "$@" --output text 2>/dev/null; }

# Makes a call. Fails quietly, with 1, when AWS says $1, which is that the thing is there already.
made() {
  local pattern=$1 said
  shift
  if [ -n "$DRY_RUN" ]; then call "$@" && return; fi
  said=$(call "$@" 2>&1) && return
  case "$said" in *"$pattern"*) return 1 ;; *) echo "$said" >&2 && exit 1 ;; esac
}

# A secret of the deployment: $1, a variable of the functions $2. Made once: an Idempotency-Key that is said again after an upload with
# another EDGE_SECRET would be another order, and no letter would be known by its seal under another LETTER_SECRET. It is kept where it
# is used: who may read a function's settings may read it there in any case, also where Secrets Manager made it, which would be one
# more service, and $0.40 a month.
secret() {
  local name kept=None
  if [ -n "$DRY_RUN" ]; then echo "kept, or made at the first upload" && return; fi
  for name in $2; do
    [ -n "$(awk -v name="$PREFIX$name" '$1 == name' <<<"$DEPLOYED")" ] || continue
    # Not asked in vain: what cannot be read must not be made anew.
    kept=$(call lambda get-function-configuration --function-name "$PREFIX$name" --query "Environment.Variables.$1" --output text) ||
      return 1
    case "$kept" in "" | None) ;; *) echo "$kept" && return ;; esac
  done
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# A role that was just made is not known everywhere: tries for half a minute.
patiently() {
  local tries=1 said
  if [ -n "$DRY_RUN" ]; then call "$@"; return; fi
  until said=$(call "$@" 2>&1); do
    case "$said" in
      *"cannot be assumed"* | *"does not have permissions"* | *"InvalidParameterValue"*) ;;
      *) echo "$said" >&2 && return 1 ;;
    esac
    [ $tries -lt 10 ] || { echo "$said" >&2 && return 1; }
    tries=$((tries + 1))
    sleep 3
  done
}

say() { if [ -n "$DRY_RUN" ]; then echo "# $1"; else echo "$1"; fi; }
list() { local joined=""; for each in "$@"; do joined="$joined${joined:+,}\"$each\""; done; echo "[$joined]"; }

REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$REGION" ] || { echo "upload.sh: set AWS_REGION" >&2 && exit 2; }
export AWS_REGION=$REGION AWS_DEFAULT_REGION=$REGION AWS_PAGER=""
CALLER=$(ask sts get-caller-identity --query Arn || echo arn:aws:iam::123456789012:user/nobody)
PARTITION=$(echo "$CALLER" | cut -d: -f2) ACCOUNT=$(echo "$CALLER" | cut -d: -f5)

arn() { echo "arn:$PARTITION:$1:$REGION:$ACCOUNT:$2"; }
topic() { arn sns "$PREFIX$1"; }
queue() { arn sqs "$PREFIX$1"; }
# What a function has of its own in a column of SETTINGS, or else $3.
own() { awk -v name="$1" -v column="$2" -v all="$3" '$1 == name && $column != "-" { all = $column } END { print all }' <<<"$SETTINGS"; }
timeout_of() { own "$1" 3 "$TIMEOUT"; }
# A text, as it stands between quotes in JSON.
escaped() { local text=${1//\\/\\\\}; printf '%s' "${text//\"/\\\"}"; }
# What effects are told, as members of JSON. A dry run tells nobody.
variables_of() {
  local name variable value
  while read -r name variable; do
    [ "$name" = "$1" ] || continue
    value=${!variable-}
    [ -z "$DRY_RUN" ] || value="from $variable"
    printf ',"%s":"%s"' "$variable" "$(escaped "$value")"
  done <<<"$VARIABLES"
}
role() { echo "arn:$PARTITION:iam::$ACCOUNT:role/$PREFIX$1"; }
topics_of() { local name found=""; while read -r name at _; do [ "$at" != "$1" ] || found="$found $(topic "$name")"; done <<<"$SUBSCRIPTIONS"; echo "$found"; }

# $1: name, $2: topics that may send, $3: further attributes.
ensure_queue() {
  local policy attributes url
  policy="{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"sns.amazonaws.com\"},\"Action\":\"sqs:SendMessage\",\"Resource\":\"$(queue "$1")\",\"Condition\":{\"ArnEquals\":{\"aws:SourceArn\":$(list $2)}}}]}"
  attributes="{\"SqsManagedSseEnabled\":\"true\",\"MaximumMessageSize\":\"1048576\",\"Policy\":\"${policy//\"/\\\"}\",$3}"
  # Creating one that is there with the same attributes is nothing at all.
  made QueueAlreadyExists sqs create-queue --queue-name "$PREFIX$1" --attributes "$attributes" && return
  url=$(ask sqs get-queue-url --queue-name "$PREFIX$1" --query QueueUrl)
  call sqs set-queue-attributes --queue-url "$url" --attributes "$attributes"
}

# That of a topic and a queue, where there is one.
subscription() { awk -v topic="$(topic "$1")" -v queue="$(queue "$2")" '$1 == topic && $2 == queue { print $3 }' <<<"$SUBSCRIBED"; }
# Lets everything pass but the types that it is given. What has no type comes first, as in template.yaml.
filter() { echo "{\"type\":[{\"exists\":false},{\"anything-but\":$(list "$@")}]}"; }
# Whether a filter $1 withholds any of the types that follow.
withholds() {
  local policy=$1 type
  shift
  for type in "$@"; do
    case "$policy" in
      "" | None) return 1 ;;
      *anything-but*\"$type\"*) return 0 ;;
      *anything-but*) ;;
      # One of earlier versions, which names what passes.
      *\"$type\"*) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

# $1: topic, $2: queue, then attributes in pairs.
ensure_subscription() {
  local topic_arn queue_arn arn
  topic_arn=$(topic "$1") queue_arn=$(queue "$2") arn=$(subscription "$1" "$2")
  shift 2
  if [ -z "$arn" ]; then
    local attributes=""
    while [ $# -gt 0 ]; do attributes="$attributes${attributes:+,}\"$1\":\"${2//\"/\\\"}\"" && shift 2; done
    call sns subscribe --topic-arn "$topic_arn" --protocol sqs --notification-endpoint "$queue_arn" --attributes "{$attributes}"
  else
    while [ $# -gt 0 ]; do
      call sns set-subscription-attributes --subscription-arn "$arn" --attribute-name "$1" --attribute-value "$2" && shift 2
    done
  fi >/dev/null
}

# A table that was made before there was an index gets it where it is. The functions go on meanwhile.
ensure_index() {
  local tries=0 status
  while [ -z "$DRY_RUN" ]; do
    status=$(ask dynamodb describe-table --table-name "$table" --query "Table.GlobalSecondaryIndexes[?IndexName=='due'].IndexStatus") || status=unknown
    case "$status" in
      ACTIVE) return ;;
      "" | None)
        call dynamodb update-table --table-name "$table" --attribute-definitions "${attributes[@]}" \
          --global-secondary-index-updates "[{\"Create\":$index}]" >/dev/null ;;
    esac
    [ $tries -lt 360 ] || { echo "$table: its index is $status after half an hour" >&2 && return 1; }
    tries=$((tries + 1))
    sleep 5
  done
}

ensure_role() { # $1: function, $2: what keys of documents match, with commas between, $3: topics
  local policy read="" due="" publish="" between='","'
  [ -z "$3" ] || publish=",{\"Effect\":\"Allow\",\"Action\":\"sns:Publish\",\"Resource\":$(list $3)}"
  case " $CONSUMERS " in *" $1 "*)
    due=",{\"Effect\":\"Allow\",\"Action\":\"dynamodb:Query\",\"Resource\":\"$(arn dynamodb "table/${PREFIX}ledger/index/due")\",\"Condition\":{\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"${2%%-[*?]*}#*\"]}}}" ;;
  esac
  case " $QUEUES " in *" $1 "*)
    read=",{\"Effect\":\"Allow\",\"Action\":[\"sqs:ReceiveMessage\",\"sqs:DeleteMessage\",\"sqs:GetQueueAttributes\"],\"Resource\":\"$(queue "$1")\"}" ;;
  esac
  policy="{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":\"$(arn logs "log-group:/aws/lambda/$PREFIX$1:*")\"},{\"Effect\":\"Allow\",\"Action\":[\"dynamodb:GetItem\",\"dynamodb:PutItem\",\"dynamodb:BatchGetItem\",\"dynamodb:BatchWriteItem\"],\"Resource\":\"$(arn dynamodb "table/${PREFIX}ledger")\",\"Condition\":{\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"${2//,/$between}\"]}}}$due$publish$read]}"
  made EntityAlreadyExists iam create-role --role-name "$PREFIX$1" \
    --assume-role-policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}' || true
  call iam put-role-policy --role-name "$PREFIX$1" --policy-name least --policy-document "$policy"
}

ensure_function() {
  local name=$PREFIX$1 zip="fileb://$DIST/$1.zip" more environment
  more=$(variables_of "$1")
  case "$1" in
    edge) more="$more,\"EDGE_DEMO\":\"$DEMO\",\"EDGE_SECRET\":\"$(escaped "$EDGE_SECRET")\"" ;;
    *) more="$more,\"LETTER_SECRET\":\"$(escaped "$LETTER_SECRET")\"" ;;
  esac
  environment="{\"Variables\":{\"LEDGER_TABLE\":\"${PREFIX}ledger\",\"MAX_EVENT_BYTES\":\"$MAX_EVENT_BYTES\",\"RELAY\":\"on\",\"TOPIC_ARN_PREFIX\":\"$(topic "")\"$more}}"
  # A dry run has no secret to tell, and shows what the file would hold.
  if [ -z "$DRY_RUN" ]; then
    printf '%s' "$environment" >"$SETTINGS_FILE"
    environment=file://$SETTINGS_FILE
  fi
  local settings=(--runtime nodejs24.x --handler index.handler --role "$(role "$1")"
    --memory-size "$(own "$1" 2 "$MEMORY")" --timeout "$(timeout_of "$1")" --environment "$environment"
    --logging-config "LogFormat=JSON,LogGroup=/aws/lambda/$name")
  if [ -n "$(awk -v name="$name" '$1 == name' <<<"$DEPLOYED")" ]; then
    call lambda update-function-code --function-name "$name" --zip-file "$zip" --architectures arm64
    call lambda wait function-updated-v2 --function-name "$name"
    call lambda update-function-configuration --function-name "$name" "${settings[@]}"
  else
    patiently lambda create-function --function-name "$name" --zip-file "$zip" --architectures arm64 "${settings[@]}"
  fi >/dev/null
  call lambda wait function-active-v2 --function-name "$name"
}

ensure_mapping() {
  local id settings=(--function-name "$PREFIX$1" --batch-size 10 --function-response-types ReportBatchItemFailures
    --scaling-config "MaximumConcurrency=$(own "$1" 4 "$CONCURRENCY")")
  id=$(awk -v queue="$(queue "$1")" -v fn=":function:$PREFIX$1" '$1 == queue && index($2, fn) { print $3 }' <<<"$MAPPED")
  if [ -n "$id" ]; then
    call lambda update-event-source-mapping --uuid "$id" "${settings[@]}" >/dev/null
  else
    patiently lambda create-event-source-mapping --event-source-arn "$(queue "$1")" "${settings[@]}"
  fi
}

# Has a function say, each minute, what it saved and did not say.
ensure_relay() {
  local name=$PREFIX$1-relay target failed
  target="[{\"Id\":\"function\",\"Arn\":\"$(arn lambda "function:$PREFIX$1")\",\"Input\":\"{\\\"relay\\\":true}\",\"RetryPolicy\":{\"MaximumRetryAttempts\":0}}]"
  call events put-rule --name "$name" --schedule-expression "rate(1 minute)" --state ENABLED >/dev/null
  made ResourceConflict lambda add-permission --function-name "$PREFIX$1" --statement-id relay \
    --action lambda:InvokeFunction --principal events.amazonaws.com --source-arn "$(arn events "rule/$name")" || true
  # A target that is refused is no error of the call.
  failed=$(call events put-targets --rule "$name" --targets "$target" --query FailedEntryCount --output text)
  [ "${failed:-0}" = 0 ] || { echo "$name: must have its function as target, and was refused it" >&2 && exit 1; }
}

ensure_edge() {
  local edge=(--function-name "${PREFIX}edge")
  # Before anybody is let in: strangers must not take the account's concurrency from the other functions.
  if [ "$URL_AUTH" = NONE ] && [ "$EDGE_CONCURRENCY" -gt 0 ]; then
    call lambda put-function-concurrency "${edge[@]}" --reserved-concurrent-executions "$EDGE_CONCURRENCY" >/dev/null
  elif [ -z "$DRY_RUN" ]; then
    call lambda delete-function-concurrency "${edge[@]}"
  fi
  made ResourceConflict lambda create-function-url-config "${edge[@]}" --auth-type "$URL_AUTH" ||
    call lambda update-function-url-config "${edge[@]}" --auth-type "$URL_AUTH" >/dev/null
  if [ "$URL_AUTH" = NONE ]; then
    made ResourceConflict lambda add-permission "${edge[@]}" --statement-id public-url \
      --action lambda:InvokeFunctionUrl --principal "*" --function-url-auth-type NONE || true
    made ResourceConflict lambda add-permission "${edge[@]}" --statement-id public-by-url-only \
      --action lambda:InvokeFunction --principal "*" --invoked-via-function-url || true
  elif [ -z "$DRY_RUN" ]; then
    for each in public-url public-by-url-only; do
      made ResourceNotFound lambda remove-permission "${edge[@]}" --statement-id "$each" || true
    done
  fi
}

say "topics"
for each in $TOPICS dead-letters; do
  call sns create-topic --name "$PREFIX$each" >/dev/null
  # 256 KiB by default. A topic that takes more may have 100 subscriptions, all of SQS, Lambda or Firehose.
  [ "$MAX_EVENT_BYTES" -le 194560 ] ||
    call sns set-topic-attributes --topic-arn "$(topic "$each")" --attribute-name MaximumMessageSize --attribute-value 1048576
done

say "queues"
senders=""
for each in $HEARD dead-letters; do senders="$senders $(topic "$each")"; done
redrive="{\\\"deadLetterTargetArn\\\":\\\"$(queue dead-letters)\\\",\\\"maxReceiveCount\\\":5}"
ensure_queue dead-letters "$senders" '"MessageRetentionPeriod":"1209600"'
for each in $QUEUES; do
  ensure_queue "$each" "$(topics_of "$each")" "\"VisibilityTimeout\":\"$(($(timeout_of "$each") * 6))\",\"MessageRetentionPeriod\":\"604800\",\"RedrivePolicy\":\"$redrive\""
done

say "subscriptions"
SUBSCRIBED=$(ask sns list-subscriptions --query "Subscriptions[].[TopicArn,Endpoint,SubscriptionArn]" || true)
ensure_subscription dead-letters dead-letters RawMessageDelivery true
# Topics and queues whose filter withholds more than it did: from functions that may still consume it.
narrower="" wider=""
while read -r from to types; do
  [ -n "$from" ] || continue
  withheld=$(awk -v topic="$from" -v queue="$to" '$1 == topic && $2 == queue { $1 = $2 = ""; print }' <<<"$FILTERS")
  arn=$(subscription "$from" "$to")
  if [ -n "$arn" ]; then
    policy=$(call sns get-subscription-attributes --subscription-arn "$arn" --query Attributes.FilterPolicy --output text)
    if withholds "$policy" $types; then wider="$wider $to"; fi
    still=""
    for each in $withheld; do
      case "$policy" in *anything-but*\"$each\"*) still="$still $each" ;; *) narrower="$narrower $from/$to" ;; esac
    done
    withheld=${still:-none}
  fi
  ensure_subscription "$from" "$to" RawMessageDelivery true FilterPolicyScope MessageAttributes \
    FilterPolicy "$(filter $withheld)" RedrivePolicy "{\"deadLetterTargetArn\":\"$(queue dead-letters)\"}"
done <<<"$SUBSCRIPTIONS"

say "table"
table=${PREFIX}ledger
attributes=(AttributeName=id,AttributeType=S AttributeName=due_of,AttributeType=S AttributeName=due_at,AttributeType=N)
index='{"IndexName":"due","KeySchema":[{"AttributeName":"due_of","KeyType":"HASH"},{"AttributeName":"due_at","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}'
made ResourceInUse dynamodb create-table --table-name "$table" --billing-mode PAY_PER_REQUEST \
  --attribute-definitions "${attributes[@]}" --key-schema AttributeName=id,KeyType=HASH --global-secondary-indexes "[$index]" || true
call dynamodb wait table-exists --table-name "$table"
ensure_index
case "$(ask dynamodb describe-time-to-live --table-name "$table" --query TimeToLiveDescription.TimeToLiveStatus || true)" in
  ENABL*) ;;
  *) call dynamodb update-time-to-live --table-name "$table" --time-to-live-specification Enabled=true,AttributeName=expires >/dev/null ;;
esac
call dynamodb update-continuous-backups --table-name "$table" --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true >/dev/null

if [ -n "$wider" ] && [ "$FILTER_WAIT" -gt 0 ]; then
  say "waits $FILTER_WAIT s until SNS brings what it withheld and is now consumed:$wider"
  sleep "$FILTER_WAIT"
fi

say "roles and functions"
DEPLOYED=$(ask lambda list-functions --query "Functions[].[FunctionName]" || true)
[ -z "$EDGES" ] || EDGE_SECRET=$(secret EDGE_SECRET edge)
LETTER_SECRET=$(secret LETTER_SECRET "$CONSUMERS")
while read -r name keys emits; do
  [ -n "$name" ] || continue
  targets=""
  for each in $emits; do targets="$targets $(topic "$each")"; done
  ensure_role "$name" "$keys" "$targets"
  made ResourceAlreadyExists logs create-log-group --log-group-name "/aws/lambda/$PREFIX$name" || true
  call logs put-retention-policy --log-group-name "/aws/lambda/$PREFIX$name" --retention-in-days "$LOG_DAYS"
  ensure_function "$name"
done <<<"$FUNCTIONS"

# Now that nobody consumes it any more.
while read -r from to withheld; do
  case " $narrower " in *" $from/$to "*) ensure_subscription "$from" "$to" FilterPolicy "$(filter $withheld)" ;; esac
done <<<"$FILTERS"

say "event source mappings"
MAPPED=$(ask lambda list-event-source-mappings --query "EventSourceMappings[].[EventSourceArn,FunctionArn,UUID]" || true)
for each in $QUEUES; do ensure_mapping "$each"; done

say "schedules"
for each in $CONSUMERS; do ensure_relay "$each"; done

if [ -n "$EDGES" ]; then
  say "public edge"
  ensure_edge
fi

say "alarms"
while read -r alarm; do
  [ -z "$alarm" ] ||
    call cloudwatch put-metric-alarm --cli-input-json "${alarm//@PREFIX@/$PREFIX}" ${ALARM_TOPIC:+--alarm-actions "$ALARM_TOPIC"}
done <<<"$ALARMS"

[ -z "$DRY_RUN" ] || exit 0
[ -n "$EDGES" ] || { echo "done" && exit 0; }
url=$(ask lambda get-function-url-config --function-name "${PREFIX}edge" --query FunctionUrl)
while read -r method path; do
  [ -z "$method" ] || echo "done: curl -X $method ${url%/}$path"
done <<<"$EDGES"
