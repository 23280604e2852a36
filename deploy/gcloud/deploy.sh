#!/usr/bin/env bash
# Creates or updates the shop on Google Cloud. Run it again as often as you like; build first (npm run build).
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
  cat <<'TEXT'
deploy/gcloud/deploy.sh --project ID --region REGION [options]

  --project ID      the Google Cloud project
  --region REGION   of functions and database, such as europe-west1
  --only A,B        only these: base, billing, notification, shipping, order, orders, alerts
  --public          lets everybody place orders; without it callers need roles/run.invoker
  --triggers        Eventarc triggers instead of push subscriptions
  --ordered         keeps the order of events about one order (only for subscriptions that are new)
  --notify CHANNEL  who is told of alerts: projects/ID/notificationChannels/NUMBER; without it they are seen in the console
  --dry-run         prints the gcloud commands for an empty project, runs none
TEXT
}

# What consumes what: <function>:<topic>. A test compares this with the catalogue.
SUBSCRIPTIONS="billing:orders notification:orders shipping:orders order:bills order:shipments"
TOPICS="orders bills shipments"
DEAD_LETTERS=dead-letters
ALERTS="loosely-unsaid loosely-dead-letters"
# The public edge comes after them: no order before every subscription exists.
PARTS="base billing notification shipping order orders alerts"
DATABASE=loosely

PROJECT="" REGION="" ONLY="$PARTS" NOTIFY="" PUBLIC=no TRIGGERS=no ORDERED=no DRY_RUN=no
while [ $# -gt 0 ]; do
  case "$1" in
    --project | --region | --only | --notify)
      [ $# -ge 2 ] || { echo "$1: must have a value" >&2; exit 2; }
      case "$1" in
        --project) PROJECT="$2" ;;
        --region) REGION="$2" ;;
        --only) ONLY="${2//,/ }" ;;
        --notify) NOTIFY="$2" ;;
      esac
      shift 2
      ;;
    --public) PUBLIC=yes; shift ;;
    --triggers) TRIGGERS=yes; shift ;;
    --ordered) ORDERED=yes; shift ;;
    --dry-run) DRY_RUN=yes; shift ;;
    --help | -h) usage; exit 0 ;;
    *) echo "$1: not known" >&2; usage >&2; exit 2 ;;
  esac
done
if [ -z "$PROJECT" ] || [ -z "$REGION" ]; then
  echo "--project and --region: must be set" >&2
  usage >&2
  exit 2
fi
for part in $ONLY; do
  case " $PARTS " in
    *" $part "*) ;;
    *) echo "--only: must name some of $PARTS, got $part" >&2; exit 2 ;;
  esac
done
if [ "$TRIGGERS" = yes ] && [ "$ORDERED" = yes ]; then
  echo "--ordered: must not be combined with --triggers, whose subscriptions are Eventarc's" >&2
  exit 2
fi

RUNS_AS="loosely-functions@$PROJECT.iam.gserviceaccount.com"
PUSHES_AS="loosely-push@$PROJECT.iam.gserviceaccount.com"

# Every command goes through one of these three.
run() {
  printf '+ gcloud'; printf ' %q' "$@"; echo
  [ "$DRY_RUN" = yes ] || gcloud "$@" --project="$PROJECT" --quiet
}
exists() { [ "$DRY_RUN" = no ] && gcloud "$@" --project="$PROJECT" --quiet >/dev/null 2>&1; }
# ask <what stands for it in a dry run> <gcloud arguments>
ask() {
  local placeholder="$1"
  shift
  if [ "$DRY_RUN" = yes ]; then echo "$placeholder"; else gcloud "$@" --project="$PROJECT" --quiet; fi
}

wants() { case " $ONLY " in *" $1 "*) ;; *) return 1 ;; esac }
topics_of() { for pair in $SUBSCRIPTIONS; do [ "${pair%%:*}" != "$1" ] || echo "${pair##*:}"; done; }

