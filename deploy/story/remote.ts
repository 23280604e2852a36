import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { printed } from "../programs.ts";
import { readText } from "./files.ts";
import { parseLine, type Told, toTold } from "./told.ts";

interface Place {
  /** What all names begin with. */
  readonly prefix: string;
  readonly functions: readonly string[];
}

const podsOf = (namespace: string): readonly string[] => [
  ...["logs", "--namespace", namespace, "--selector", "app.kubernetes.io/component=service"],
  ...["--container", "app", "--tail", "-1", "--max-log-requests", "100"],
];

/** What the services of a namespace have said since their pods started. */
export const readNamespace = async (namespace: string): Promise<readonly Told[]> =>
  readText(await printed("kubectl", podsOf(namespace)));

/** The same, and what they say from now on, until it is told to end. */
export async function followNamespace(
  namespace: string,
  { hear, signal }: { readonly hear: (told: Told) => void; readonly signal: AbortSignal },
): Promise<void> {
  const kubectl = spawn("kubectl", [...podsOf(namespace), "--follow"], {
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  });
  const ended = new Promise<void>((resolve, reject) => {
    kubectl.once("error", (error) => (signal.aborted ? resolve() : reject(new Error(`kubectl: ${error.message}`))));
    kubectl.once("close", () => resolve());
  });
  for await (const line of createInterface({ input: kubectl.stdout })) {
    const told = parseLine(line);
    if (told) hear(told);
  }
  await ended;
}

/**
 * What functions on AWS have said of an id. A line bears the ids of what belongs together, so that a second look finds the rest.
 *
 * source  Amazon CloudWatch Logs user guide, "Filter pattern syntax": a term in quotes
 */
export async function readAws(id: string, { prefix, functions }: Place): Promise<readonly Told[]> {
  const endpoint = process.env.AWS_ENDPOINT_URL ? ["--endpoint-url", process.env.AWS_ENDPOINT_URL] : [];
  const look = async (term: string) => {
    const groups = functions.map(async (name) => {
      const group = ["--log-group-name", `/aws/lambda/${prefix}${name}`, "--filter-pattern", `"${term}"`];
      const said = await printed("aws", [...endpoint, "logs", "filter-log-events", ...group, "--output", "json"]);
      const { events = [] } = JSON.parse(said) as { readonly events?: readonly { readonly message: string }[] };
      return events.flatMap(({ message }) => parseLine(message) ?? []);
    });
    return (await Promise.all(groups)).flat();
  };
  return andRelated(id, look);
}

/** What functions on Google have said of an id. */
export function readGoogle(id: string, { project }: { readonly project: string }): Promise<readonly Told[]> {
  const look = async (term: string) => {
    const fields = ["event", "correlationid", "causationid", "subject"];
    const filter = fields.map((field) => `jsonPayload.${field}="${term}"`).join(" OR ");
    const args = ["logging", "read", filter, "--project", project, "--freshness", "30d", "--format", "json"];
    return (JSON.parse(await printed("gcloud", args)) as readonly unknown[]).flatMap((entry) => toTold(entry) ?? []);
  };
  return andRelated(id, look);
}

/** in: finds lines by any id that stands in them */
async function andRelated(id: string, look: (id: string) => Promise<readonly Told[]>): Promise<readonly Told[]> {
  const first = await look(id);
  const more = new Set(first.flatMap(({ correlationid, subject }) => correlationid ?? subject ?? []));
  more.delete(id);
  const rest = await Promise.all([...more].map(look));
  const seen = new Set<string>();
  return [...first, ...rest.flat()].filter((told) => {
    const text = JSON.stringify(told);
    return !seen.has(text) && seen.add(text);
  });
}
