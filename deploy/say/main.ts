import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { styleText } from "node:util";
import { complain, parseWords, UsageError } from "../../adapters/local/command-line.ts";
import { DEFAULT_DATA, whereIs } from "../../adapters/local/screen.ts";
import { readSession } from "../../adapters/local/session.ts";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import { createTail, logFiles } from "../story/files.ts";
import { findKept } from "../story/kept.ts";
import { breakData } from "./broken.ts";
import { findType, shorten } from "./find-type.ts";
import { follow } from "./follow.ts";
import { awsPublisher, googlePublisher, type Publisher, sidecarPublisher } from "./hosts.ts";
import { parseInput, toEvent, toSaid } from "./message.ts";
import { origins, type Prospect, prospects } from "./outlook.ts";

const types: readonly EventType[] = [...new Set<EventType>([...catalogue, ...system.events])];
const example = shorten(types.findLast(({ topic }) => topic !== undefined)?.type ?? "");

const HELP = `npm run say -- TYPE [FILE | --sample | --invalid] [options]

Says an event, and tells what becomes of it and of what follows. TYPE may be as short as ${example}. FILE holds its data as JSON, or the whole
event as a structured CloudEvent; - is standard input.

  --sample        says the sample of its type, which is what is said where there is nothing else
  --invalid       says the sample broken in one field, to see a dead letter
  --force         says what breaks its schema, too: a FILE that does is refused
  --id ID         its id (default: of the event in FILE, else a new one)
  --wait S        for so many seconds until it is told to its end (default 20; 0: not at all)
  --data DIR      of the system on this machine, which runs (default ${DEFAULT_DATA})
  --port P        to a sidecar instead; DAPR_API_TOKEN, DAPR_VERSION and PUBSUB_NAME as its service has them
  --json          prints its id and its topic, and nothing else
  --log FILE      of the services behind it, where that is told; once for each
  --host HOST     aws: an SNS topic, as who the environment or the AWS CLI says, AWS_ENDPOINT_URL heeded;
                  gcloud: a topic of Pub/Sub, as who gcloud says, PUBSUB_EMULATOR_HOST heeded
  --prefix PREFIX there, what all names begin with (default ${system.name}-)
  --project ID    on Google Cloud
  --help          this text

Exit code 0 when it was handled, and all that followed; 1 when something died, is not told in time, or nobody consumes it; 2 when
it was asked for wrongly.
`;

let isForPeople = true;
const write = (text: string) => process.stdout.write(`${text}\n`);
const print = (text: string) => {
  if (isForPeople) write(text);
};

const COMMAND = "npm run say";
const OPTIONS = {
  sample: { type: "boolean", default: false },
  invalid: { type: "boolean", default: false },
  force: { type: "boolean", default: false },
  id: { type: "string" },
  wait: { type: "string", default: "20" },
  data: { type: "string", default: DEFAULT_DATA },
  port: { type: "string" },
  json: { type: "boolean", default: false },
  log: { type: "string", multiple: true },
  host: { type: "string" },
  prefix: { type: "string", default: `${system.name}-` },
  project: { type: "string", default: process.env.GOOGLE_CLOUD_PROJECT ?? "" },
  help: { type: "boolean", default: false },
} as const;

const parse = () => parseWords({ command: COMMAND, options: OPTIONS });

type Options = ReturnType<typeof parse>["values"];

try {
  const { values, words } = parse();
  if (values.help) print(HELP);
  else await run(words, values);
} catch (error) {
  complain(error, COMMAND);
}

