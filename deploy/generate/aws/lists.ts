import { DEAD_LETTERS } from "../../../functions/kernel/system.ts";
import { GENERATED } from "../rendered.ts";
import { EDGE } from "../wiring.ts";
import { toAlarmCalls } from "./alarms.ts";
import { type Plan, settingsOf } from "./plan.ts";
import { ALL } from "./template.ts";

/** What upload.sh goes through, in words of the shell. */
export function toLists(plan: Plan): string {
  const { system, topics, heard, functions, edge } = plan;
  const names = functions.map(({ name }) => name);
  const queues = functions.filter(({ subscriptions }) => subscriptions.length > 0);
  const subscriptions = functions.flatMap(({ name, ...fn }) =>
    fn.subscriptions.map(({ topic, types }) => [topic, name, ...types].join(" ")),
  );
  const filters = functions.flatMap(({ name, ...fn }) =>
    fn.subscriptions.map(({ topic, withheld }) => [topic, name, ...withheld].join(" ")),
  );
  const roles = functions.map(({ name, documents, emits }) => [name, documents, ...emits, DEAD_LETTERS].join(" "));
  const ofEdge = edge ? [[EDGE, edge.documents.join(","), ...edge.emits].join(" ")] : [];
  const settings = settingsOf(plan).flatMap(([name, { memory, timeout, concurrency }]) =>
    [memory, timeout, concurrency].every((value) => value === undefined)
      ? []
      : [name, memory, timeout, concurrency].map((value) => value ?? "-").join(" "),
  );
  const variables = settingsOf(plan).flatMap(([name, { environment = [] }]) =>
    environment.map((variable) => `${name} ${variable}`),
  );
  return `# ${GENERATED}
# shellcheck shell=bash disable=SC2034

SYSTEM=${system}
# Without that of dead letters.
TOPICS="${topics.join(" ")}"
# Topics that a function hears.
HEARD="${heard.join(" ")}"
# Functions that hear a topic.
QUEUES="${queues.map(({ name }) => name).join(" ")}"
# All functions but the edge.
CONSUMERS="${names.join(" ")}"
# Topic, queue and the event types that are consumed.
SUBSCRIPTIONS="${lines(subscriptions)}"
# Topic, queue and the event types that SNS need not bring.
FILTERS="${lines(filters)}"
# Function, what keys of its documents match, where it publishes.
FUNCTIONS="${lines([...roles, ...ofEdge])}"
# Method and path. None: there is no edge.
EDGES="${lines(edge?.routes.map(({ method, path }) => `${method} ${path}`) ?? [])}"
# MB and seconds of all functions.
MEMORY=${ALL.memory} TIMEOUT=${ALL.timeout}
# Function, MB, seconds and batches of its queue at once, where settings.yaml says so; "-": as all.
SETTINGS="${lines(settings)}"
# Function, and what it is told of the environment of who uploads.
VARIABLES="${lines(variables)}"
# Of deploy/alerts/rules.ts: what CloudWatch is told of each, where @PREFIX@ is what all names begin with.
ALARMS='${lines(toAlarmCalls(plan))}'
`;
}

const lines = (list: readonly string[]): string => (list.length > 0 ? `\n${list.join("\n")}\n` : "");
