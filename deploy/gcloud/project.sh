# shellcheck shell=bash disable=SC2034
# What deploy.sh and destroy.sh both know of a project: how things are called there, and whose they are.

# shellcheck source=deploy/gcloud/lists.sh
. deploy/gcloud/lists.sh

PREFIX="$NAME-"
# What everything bears. Accounts and jobs can have no labels, and say it in their descriptions.
LABELS="system=$NAME,managed-by=loosely"
# Beside the functions: whom they let in, and who builds them.
PUSHER=push BUILDER=build
BUILDER_ROLES="roles/artifactregistry.writer roles/logging.logWriter roles/storage.objectViewer"

wrong() {
  echo "$1" >&2
  exit 2
}

# settle: after the options, when project and prefix are known
settle() {
  [ -n "$PROJECT" ] && [ -n "$REGION" ] || { echo "--project and --region: must be set" >&2; usage >&2; exit 2; }
  case "$PROJECT" in
    *[!a-z0-9.:-]* | *:*:* | :* | *:) wrong "--project: must be a project's id, such as my-project or example.com:my-project" ;;
  esac
  # Of names, those of Pub/Sub may not begin with goog, and most with nothing but a letter.
  case "$PREFIX" in
    goog* | [!a-z]* | *[!a-z0-9-]* | ?????????????????????*)
      wrong "--prefix: must be at most 20 letters a-z, digits and '-', begin with a letter and not with goog, got $PREFIX" ;;
  esac
  DEAD_LETTERS="${PREFIX}dead-letters" DATABASE="${PREFIX}ledger" EDGE_SECRET="${PREFIX}edge-secret" LETTER_SECRET="${PREFIX}letter-secret"
  # An account of example.com:name is at name.example.com.
  case "$PROJECT" in
    *:*) AT="${PROJECT#*:}.${PROJECT%%:*}.iam.gserviceaccount.com" ;;
    *) AT="$PROJECT.iam.gserviceaccount.com" ;;
  esac
  local name seen=" base alerts "
  for name in $FUNCTIONS $EDGE $PUSHER $BUILDER; do
    case "$seen" in *" $name "*) wrong "$name: must be no function's name, for the deployment has something of that name" ;; esac
    seen="$seen$name "
    # An account's id is shorter than what else bears the function's name: there, 63 characters are the least.
    fits "$PREFIX$name" "an account's id" 6 30
  done
  fits "$DATABASE" "a database's id" 4 63
}

# fits <name> <what it is> <least> <most>
fits() {
  if [ ${#1} -lt "$3" ] || [ ${#1} -gt "$4" ]; then
    wrong "--prefix: $2 must have $3 to $4 characters, and $1 has ${#1}"
  fi
}

account_of() { echo "$PREFIX$1@$AT"; }
topics_of() { for pair in $SUBSCRIPTIONS; do [ "${pair%%:*}" != "$1" ] || echo "${pair##*:}"; done; }
first_of() { echo "${1-}"; }

run() {
  printf '+ gcloud'; printf ' %q' "$@"; echo
  [ "$DRY_RUN" = yes ] || gcloud "$@" --project="$PROJECT" --quiet
}

# One line for each thing that is there: what it is, its name, whether it is ours or theirs.
THERE=""

# look <what it is> <where its name and its mark stand> <gcloud arguments>
look() {
  local what="$1" columns="$2" found
  shift 2
  found="$(gcloud "$@" --project="$PROJECT" --quiet --format="value($columns)" | marked "$what")"
  THERE="$THERE
$found"
}

# in: what gcloud lists of one kind, a name and its mark a line
marked() {
  awk -F '\t' -v what="$1" -v ours="$LABELS" '
    $1 != "" {
      sub(/.*\//, "", $1)
      sub(/@.*/, "", $1)
      mark = $3 == "" ? $2 : "system=" $2 ",managed-by=" $3
      print what, $1, (mark == ours ? "ours" : "theirs")
    }'
}

LABELLED=name,labels.system,labels.managed-by
look_for_all() {
  look function "$LABELLED" functions list --regions="$REGION"
  look topic "$LABELLED" pubsub topics list
  look subscription "$LABELLED" pubsub subscriptions list
  look job name,description scheduler jobs list --location="$REGION"
  look trigger "$LABELLED" eventarc triggers list --location="$REGION"
  look account email,description iam service-accounts list
}

# A database can have no labels. That documents of the collection ledger expire is what deploy.sh makes of one.
look_for_data() {
  local found mark whose=theirs
  look secret "$LABELLED" secrets list
  found="$(gcloud firestore databases list --project="$PROJECT" --quiet --format="value(name)")"
  case "$found/" in *"/databases/$DATABASE"[!a-z0-9-]*) ;; *) return 0 ;; esac
  mark="$(gcloud firestore fields ttls list --database="$DATABASE" --collection-group=ledger --project="$PROJECT" --quiet --format="value(name)")"
  case "$mark" in */fields/expires*) whose=ours ;; esac
  THERE="$THERE
database $DATABASE $whose"
}

# is <what it is> <name> <ours or theirs>
is() {
  case "$THERE
" in
    *"
$1 $2 $3
"*) ;;
    *) return 1 ;;
  esac
}
is_there() { is "$1" "$2" ours || is "$1" "$2" theirs; }

# policy_of <alert>: its number, for policies have numbers of Google's, and may share a name
policy_of() {
  gcloud alpha monitoring policies list --filter="displayName=\"$PREFIX$1\"" \
    --format='value(name,userLabels.system,userLabels.managed-by)' --project="$PROJECT" --quiet |
    awk -F '\t' -v ours="$LABELS" -v any="${ADOPT:-no}" '
      any == "yes" || "system=" $2 ",managed-by=" $3 == ours { if (!found++) print $1 }'
}
