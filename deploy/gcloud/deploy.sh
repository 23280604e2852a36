#!/usr/bin/env bash
# Creates or updates the system on Google Cloud. Run it again as often as you like; build first (npm run build).
set -euo pipefail
FROM="$PWD"
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/gcloud/project.sh
. deploy/gcloud/project.sh

# The public edge comes after them: no request before every subscription exists.
PARTS="base $FUNCTIONS${EDGE:+ $EDGE} alerts"

usage() {
  cat <<TEXT
deploy/gcloud/deploy.sh --project ID --region REGION [options]

  --project ID      the Google Cloud project
  --region REGION   of functions and database, such as europe-west1
  --prefix PREFIX   what all names begin with ($NAME-)
  --only A,B        only these: ${PARTS// /, }
  --public          lets everybody use the edge; without it callers need roles/run.invoker
  --demo            an empty body asks the edge for something made up
  --triggers        Eventarc triggers instead of push subscriptions
  --ordered         keeps the order of events about one subject (only for subscriptions that are new)
  --notify CHANNEL  who is told of alerts: projects/ID/notificationChannels/NUMBER; without it they are seen in the console
  --build-service-account ACCOUNT
                    who builds the functions: projects/ID/serviceAccounts/EMAIL; without it an account of their own
  --adopt           takes over what bears these names and not our labels: you know that it is yours
  --dist FOLDER     where the built functions are (dist/gcf)
  --dry-run         prints the gcloud commands for an empty project, runs none
TEXT
}

PROJECT="" REGION="" ONLY="$PARTS" NOTIFY="" PUBLIC=no DEMO=off TRIGGERS=no ORDERED=no BUILDS_AS="" ADOPT=no DIST="" DRY_RUN=no
while [ $# -gt 0 ]; do
  case "$1" in
    --project | --region | --prefix | --only | --notify | --build-service-account | --dist)
      [ $# -ge 2 ] || wrong "$1: must have a value"
      case "$1" in
        --project) PROJECT="$2" ;;
        --region) REGION="$2" ;;
        --prefix) PREFIX="$2" ;;
        --only) ONLY="${2//,/ }" ;;
        --notify) NOTIFY="$2" ;;
        --build-service-account) BUILDS_AS="$2" ;;
        --dist) case "$2" in /*) DIST="$2" ;; *) DIST="$FROM/$2" ;; esac ;;
      esac
      shift 2
      ;;
    --public) PUBLIC=yes; shift ;;
    --demo) DEMO=on; shift ;;
    --triggers) TRIGGERS=yes; shift ;;
    --ordered) ORDERED=yes; shift ;;
    --adopt) ADOPT=yes; shift ;;
    --dry-run) DRY_RUN=yes; shift ;;
    --help | -h) usage; exit 0 ;;
    *) echo "$1: not known" >&2; usage >&2; exit 2 ;;
  esac
done
settle
for part in $ONLY; do
  case " $PARTS " in
    *" $part "*) ;;
    *) wrong "--only: must name some of $PARTS, got $part" ;;
  esac
done
if [ "$TRIGGERS" = yes ] && [ "$ORDERED" = yes ]; then
  wrong "--ordered: must not be combined with --triggers, whose subscriptions are Eventarc's"
fi
wants() { case " $ONLY " in *" $1 "*) ;; *) return 1 ;; esac }
for name in $FUNCTIONS $EDGE; do
  if wants "$name" && [ ! -d "${DIST:-dist/gcf}/$name" ]; then
    wrong "${DIST:-dist/gcf}/$name: is not there, which npm run build makes"
  fi
done

PUSHES_AS="$(account_of "$PUSHER")"

# ask <what stands for it in a dry run> <gcloud arguments>
ask() {
  local placeholder="$1"
  shift
  if [ "$DRY_RUN" = yes ]; then echo "$placeholder"; else gcloud "$@" --project="$PROJECT" --quiet; fi
}

# The account of Pub/Sub itself, which moves dead letters and makes the tokens of pushes.
pubsub_agent() {
  echo "service-$(ask PROJECT_NUMBER projects describe "$PROJECT" --format='value(projectNumber)')@gcp-sa-pubsub.iam.gserviceaccount.com"
}

# What is looked at: what it is and its name, one a line.
names() {
  local name topic
  if wants base; then
    for topic in dead-letters $TOPICS; do echo "topic $PREFIX$topic"; done
    echo "subscription $DEAD_LETTERS"
    for name in $FUNCTIONS $EDGE $PUSHER; do echo "account $PREFIX$name"; done
    [ -n "$BUILDS_AS" ] || echo "account $PREFIX$BUILDER"
    echo "database $DATABASE"
    [ -z "$EDGE" ] || echo "secret $EDGE_SECRET"
    echo "secret $LETTER_SECRET"
  fi
  for name in $FUNCTIONS $EDGE; do
    wants "$name" || continue
    echo "function $PREFIX$name"
    [ "$name" != "$EDGE" ] || continue
    echo "job $PREFIX$name-relay"
    for topic in $(topics_of "$name"); do
      if [ "$TRIGGERS" = yes ]; then echo "trigger $PREFIX$name-$topic"; else echo "subscription $PREFIX$name-$topic"; fi
    done
  done
}

# What bears our names and not our label is somebody else's until we are told that it is not.
refuse_what_is_theirs() {
  local what name foreign=""
  while read -r what name; do
    if is "$what" "$name" theirs; then foreign="$foreign
  $what $name"; fi
  done < <(names)
  if [ -n "$foreign" ] && [ "$ADOPT" = no ]; then
    echo "Nothing is deployed: not marked as $LABELS, and so perhaps somebody else's, are$foreign
Choose other names with --prefix, or, where they are yours, take them over with --adopt." >&2
    exit 1
  fi
}

account() {
  if ! is_there account "$PREFIX$1"; then
    run iam service-accounts create "$PREFIX$1" --display-name="$NAME: $2" --description="$LABELS"
  elif is account "$PREFIX$1" theirs; then
    run iam service-accounts update "$(account_of "$1")" --description="$LABELS"
  fi
}

apis() {
  run services enable artifactregistry.googleapis.com cloudbuild.googleapis.com cloudfunctions.googleapis.com \
    cloudscheduler.googleapis.com eventarc.googleapis.com firestore.googleapis.com iam.googleapis.com \
    monitoring.googleapis.com pubsub.googleapis.com run.googleapis.com secretmanager.googleapis.com
}

# lets_publish <function> <topic>
lets_publish() {
  run pubsub topics add-iam-policy-binding "$PREFIX$2" \
    --member="serviceAccount:$(account_of "$1")" --role=roles/pubsub.publisher
}

base() {
  local name topic pair role field
  run beta services identity create --service=pubsub.googleapis.com
  for name in $FUNCTIONS $EDGE; do account "$name" "what $name runs as"; done
  account "$PUSHER" "whom the functions let in"
  run iam service-accounts add-iam-policy-binding "$PUSHES_AS" \
    --member="serviceAccount:$AGENT" --role=roles/iam.serviceAccountTokenCreator
  if [ "$TRIGGERS" = yes ]; then
    run projects add-iam-policy-binding "$PROJECT" \
      --member="serviceAccount:$PUSHES_AS" --role=roles/eventarc.eventReceiver --condition=None
  fi
  if [ -z "$BUILDS_AS" ]; then
    account "$BUILDER" "who builds the functions"
    # No roles/cloudbuild.builds.builder, which would let builds publish to every topic of the project.
    for role in $BUILDER_ROLES; do
      run projects add-iam-policy-binding "$PROJECT" \
        --member="serviceAccount:$(account_of "$BUILDER")" --role="$role" --condition=None
    done
  fi

  # The dead letters have a holder before the first event flows. A topic alone would throw them away.
  for topic in dead-letters $TOPICS; do
    if ! is_there topic "$PREFIX$topic"; then
      run pubsub topics create "$PREFIX$topic" --labels="$LABELS"
    elif is topic "$PREFIX$topic" theirs; then
      run pubsub topics update "$PREFIX$topic" --update-labels="$LABELS"
    fi
  done
  if ! is_there subscription "$DEAD_LETTERS"; then
    run pubsub subscriptions create "$DEAD_LETTERS" --topic="$DEAD_LETTERS" --labels="$LABELS" \
      --ack-deadline=60 --message-retention-duration=31d --expiration-period=never
  elif is subscription "$DEAD_LETTERS" theirs; then
    run pubsub subscriptions update "$DEAD_LETTERS" --update-labels="$LABELS"
  fi
  run pubsub topics add-iam-policy-binding "$DEAD_LETTERS" \
    --member="serviceAccount:$AGENT" --role=roles/pubsub.publisher
  for name in $FUNCTIONS; do lets_publish "$name" dead-letters; done
  for pair in $PUBLISHES; do lets_publish "${pair%%:*}" "${pair##*:}"; done

  is_there database "$DATABASE" ||
    run firestore databases create --database="$DATABASE" --location="$REGION" --type=firestore-native
  # First of all, for by this we know it for ours when a run that failed is run again.
  run firestore fields ttls update expires --collection-group=ledger --database="$DATABASE" --enable-ttl --async
  for name in $FUNCTIONS $EDGE; do
    run projects add-iam-policy-binding "$PROJECT" \
      --member="serviceAccount:$(account_of "$name")" --role=roles/datastore.user \
      --condition="expression=resource.name==\"projects/$PROJECT/databases/$DATABASE\",title=$DATABASE"
  done
  # The ledger is read by key, and by when its documents are due. An index on the documents would cost and limit their size.
  for field in entry save; do
    run firestore indexes fields update "$field" --collection-group=ledger --database="$DATABASE" --disable-indexes
  done
  # With another, a key that was used asks for something new.
  [ -z "$EDGE" ] || secret "$EDGE_SECRET" "$EDGE"
  # With another, no letter of before is known by its seal.
  secret "$LETTER_SECRET" "$FUNCTIONS"
}

# secret <name> <whose functions may read it>: made once
secret() {
  local name value=""
  if ! is_there secret "$1"; then
    [ "$DRY_RUN" = yes ] || value="$(openssl rand -hex 32)"
    run secrets create "$1" --replication-policy=automatic --labels="$LABELS" --data-file=- < <(printf %s "$value")
  elif is secret "$1" theirs; then
    run secrets update "$1" --update-labels="$LABELS"
  fi
  for name in $2; do
    run secrets add-iam-policy-binding "$1" \
      --member="serviceAccount:$(account_of "$name")" --role=roles/secretmanager.secretAccessor
  done
}

# A push writes a message's attributes, 100 of 1,280 bytes at most, as headers, of which Node takes 16 KiB: what is beyond would be
# answered 431 and come again. In production Express shows nobody a stack.
NODE=NODE_OPTIONS=--max-http-header-size=278528,NODE_ENV=production

# function_of <name> <further variables> <further flags>: for one event 10 s, for one request 30 s, before a message comes again 60 s.
function_of() {
  local name="$1" variables="$2"
  shift 2
  [ "$ORDERED" = no ] || variables="$variables,PUBSUB_ORDERING=true"
  run functions deploy "$PREFIX$name" --gen2 --region="$REGION" --runtime=nodejs24 --update-labels="$LABELS" \
    --source="${DIST:-dist/gcf}/$name" --entry-point="$name" --run-service-account="$(account_of "$name")" \
    --build-service-account="${BUILDS_AS:-projects/$PROJECT/serviceAccounts/$(account_of "$BUILDER")}" \
    --update-env-vars="GOOGLE_CLOUD_PROJECT=$PROJECT,FIRESTORE_DATABASE=$DATABASE,TOPIC_PREFIX=$PREFIX,DISPATCH_TIMEOUT_MS=10000,RELAY=on,$NODE$variables" \
    --memory=512Mi --cpu=1 --concurrency=16 --timeout=30s --max-instances=20 "$@"
}

url_of() { ask "https://$PREFIX$1.example" functions describe "$PREFIX$1" --region="$REGION" --format='value(serviceConfig.uri)'; }

lets_in() { run functions add-invoker-policy-binding "$PREFIX$1" --region="$REGION" --member="serviceAccount:$PUSHES_AS"; }

# How often, until it is a dead letter: 30 times with 10 s to 10 min between them last longer than 3 hours of outage.
REDELIVERY="--ack-deadline=60 --message-retention-duration=7d --expiration-period=never
  --min-retry-delay=10s --max-retry-delay=600s
  --dead-letter-topic=$DEAD_LETTERS --max-delivery-attempts=30"

# Pub/Sub takes a message from a subscription only if it may: without this nothing ever becomes a dead letter.
let_dead_letters_out() {
  run pubsub subscriptions add-iam-policy-binding "$1" \
    --member="serviceAccount:$AGENT" --role=roles/pubsub.subscriber
}

# The events arrive as they were published: CloudEvents over HTTP, for which the path names the topic.
push_to() {
  local name="$1" url topic subscription ordering=""
  function_of "$name" "" --set-secrets="LETTER_SECRET=$LETTER_SECRET:latest" --trigger-http --no-allow-unauthenticated --ingress-settings=internal-only
  lets_in "$name"
  url="$(url_of "$name")"
  [ "$ORDERED" = no ] || ordering=--enable-message-ordering
  for topic in $(topics_of "$name"); do
    subscription="$PREFIX$name-$topic"
    # Unquoted on purpose: several flags, or none.
    # shellcheck disable=SC2086
    set -- $REDELIVERY --push-endpoint="$url/$topic" --push-no-wrapper --push-no-wrapper-write-metadata \
      --push-auth-service-account="$PUSHES_AS" --push-auth-token-audience="$url"
    if is_there subscription "$subscription"; then
      run pubsub subscriptions update "$subscription" "$@" --update-labels="$LABELS"
    else
      # shellcheck disable=SC2086
      run pubsub subscriptions create "$subscription" --topic="$PREFIX$topic" "$@" --labels="$LABELS" $ordering
    fi
    let_dead_letters_out "$subscription"
  done
}

# The same by Eventarc, whose subscriptions retry for a day and have no dead letters until they are told.
trigger() {
  local name="$1" first topic id subscription
  # Unquoted on purpose: one word for each topic.
  # shellcheck disable=SC2046
  first="$(first_of $(topics_of "$name"))"
  function_of "$name" "" --set-secrets="LETTER_SECRET=$LETTER_SECRET:latest" --trigger-topic="$PREFIX$first" --retry --trigger-location="$REGION" \
    --trigger-service-account="$PUSHES_AS" --no-allow-unauthenticated --ingress-settings=internal-only
  lets_in "$name"
  for topic in $(topics_of "$name"); do
    if [ "$topic" = "$first" ]; then
      id="$(ask "trigger-of-$name" functions describe "$PREFIX$name" --region="$REGION" --format='value(eventTrigger.trigger)')"
      id="${id##*/}"
    else
      id="$PREFIX$name-$topic"
      if ! is_there trigger "$id"; then
        run eventarc triggers create "$id" --location="$REGION" --labels="$LABELS" \
          --event-filters=type=google.cloud.pubsub.topic.v1.messagePublished \
          --transport-topic="projects/$PROJECT/topics/$PREFIX$topic" \
          --destination-run-service="$PREFIX$name" --destination-run-region="$REGION" --service-account="$PUSHES_AS"
      elif is trigger "$id" theirs; then
        run eventarc triggers update "$id" --location="$REGION" --update-labels="$LABELS"
      fi
    fi
    subscription="$(ask "subscription-of-$id" eventarc triggers describe "$id" --location="$REGION" --format='value(transport.pubsub.subscription)')"
    # shellcheck disable=SC2086
    run pubsub subscriptions update "$subscription" $REDELIVERY
    let_dead_letters_out "$subscription"
  done
}

