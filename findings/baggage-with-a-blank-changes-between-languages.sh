#!/usr/bin/env bash
# Baggage with a blank and with a plus sign, propagated by npm @opentelemetry/core 2.12.1 and PyPI opentelemetry-api 1.45.2.
# W3C Baggage, section "value": what is outside of baggage-octet, such as a blank, MUST be percent-encoded; "+" is a baggage-octet, so it
# stands for itself.
# Python writes a blank as "+" and reads "+" as a blank, as in HTML forms. JavaScript keeps to the recommendation. So "New York", set in
# Python, is "New+York" in JavaScript; and "a+b", as the recommendation lets it be written, is "a b" in Python.
# A value that is looked up by (a tenant, a name) is another one after a hop to the other language, and no error is seen. Seen in 2026-11.
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
for (const value of ["New York", "a+b"]) {
  const carrier = {};
  const baggage = propagation.createBaggage({ place: { value } });
  propagator.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), carrier, defaultTextMapSetter);
  console.log(`JavaScript writes "${value}" ->`, carrier.baggage);
}
for (const baggage of ["place=New%20York", "place=New+York", "place=a+b"]) {
  const read = propagation.getBaggage(propagator.extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter));
  console.log("JavaScript reads", baggage, `-> "${read.getEntry("place").value}"`);
}
JS
cat >see.py <<'PY'
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator

propagator = W3CBaggagePropagator()
for value in ["New York", "a+b"]:
    carrier = {}
    propagator.inject(carrier, baggage.set_baggage("place", value))
    print(f'Python writes "{value}" ->', carrier["baggage"])
for header in ["place=New%20York", "place=New+York", "place=a+b"]:
    read = propagator.extract({"baggage": header})
    print("Python reads", header, f'-> "{baggage.get_baggage("place", read)}"')
PY
see() {
  node see.cjs
  venv/bin/python see.py
}
saw=$(see)
want='JavaScript writes "New York" -> place=New%20York
JavaScript writes "a+b" -> place=a%2Bb
JavaScript reads place=New%20York -> "New York"
JavaScript reads place=New+York -> "New+York"
JavaScript reads place=a+b -> "a+b"
Python writes "New York" -> place=New+York
Python writes "a+b" -> place=a%2Bb
Python reads place=New%20York -> "New York"
Python reads place=New+York -> "New York"
Python reads place=a+b -> "a b"'
printf '%s\n' 'npm @opentelemetry/core 2.12.1, PyPI opentelemetry-api 1.45.2' "$saw"
if [[ $saw != "$want" ]]; then
  printf 'Changed. It was:\n%s\n' "$want" >&2
  exit 1
fi
echo 'As stated.'
