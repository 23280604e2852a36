#!/usr/bin/env bash
# Removes what deploy.sh made. The ledger and the dead letters stay, unless --data is given.
set -euo pipefail

usage() {
  cat <<'TEXT'
deploy/gcloud/destroy.sh --project ID --region REGION [options]

  --project ID      the Google Cloud project
  --region REGION   as given to deploy.sh
  --data            the ledger and the dead letters as well: they cannot be brought back
  --dry-run         prints the gcloud commands, runs none
TEXT
}

SUBSCRIPTIONS="billing-orders notification-orders shipping-orders order-bills order-shipments"
TOPICS="orders bills shipments"
# The public edge goes first: no order that nobody would handle.
FUNCTIONS="orders billing notification shipping order"
# What deploy.sh --triggers makes beside the functions' own triggers.
TRIGGERS="order-shipments"
ALERTS="loosely-unsaid loosely-dead-letters"
JOBS="billing-relay notification-relay shipping-relay order-relay"
DEAD_LETTERS=dead-letters
DATABASE=loosely

PROJECT="" REGION="" DATA=no DRY_RUN=no
while [ $# -gt 0 ]; do
  case "$1" in
    --project | --region)
      [ $# -ge 2 ] || { echo "$1: must have a value" >&2; exit 2; }
      if [ "$1" = --project ]; then PROJECT="$2"; else REGION="$2"; fi
      shift 2
      ;;
    --data) DATA=yes; shift ;;
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

exists() { [ "$DRY_RUN" = yes ] || gcloud "$@" --project="$PROJECT" --quiet >/dev/null 2>&1; }
run() {
  printf '+ gcloud'; printf ' %q' "$@"; echo
  [ "$DRY_RUN" = yes ] || gcloud "$@" --project="$PROJECT" --quiet
}
policy_of() {
  gcloud alpha monitoring policies list --filter="displayName=\"$1\"" --limit=1 --format='value(name)' \
    --project="$PROJECT" --quiet 2>/dev/null || true
}

for name in $FUNCTIONS; do
  if exists functions describe "$name" --region="$REGION"; then run functions delete "$name" --region="$REGION"; fi
done
for name in $ALERTS; do
  # They have numbers of Google's.
  if [ "$DRY_RUN" = yes ]; then id="$name"; else id="$(policy_of "$name")"; fi
  if [ -n "$id" ]; then run alpha monitoring policies delete "$id"; fi
done
for name in $JOBS; do
  if exists scheduler jobs describe "$name" --location="$REGION"; then
    run scheduler jobs delete "$name" --location="$REGION"
  fi
done
for name in $TRIGGERS; do
  if exists eventarc triggers describe "$name" --location="$REGION"; then
    run eventarc triggers delete "$name" --location="$REGION"
  fi
done
for name in $SUBSCRIPTIONS; do
  if exists pubsub subscriptions describe "$name"; then run pubsub subscriptions delete "$name"; fi
done
for name in $TOPICS; do
  if exists pubsub topics describe "$name"; then run pubsub topics delete "$name"; fi
done
if [ "$DATA" = yes ]; then
  if exists pubsub subscriptions describe "$DEAD_LETTERS"; then run pubsub subscriptions delete "$DEAD_LETTERS"; fi
  if exists pubsub topics describe "$DEAD_LETTERS"; then run pubsub topics delete "$DEAD_LETTERS"; fi
  if exists firestore databases describe --database="$DATABASE"; then
    run firestore databases delete --database="$DATABASE"
  fi
fi
for binding in loosely-functions:roles/datastore.user loosely-push:roles/eventarc.eventReceiver; do
  member="serviceAccount:${binding%%:*}@$PROJECT.iam.gserviceaccount.com"
  # Nothing is wrong when there is no such binding.
  run projects remove-iam-policy-binding "$PROJECT" --member="$member" --role="${binding##*:}" --condition=None || true
done
for name in loosely-functions loosely-push; do
  email="$name@$PROJECT.iam.gserviceaccount.com"
  if exists iam service-accounts describe "$email"; then run iam service-accounts delete "$email"; fi
done
