#!/usr/bin/env bash
# A member of baggage with a property, tenant=a;ttl=60, read and handed on by PyPI opentelemetry-api 1.45.2 and npm @opentelemetry/core
# 2.12.1.
# W3C Baggage, section "baggage-string": list-member = key OWS "=" OWS value *( OWS ";" OWS property ). What follows the ";" is no part
# of the value.
# Python takes all of it for the value, and hands it on percent-encoded, tenant=a%3Bttl%3D60: now the property is part of the value for
# every later hop, in any language. JavaScript reads a, and hands the member on as it came.
# As soon as one service adds a property, the tenant that all services behind one in Python see is another. Seen in 2026-11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >npm.log
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/core@2.12.1 @opentelemetry/api@1.9.1
python3 -m venv venv
venv/bin/pip install --quiet opentelemetry-api==1.45.2
cat >see.cjs <<'JS'
const { defaultTextMapGetter, defaultTextMapSetter, propagation, ROOT_CONTEXT } = require("@opentelemetry/api");
const { W3CBaggagePropagator } = require("@opentelemetry/core");

const propagator = new W3CBaggagePropagator();
for (const baggage of ["tenant=a", "tenant=a;ttl=60"]) {
  const context = propagator.extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter);
  const carrier = {};
  propagator.inject(context, carrier, defaultTextMapSetter);
  console.log("JavaScript", baggage, "->", propagation.getBaggage(context).getEntry("tenant").value, "handed on:", carrier.baggage);
}
JS
cat >see.py <<'PY'
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator

propagator = W3CBaggagePropagator()
for header in ["tenant=a", "tenant=a;ttl=60"]:
    context = propagator.extract({"baggage": header})
    carrier = {}
    propagator.inject(carrier, context)
    print("Python", header, "->", baggage.get_baggage("tenant", context), "handed on:", carrier["baggage"])
PY
see() {
  node see.cjs
  venv/bin/python see.py
}
saw=$(see)
want='JavaScript tenant=a -> a handed on: tenant=a
JavaScript tenant=a;ttl=60 -> a handed on: tenant=a;ttl=60
Python tenant=a -> a handed on: tenant=a
Python tenant=a;ttl=60 -> a;ttl=60 handed on: tenant=a%3Bttl%3D60'
printf '%s\n' 'PyPI opentelemetry-api 1.45.2, npm @opentelemetry/core 2.12.1' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
