import { resolve } from "node:path";
import { complain, parseWords, UsageError } from "../../adapters/local/command-line.ts";
import { DEFAULT_DATA, whereIs } from "../../adapters/local/screen.ts";
import { system } from "../../functions/index.ts";
import { createTail, logFiles, readFiles, untilSeen } from "./files.ts";
import { type Asked, beginning, whose } from "./find.ts";
import { createFollowing } from "./following.ts";
import { findKept } from "./kept.ts";
import { followNamespace, readAws, readGoogle, readNamespace } from "./remote.ts";
import { type Letters, toRow, toText } from "./text.ts";
import type { Told } from "./told.ts";
import { lastWords, linesOf } from "./tree.ts";

const HELP = `npm run story -- ID [options]

Tells what became of an event, and of what followed from it: each function's word of each event, beneath what caused it. ID is that of an
event, its correlation id, or its subject; the first eight characters do, which the screen of npm start shows.

  --data DIR        of a system on this machine, which need not run (default ${DEFAULT_DATA})
  --log FILE …      reads these instead, as kubectl logs or daprd print them; - for standard input
  --namespace NS    reads kubectl logs of its services instead
  --host HOST       aws: CloudWatch Logs, gcloud: Cloud Logging; whole ids only, as who their CLI says
  --prefix PREFIX   on AWS, what all names begin with (default ${system.name}-)
  --project ID      on Google Cloud
  --follow          goes on telling, until Ctrl-C; not of --host
  --json            a list of all lines, in time order; with --follow, one a line
  --help            this text

Exit code 0 when all of it was handled, 1 when some of it is dead or comes again, or nothing is known of it, 2 when it was asked for
wrongly.
`;

const print = (text: string) => process.stdout.write(`${text}\n`);
const toJson = (told: Told) => JSON.stringify({ ...told, time: new Date(told.time).toISOString() });

type Options = Readonly<ReturnType<typeof parse>["values"]>;

const COMMAND = "npm run story";
const OPTIONS = {
  data: { type: "string", default: DEFAULT_DATA },
  log: { type: "string", multiple: true },
  namespace: { type: "string" },
  host: { type: "string" },
  prefix: { type: "string", default: `${system.name}-` },
  project: { type: "string", default: process.env.GOOGLE_CLOUD_PROJECT ?? "" },
  follow: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const parse = () => parseWords({ command: COMMAND, options: OPTIONS });

try {
  const { values, words } = parse();
  if (values.help) print(HELP);
  else await run(words, values);
} catch (error) {
  complain(error, COMMAND);
}

async function run([id, ...more]: readonly string[], options: Options): Promise<void> {
  // So much a shell makes of --log *.log.
  const log = options.log && [...options.log, ...more];
  if (!id) throw new UsageError("ID: must be given: of an event, its correlation id, or its subject");
  if (more.length > 0 && !log) throw new UsageError(`ID: must be one, got ${1 + more.length}`);
  if (/["\n]/.test(id)) throw new UsageError("ID: must have no quotes in it");
  if ([log, options.namespace, options.host].filter(Boolean).length > 1)
    throw new UsageError("--log, --namespace and --host: must be one of them");
  if (options.follow) return follow(id, { ...options, log });
  const lines = await read(id, { ...options, log });
  const asked = whose(lines, id);
  const [only] = asked;
  if (!only) throw new Error(`${id}: nothing is known of it ${placeOf(options, log)}`);
  if (asked.length > 1) throw new Error(`${id}: is the beginning of ${asked.map(toName).join(", ")}`);
  const story = linesOf(lines, only);
  print(options.json ? `[${story.map(toJson).join(",\n")}]` : toText(story, lettersOf(options, log)));
  if (lastWords(story).some(({ outcome }) => outcome !== "ack")) process.exitCode = 1;
}

function toName({ by, id }: Asked): string {
  return `${by} ${id}`;
}

function placeOf({ namespace, host, data }: Options, log: readonly string[] | undefined): string {
  if (log) return `in ${log.join(", ")}`;
  if (namespace !== undefined) return `in the logs of namespace ${namespace}`;
  return host === undefined ? `in ${resolve(data)}/log` : `in the logs on ${host}`;
}

function lettersOf({ namespace, host, data, prefix, project }: Options, log: readonly string[] | undefined): Letters {
  if (log) return { where: "" };
  if (namespace !== undefined) return { where: ` --host dapr --namespace ${namespace}` };
  if (host === undefined) return { where: whereIs(data), find: findKept(data) };
  return { where: ` --host ${host} --prefix ${prefix}${host === "gcloud" ? ` --project ${project}` : ""}` };
}

type Where = Omit<Options, "log"> & { readonly log: readonly string[] | undefined };

async function read(id: string, { log, namespace, host, prefix, project, data }: Where): Promise<readonly Told[]> {
  if (log) return readFiles(log);
  if (namespace !== undefined) return readNamespace(namespace);
  if (host === undefined) return readFiles(logFiles(data));
  const functions = system.functions.map(({ name }) => name);
  if (host === "aws") return readAws(id, { prefix, functions });
  if (host !== "gcloud") throw new UsageError(`--host: must be aws or gcloud, got ${host}`);
  if (project === "") throw new UsageError("--project: must be given with --host gcloud");
  return readGoogle(id, { project });
}

/** What is there, then what comes. The whole of a short id is known once a line has it. */
async function follow(id: string, { log, namespace, host, data, json }: Where): Promise<void> {
  if (host !== undefined || log?.includes("-"))
    throw new UsageError("--follow: must go with --data, --log or --namespace");
  const end = new AbortController();
  process.once("SIGINT", () => end.abort()).once("SIGTERM", () => end.abort());
  const following = createFollowing((told) => whose([told], id).some((asked) => beginning(asked)(told)));
  const hear = (told: Told) => {
    for (const chapter of following.hear(told)) print(json ? toJson(chapter.told) : toRow(chapter));
  };
  if (namespace !== undefined) return followNamespace(namespace, { hear, signal: end.signal });
  const tail = createTail(() => log ?? logFiles(data));
  await untilSeen(() => {
    for (const told of tail.read().toSorted((one, other) => one.time - other.time)) hear(told);
    return false;
  }, end.signal);
}
