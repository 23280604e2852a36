import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GENERATED } from "../rendered.ts";
import type { Route } from "../wiring.ts";
import { toAlarmResources } from "./alarms.ts";
import { fill, type Values } from "./fill.ts";
import { type Consumer, type Edge, type Plan, settingsOf } from "./plan.ts";
import { toId } from "./to-id.ts";

/** Of a function and of its template's queue, where settings do not say otherwise. Memory in MB, timeout in seconds. */
export const ALL = { memory: 256, timeout: 30 } as const;
/** So that a message that is at work is not delivered again. */
const HIDDEN_TIMES = 6;

/** The template of SAM. throws: Error for names that are one in CamelCase */
export function toTemplate(plan: Plan): string {
  const { edge } = plan;
  const values: Values = {
    ...ALL,
    system: plan.system,
    topics: plan.topics.map(toTopic),
    heard: plan.heard.map(toTopic),
    functions: plan.functions.map(toValues),
    edges: edge?.routes.map(toEdge) ?? [],
    variables: toParameters(plan),
  };
  const resources = [
    part("data", values),
    part("functions", values),
    ...(edge ? [part("edge", toEdgeValues(edge))] : []),
    toAlarmResources(plan),
  ].join("\n");
  const head = part("head", values);
  const indented = resources.replace(/^(?=.)/gm, "  ");
  const ids = Array.from(`${head}${indented}`.matchAll(/^ {2}(\w+):$/gm), ([, id]) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw new Error(`template.yaml: two things would be called ${twice}`);
  return `# ${GENERATED}\n${head}${indented}\n${part("outputs", values)}`;
}

const part = (name: string, values: Values): string =>
  fill(readFileSync(join(import.meta.dirname, `${name}.yaml`), "utf8"), values)
    .trimEnd()
    .concat("\n");

const toTopic = (name: string): Values => ({ id: toId(name), name });

function toValues({ name, documents, due, emits, subscriptions, settings }: Consumer): Values {
  return {
    id: toId(name),
    name,
    documents,
    due,
    emits: emits.map(toId),
    topics: subscriptions.map(({ topic }) => toId(topic)),
    subscriptions: subscriptions.map(({ topic, withheld }) => ({ topicId: toId(topic), withheld })),
    hidden: HIDDEN_TIMES * (settings.timeout ?? ALL.timeout),
    concurrency: settings.concurrency ?? "!Ref MaximumConcurrency",
    ...toOwn(settings),
  };
}

function toEdgeValues({ routes, documents, emits, settings }: Edge): Values {
  const served = routes.map(({ method, path }) => `${method} ${path} and GET ${path}/{id}`).join(", ");
  return { routes: served, documents, emits: emits.map(toId), ...toOwn(settings) };
}

const toOwn = ({ memory, timeout, environment = [] }: Consumer["settings"]): Values => ({
  ownMemory: memory,
  ownTimeout: timeout,
  variables: environment.map((variable) => ({ variable, parameter: toParameter(variable) })),
});

/** One for each name, whoever is told it. */
function toParameters(plan: Plan): readonly Values[] {
  const told = settingsOf(plan).map(([name, { environment = [] }]) => ({ name, environment }));
  const variables = new Set(told.flatMap(({ environment }) => environment));
  return Array.from(variables, (variable) => {
    const names = told.filter(({ environment }) => environment.includes(variable)).map(({ name }) => name);
    return { id: toParameter(variable), variable, functions: names.join(", ") };
  });
}

const toParameter = (variable: string): string => toId(variable.toLowerCase().replaceAll("_", "-"));

function toEdge({ method, path }: Route): Values {
  const id = toId(path.slice(1));
  return { id, method, url: `<${id}Url>`, path: path.slice(1) };
}