# The account of Pub/Sub itself, which moves dead letters and makes the tokens of pushes.
pubsub_agent() {
  echo "service-$(ask PROJECT_NUMBER projects describe "$PROJECT" --format='value(projectNumber)')@gcp-sa-pubsub.iam.gserviceaccount.com"
}

account() {
  exists iam service-accounts describe "$1@$PROJECT.iam.gserviceaccount.com" ||
    run iam service-accounts create "$1" --display-name="$2"
}

base() {
  run services enable artifactregistry.googleapis.com cloudbuild.googleapis.com cloudfunctions.googleapis.com \
    cloudscheduler.googleapis.com eventarc.googleapis.com firestore.googleapis.com iam.googleapis.com \
    monitoring.googleapis.com pubsub.googleapis.com run.googleapis.com
  run beta services identity create --service=pubsub.googleapis.com
  account loosely-functions "loosely: what the functions run as"
  account loosely-push "loosely: whom the functions let in"
  run iam service-accounts add-iam-policy-binding "$PUSHES_AS" \
    --member="serviceAccount:$AGENT" --role=roles/iam.serviceAccountTokenCreator
  if [ "$TRIGGERS" = yes ]; then
    run projects add-iam-policy-binding "$PROJECT" \
      --member="serviceAccount:$PUSHES_AS" --role=roles/eventarc.eventReceiver --condition=None
  fi

  # The dead letters have a holder before the first event flows. A topic alone would throw them away.
  for topic in "$DEAD_LETTERS" $TOPICS; do
    exists pubsub topics describe "$topic" || run pubsub topics create "$topic"
    run pubsub topics add-iam-policy-binding "$topic" \
      --member="serviceAccount:$RUNS_AS" --role=roles/pubsub.publisher
  done
  exists pubsub subscriptions describe "$DEAD_LETTERS" ||
    run pubsub subscriptions create "$DEAD_LETTERS" --topic="$DEAD_LETTERS" \
      --ack-deadline=60 --message-retention-duration=31d --expiration-period=never
  run pubsub topics add-iam-policy-binding "$DEAD_LETTERS" \
    --member="serviceAccount:$AGENT" --role=roles/pubsub.publisher

  exists firestore databases describe --database="$DATABASE" ||
    run firestore databases create --database="$DATABASE" --location="$REGION" --type=firestore-native
  run projects add-iam-policy-binding "$PROJECT" \
    --member="serviceAccount:$RUNS_AS" --role=roles/datastore.user --condition=None
  # The ledger is read by key, and by when its documents are due. An index on the documents would cost and limit their size.
  for field in entry save; do
    run firestore indexes fields update "$field" --collection-group=ledger --database="$DATABASE" --disable-indexes
  done
  run firestore fields ttls update expires --collection-group=ledger --database="$DATABASE" --enable-ttl --async
}

# A push writes a message's attributes, 100 of 1,280 bytes at most, as headers, of which Node takes 16 KiB: what is beyond would be
# answered 431 and come again. In production Express shows nobody a stack.
NODE=NODE_OPTIONS=--max-http-header-size=278528,NODE_ENV=production

# function_of <name> <further flags>: for one event 10 s, for one request 30 s, before a message comes again 60 s.
function_of() {
  local name="$1"
  shift
  run functions deploy "$name" --gen2 --region="$REGION" --runtime=nodejs24 \
    --source="dist/gcf/$name" --entry-point="$name" --run-service-account="$RUNS_AS" \
    --update-env-vars="GOOGLE_CLOUD_PROJECT=$PROJECT,FIRESTORE_DATABASE=$DATABASE,DISPATCH_TIMEOUT_MS=10000,RELAY=on,$NODE$(if [ "$ORDERED" = yes ]; then echo ,PUBSUB_ORDERING=true; fi)" \
    --memory=512Mi --cpu=1 --concurrency=16 --timeout=30s --max-instances=20 "$@"
}