async function run([name, file, ...more]: readonly string[], options: Options): Promise<void> {
  if (name === undefined) throw new UsageError(`TYPE: must be given, as ${example}`);
  if (more.length > 0 || [file !== undefined, options.sample, options.invalid].filter(Boolean).length > 1)
    throw new UsageError("FILE, --sample and --invalid: must be one of them");
  const waitMs = parseSeconds(options.wait);
  const type = findType(name, types);
  const { topic } = type;
  if (topic === undefined) throw new UsageError(`TYPE ${type.type}: is on no topic: ${origins(system, type)}`);
  isForPeople = !options.json;
  const now = Date.now();
  const event = toEvent(inputOf(file, type, options), type, {
    source: `${system.source}/say`,
    id: options.id,
    newId: randomUUID,
    time: new Date(now).toISOString(),
  });
  const heard = prospects(system, event, { topic, now });
  if (!options.invalid && !options.force) requireValid(event, type, heard);
  print(`${styleText("bold", type.type)} on ${topic}${event.subject === undefined ? "" : `, about ${event.subject}`}`);
  for (const prospect of heard) print(`  ${prospect.function.padEnd(12)}  ${toProspect(prospect)}`);
  if (heard.every(({ will }) => will === "ignore")) print(styleText("yellow", "  nobody consumes it"));

  const { publisher, log, where } = await open(topic, options);
  try {
    const tail = log && createTail(log);
    tail?.skip();
    await publisher.publish([toSaid(event, topic)]);
    if (options.json) write(JSON.stringify({ id: event.id, topic }));
    print(`${styleText("green", "said")}  ${event.id}  ${styleText("dim", `npm run story -- ${event.id}${where}`)}`);
    const hearers = heard.map((prospect) => prospect.function);
    const isHere = options.port === undefined && options.host === undefined;
    const letters = isHere ? { where, find: findKept(options.data) } : { where: "" };
    if (tail && waitMs > 0 && !(await follow(system, { event, hearers, tail, waitMs, letters, print })))
      process.exitCode = 1;
  } finally {
    await publisher.close();
  }
  if (heard.every(({ will }) => will === "ignore")) process.exitCode = 1;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > 86_400)
    throw new UsageError(`--wait: must be a number of seconds up to 86400, got ${text}`);
  return seconds * 1_000;
}

function inputOf(file: string | undefined, type: EventType, { invalid }: Options): unknown {
  if (file !== undefined) return parseInput(textOf(file), file);
  const { sample } = catalogue.find((event) => event.type === type.type) ?? {};
  if (sample === undefined) throw new UsageError(`TYPE ${type.type}: has no sample: FILE must be given`);
  if (!invalid) return sample;
  const { data, what } = breakData(sample, type);
  print(styleText("yellow", `broken: ${what}`));
  return data;
}

function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`FILE ${file}: cannot be read: ${(error as Error).message}`);
  }
}

/** throws: Error for what somebody would bury, or everybody whom it is meant for */
function requireValid({ data }: CloudEvent, { parse }: EventType, heard: readonly Prospect[]): void {
  const [why] = heard.flatMap((prospect) => prospect.why ?? []);
  if (why !== undefined) throw new Error(`${why}; --force says it all the same`);
  try {
    parse(data);
  } catch (error) {
    throw new Error(`${(error as Error).message}; --force says it all the same`);
  }
}

function toProspect({ will, why }: Prospect): string {
  if (will === "bury") return styleText("red", `will take it for dead (${why})`);
  return will === "handle" ? "will handle it" : styleText("dim", "will ignore it");
}

interface Open {
  readonly publisher: Publisher;
  /** The files in which its story is written. Left out: they are elsewhere. */
  readonly log?: (() => readonly string[]) | undefined;
  /** How to find it there later. */
  readonly where: string;
}

async function open(topic: string, { port, host, data, log, prefix, project }: Options): Promise<Open> {
  const logs = log && (() => log);
  const where = ` ${(log ?? ["FILE"]).map((file) => `--log ${file}`).join(" ")}`;
  if (port !== undefined && host !== undefined) throw new UsageError("--port and --host: must be one of them");
  if (port !== undefined) {
    if (!/^\d{1,5}$/.test(port)) throw new UsageError(`--port: must be a number, got ${port}`);
    const endpoint = `http://127.0.0.1:${port}`;
    return { publisher: sidecarPublisher({ endpoint, token: process.env.DAPR_API_TOKEN }), log: logs, where };
  }
  if (host === "aws") return { publisher: await awsPublisher({ prefix, topic }), log: logs, where: " --host aws" };
  if (host === "gcloud")
    return {
      publisher: await googlePublisher({ prefix, project }),
      log: logs,
      where: ` --host gcloud --project ${project}`,
    };
  if (host !== undefined) throw new UsageError(`--host: must be aws or gcloud, got ${host}`);
  const session = readSession(data);
  const [service] = session?.services ?? [];
  if (!session || !service)
    throw new Error(`${data}: nothing runs there: npm start runs it, --port says it to a sidecar, --host to a cloud`);
  const publisher = sidecarPublisher({ endpoint: service.sidecarUrl, token: session.tokens.dapr });
  return { publisher, log: () => logFiles(data), where: whereIs(data) };
}
