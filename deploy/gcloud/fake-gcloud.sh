#!/usr/bin/env bash
# Takes gcloud's place in tests: writes down each command in FAKE_LOG, and in FAKE_STATE what is there by now, one thing a line: what
# it is, its name, its mark (labels or description, as a flag says them). FAKE_URLS are those of functions, as name=url. FAKE_REAL is
# the real gcloud, which is asked for Pub/Sub as far as the emulator goes; empty for nobody.
set -euo pipefail
printf '%s\0' "$@" "" >>"$FAKE_LOG"

name="" mark="" format="" filter="" policy="" database="" words=""
for word in "$@"; do
  case "$word" in
    --labels=* | --update-labels=* | --description=*) mark="${word#*=}" ;;
    --format=*) format="${word#*=}" ;;
    --filter=*) filter="${word#*=}" ;;
    --policy=*) policy="${word#*=}" ;;
    --database=*) database="${word#*=}" ;;
    --*) ;;
    *) words="$words $word" name="${word%%@*}" ;;
  esac
done
words="${words# }"

# The emulator has no IAM, the old limit of 7 days, and can update neither labels nor an expiration policy.
if [ -n "$FAKE_REAL" ]; then
  case "$words" in
    *add-iam-policy-binding*) exit ;;
    pubsub\ *)
      can=()
      for word in "$@"; do
        case "$words $word" in *" update "*" --update-labels="* | *" update "*" --expiration-period="*) continue ;; esac
        can+=("${word/duration=31d/duration=7d}")
      done
      # Nothing but the project is left.
      case "$words" in *" update "*) [ ${#can[@]} -gt 6 ] || exit 0 ;; esac
      exec "$FAKE_REAL" "${can[@]}"
      ;;
  esac
fi

put() {
  if [ -f "$FAKE_STATE" ]; then sed -i.bak "/^$1 $2 /d" "$FAKE_STATE"; fi
  echo "$1 $2 $3" >>"$FAKE_STATE"
}
is_there() { grep -q "^$1 $2 " "$FAKE_STATE" 2>/dev/null; }

case "$words" in
  "projects describe "*) echo 123456789 ;;
  "firestore fields ttls update "*) put database "$database" ttl ;;
  "firestore fields ttls list")
    if grep -q "^database $database ttl" "$FAKE_STATE"; then echo "projects/p/databases/$database/collectionGroups/ledger/fields/expires"; fi
    exit
    ;;
esac
case "$words" in
  "functions "*) what="function" ;;
  "pubsub topics "*) what=topic ;;
  "pubsub subscriptions "*) what=subscription ;;
  "eventarc triggers "*) what=trigger ;;
  "scheduler jobs "*) what=job ;;
  "secrets "*) what=secret ;;
  "iam service-accounts "*) what=account ;;
  "firestore databases "*) what=database name="$database" ;;
  "alpha monitoring policies "*)
    what=policy
    if [[ "$policy" =~ \"displayName\":\ \"([^\"]+)\" ]]; then name="${BASH_REMATCH[1]}"; fi
    if [[ "$policy" =~ \"system\":\ \"([^\"]+)\",\ \"managed-by\":\ \"([^\"]+)\" ]]; then
      mark="system=${BASH_REMATCH[1]},managed-by=${BASH_REMATCH[2]}"
    fi
    ;;
  *) exit 0 ;;
esac
name="${name##*/}"

case "$words" in
  *" list")
    [ -f "$FAKE_STATE" ] || exit 0
    while read -r kind name mark; do
      if [ "$kind" != "$what" ] || { [ -n "$filter" ] && [ "$filter" != "displayName=\"$name\"" ]; }; then continue; fi
      case "$what" in
        account) printf '%s@p.iam.gserviceaccount.com\t%s\n' "$name" "$mark" ;;
        job) printf 'projects/p/locations/l/jobs/%s\t%s\n' "$name" "$mark" ;;
        database) echo "projects/p/databases/$name" ;;
        *)
          system="" by=""
          if [[ "$mark" =~ ^system=(.*),managed-by=(.*)$ ]]; then system="${BASH_REMATCH[1]}" by="${BASH_REMATCH[2]}"; fi
          printf 'projects/p/%ss/%s\t%s\t%s\n' "$what" "$name" "$system" "$by"
          ;;
      esac
    done <"$FAKE_STATE"
    ;;
  *" describe "*)
    case "$format" in
      *serviceConfig.uri*)
        for pair in ${FAKE_URLS:-}; do if [ "${pair%%=*}" = "$name" ]; then echo "${pair#*=}"; fi; done
        [[ " ${FAKE_URLS:-}" == *" $name="* ]] || echo "https://$name.example"
        ;;
      *eventTrigger*) echo "projects/p/locations/l/triggers/trigger-of-$name" ;;
      *transport*) echo "subscription-of-$name" ;;
      *notificationChannels*) echo projects/p/notificationChannels/7 ;;
    esac
    ;;
  *" create "* | *" create" | "functions deploy "*)
    # Policies may share a name.
    if is_there "$what" "$name" && [ "$what" != policy ] && [ "$what" != "function" ]; then
      echo "$what $name: is there" >&2
      exit 1
    fi
    put "$what" "$name" "$mark"
    ;;
  # Eventarc's own subscriptions are nobody's to mark.
  *" update "*) if [ -n "$mark" ]; then put "$what" "$name" "$mark"; fi ;;
  *" delete "* | *" delete")
    is_there "$what" "$name" || { echo "$what $name: is not there" >&2 && exit 1; }
    sed -i.bak "/^$what $name /d" "$FAKE_STATE"
    ;;
esac
