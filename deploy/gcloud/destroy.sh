#!/usr/bin/env bash
# Removes what deploy.sh made. The ledger and the dead letters stay, unless --data is given.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/gcloud/project.sh
. deploy/gcloud/project.sh

usage() {
  cat <<TEXT
deploy/gcloud/destroy.sh --project ID --region REGION [options]

  --project ID      the Google Cloud project
  --region REGION   as given to deploy.sh
  --prefix PREFIX   as given to deploy.sh ($NAME-)
  --data            the ledger, the secrets and the dead letters as well: they cannot be brought back
  --dry-run         prints the gcloud commands, runs none
TEXT
}

PROJECT="" REGION="" DATA=no DRY_RUN=no
while [ $# -gt 0 ]; do
  case "$1" in
    --project | --region | --prefix)
      [ $# -ge 2 ] || wrong "$1: must have a value"
      case "$1" in
        --project) PROJECT="$2" ;;
        --region) REGION="$2" ;;
        --prefix) PREFIX="$2" ;;
      esac
      shift 2
      ;;
    --data) DATA=yes; shift ;;
    --dry-run) DRY_RUN=yes; shift ;;
    --help | -h) usage; exit 0 ;;
    *) echo "$1: not known" >&2; usage >&2; exit 2 ;;
  esac
done
settle

if [ "$DRY_RUN" = no ]; then
  look_for_all
  if [ "$DATA" = yes ]; then look_for_data; fi
fi
LEFT=""

# is_ours <what it is> <name>
is_ours() {
  [ "$DRY_RUN" = no ] || return 0
  if is "$1" "$2" theirs; then LEFT="$LEFT
  $1 $2"; fi
  is "$1" "$2" ours
}

# The public edge goes first: no request that nobody would handle.
for name in $EDGE $FUNCTIONS; do
  if is_ours function "$PREFIX$name"; then run functions delete "$PREFIX$name" --region="$REGION"; fi
done
for name in $ALERTS; do
  if [ "$DRY_RUN" = yes ]; then id="$PREFIX$name"; else id="$(policy_of "$name")" || id=""; fi
  if [ -n "$id" ]; then run alpha monitoring policies delete "$id"; fi
done
for name in $FUNCTIONS; do
  if is_ours job "$PREFIX$name-relay"; then run scheduler jobs delete "$PREFIX$name-relay" --location="$REGION"; fi
done
for pair in $SUBSCRIPTIONS; do
  name="$PREFIX${pair%%:*}-${pair##*:}"
  # Of deploy.sh --triggers. A function's first trigger goes with it.
  if is_ours trigger "$name"; then run eventarc triggers delete "$name" --location="$REGION"; fi
  if is_ours subscription "$name"; then run pubsub subscriptions delete "$name"; fi
done
for topic in $TOPICS; do
  if is_ours topic "$PREFIX$topic"; then run pubsub topics delete "$PREFIX$topic"; fi
done
if [ "$DATA" = yes ]; then
  if is_ours subscription "$DEAD_LETTERS"; then run pubsub subscriptions delete "$DEAD_LETTERS"; fi
  if is_ours topic "$DEAD_LETTERS"; then run pubsub topics delete "$DEAD_LETTERS"; fi
  # The first belongs to the ledger: with another, a key that was used asks for something new. The second to the letters.
  for name in ${EDGE:+"$EDGE_SECRET"} "$LETTER_SECRET"; do
    if is_ours secret "$name"; then run secrets delete "$name"; fi
  done
  if is_ours database "$DATABASE"; then run firestore databases delete --database="$DATABASE"; fi
fi
# remove_account <name> <roles on the project>: they would outlive it
remove_account() {
  local name="$1" role
  shift
  is_ours account "$PREFIX$name" || return 0
  for role in "$@"; do
    # Nothing is wrong when there is no such binding.
    run projects remove-iam-policy-binding "$PROJECT" \
      --member="serviceAccount:$(account_of "$name")" --role="$role" --all || true
  done
  run iam service-accounts delete "$(account_of "$name")"
}
for name in $FUNCTIONS $EDGE; do remove_account "$name" roles/datastore.user; done
remove_account "$PUSHER" roles/eventarc.eventReceiver
# Unquoted on purpose: one word for each role.
# shellcheck disable=SC2086
remove_account "$BUILDER" $BUILDER_ROLES

if [ -n "$LEFT" ]; then
  echo "Left, for they are not marked as $LABELS and may be somebody else's:$LEFT
Where they are yours, deploy.sh --adopt takes them over first."
fi
if [ "$DATA" = no ]; then
  echo "The ledger, the secrets and the dead letters stay; --data removes them."
fi