# What a function saved and did not say is said by whoever looks, each minute: a look that fails is followed by the next.
relay_of() {
  local name="$1" url verb=create
  url="$(url_of "$name")"
  if is_there job "$PREFIX$name-relay"; then verb=update; fi
  run scheduler jobs "$verb" http "$PREFIX$name-relay" --location="$REGION" --description="$LABELS" --schedule="* * * * *" \
    --uri="$url/~relay" --http-method=POST --attempt-deadline=30s --max-retry-attempts=0 \
    --oidc-service-account-email="$PUSHES_AS" --oidc-token-audience="$url"
}

edge() {
  local access=--no-allow-unauthenticated
  [ "$PUBLIC" = no ] || access=--allow-unauthenticated
  function_of "$EDGE" ",EDGE_DEMO=$DEMO" --set-secrets="EDGE_SECRET=$EDGE_SECRET:latest" --trigger-http "$access"
}

# Another's policy of the same name stays as it is. Whom somebody has added to ours, it keeps.
alert() {
  local id="" channels policy
  policy="--policy=$(sed -e "s/@PREFIX@/$PREFIX/g" -e "s/@NAME@/$NAME/g" "deploy/gcloud/alerts/$1.json" | tr -s '\n ' ' ')"
  [ "$DRY_RUN" = yes ] || id="$(policy_of "$1")"
  if [ -z "$id" ]; then
    run alpha monitoring policies create "$policy" ${NOTIFY:+"--notification-channels=$NOTIFY"}
  else
    channels="${NOTIFY:-$(ask "" alpha monitoring policies describe "$id" --format='value(notificationChannels.list())')}"
    run alpha monitoring policies update "$id" "$policy" ${channels:+"--set-notification-channels=$channels"}
  fi
}

if wants base; then apis; fi
if [ "$DRY_RUN" = no ] && [ -n "$(names)" ]; then
  look_for_all
  if wants base; then look_for_data; fi
  refuse_what_is_theirs
fi
AGENT="$(pubsub_agent)"
for part in $PARTS; do
  wants "$part" || continue
  case "$part" in
    base) base ;;
    "$EDGE") edge ;;
    alerts) for name in $ALERTS; do alert "$name"; done ;;
    *)
      if [ "$TRIGGERS" = yes ] && [ -n "$(topics_of "$part")" ]; then trigger "$part"; else push_to "$part"; fi
      relay_of "$part"
      ;;
  esac
done
if [ -n "$EDGE" ] && wants "$EDGE"; then
  echo "The edge is at $(url_of "$EDGE")"
fi