url_of() { ask "https://$1.example" functions describe "$1" --region="$REGION" --format='value(serviceConfig.uri)'; }

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
  function_of "$name" --trigger-http --no-allow-unauthenticated --ingress-settings=internal-only
  run functions add-invoker-policy-binding "$name" --region="$REGION" --member="serviceAccount:$PUSHES_AS"
  url="$(url_of "$name")"
  [ "$ORDERED" = no ] || ordering=--enable-message-ordering
  for topic in $(topics_of "$name"); do
    subscription="$name-$topic"
    # Unquoted on purpose: several flags, or none.
    # shellcheck disable=SC2086
    set -- $REDELIVERY --push-endpoint="$url/$topic" --push-no-wrapper --push-no-wrapper-write-metadata \
      --push-auth-service-account="$PUSHES_AS" --push-auth-token-audience="$url"
    if exists pubsub subscriptions describe "$subscription"; then
      run pubsub subscriptions update "$subscription" "$@"
    else
      # shellcheck disable=SC2086
      run pubsub subscriptions create "$subscription" --topic="$topic" "$@" $ordering
    fi
    let_dead_letters_out "$subscription"
  done
}

# The same by Eventarc, whose subscriptions retry for a day and have no dead letters until they are told.
trigger() {
  local name="$1" first topic id subscription
  first="$(topics_of "$name" | head -n 1)"
  function_of "$name" --trigger-topic="$first" --retry --trigger-location="$REGION" \
    --trigger-service-account="$PUSHES_AS" --no-allow-unauthenticated --ingress-settings=internal-only
  run functions add-invoker-policy-binding "$name" --region="$REGION" --member="serviceAccount:$PUSHES_AS"
  for topic in $(topics_of "$name"); do
    if [ "$topic" = "$first" ]; then
      id="$(ask "trigger-of-$name" functions describe "$name" --region="$REGION" --format='value(eventTrigger.trigger)')"
      id="${id##*/}"
    else
      id="$name-$topic"
      exists eventarc triggers describe "$id" --location="$REGION" ||
        run eventarc triggers create "$id" --location="$REGION" \
          --event-filters=type=google.cloud.pubsub.topic.v1.messagePublished \
          --transport-topic="projects/$PROJECT/topics/$topic" \
          --destination-run-service="$name" --destination-run-region="$REGION" --service-account="$PUSHES_AS"
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
  if exists scheduler jobs describe "$name-relay" --location="$REGION"; then verb=update; fi
  run scheduler jobs "$verb" http "$name-relay" --location="$REGION" --schedule="* * * * *" \
    --uri="$url/~relay" --http-method=POST --attempt-deadline=30s --max-retry-attempts=0 \
    --oidc-service-account-email="$PUSHES_AS" --oidc-token-audience="$url"
}

# Policies have numbers of Google's: by its name it is asked for. Whom somebody has added to it, it keeps.
alert() {
  local id channels policy="--policy-from-file=deploy/gcloud/alerts/$1.json"
  id="$(ask "" alpha monitoring policies list --filter="displayName=\"$1\"" --limit=1 --format='value(name)')"
  if [ -z "$id" ]; then
    run alpha monitoring policies create "$policy" ${NOTIFY:+"--notification-channels=$NOTIFY"}
  else
    channels="${NOTIFY:-$(ask "" alpha monitoring policies describe "$id" --format='value(notificationChannels.list())')}"
    run alpha monitoring policies update "$id" "$policy" ${channels:+"--set-notification-channels=$channels"}
  fi
}

AGENT="$(pubsub_agent)"
for part in $PARTS; do
  wants "$part" || continue
  case "$part" in
    base) base ;;
    orders)
      if [ "$PUBLIC" = yes ]; then access=--allow-unauthenticated; else access=--no-allow-unauthenticated; fi
      function_of orders --trigger-http "$access"
      ;;
    alerts) for name in $ALERTS; do alert "$name"; done ;;
    *)
      if [ "$TRIGGERS" = yes ]; then trigger "$part"; else push_to "$part"; fi
      relay_of "$part"
      ;;
  esac
done
if wants orders; then
  echo "Orders are placed at $(url_of orders)/orders"
fi
