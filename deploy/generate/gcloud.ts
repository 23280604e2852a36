import { toPolicies } from "../alerts/google.ts";
import { GENERATED, type Renderer } from "./rendered.ts";
import { EDGE, toWiring } from "./wiring.ts";

/** What deploy.sh and destroy.sh go through, in words of the shell. */
export const renderGcloud: Renderer = (system) => {
  const { topics, functions, edge } = toWiring(system);
  const subscriptions = functions.flatMap((fn) => fn.subscriptions.map(({ topic }) => `${fn.name}:${topic}`));
  const publishes = [...functions, ...(edge ? [{ ...edge, name: EDGE }] : [])].flatMap(({ name, emits }) =>
    emits.map((topic) => `${name}:${topic}`),
  );
  const text = `# ${GENERATED}
# shellcheck shell=bash disable=SC2034
NAME=${system.name}
TOPICS="${topics.join(" ")}"
# What consumes what: <function>:<topic>.
SUBSCRIPTIONS="${subscriptions.join(" ")}"
# What publishes where: <function>:<topic>. Dead letters aside.
PUBLISHES="${publishes.join(" ")}"
FUNCTIONS="${functions.map(({ name }) => name).join(" ")}"
EDGE=${edge ? EDGE : ""}
# Policies, by their files.
ALERTS="${[...toPolicies().keys()].join(" ")}"
`;
  return new Map([["deploy/gcloud/lists.sh", text]]);
};
