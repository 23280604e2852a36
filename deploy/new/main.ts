import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseWords, UsageError } from "../../adapters/local/command-line.ts";
import { SourceError } from "../generate/sources.ts";
import { type Plan, planEvent, planFunction } from "./plan.ts";
import { readProject } from "./project.ts";
import { print, printList, RenewError, renew } from "./renew.ts";

const HELP = `npm run new -- function NAME --on TYPE[,TYPE] [options]
npm run new -- event TYPE --topic TOPIC [--audience others]

Writes what whoever makes a function or an event would write by hand, in a form that passes npm run check, and renders all that follows
from it. Nothing is overwritten. npm run remove takes it back.

  --on TYPES       event types that the function hears, of those that are there
  --emit TYPES     event types that it says; one that is not there is made, for others than the functions that are here
  --topic TOPIC    where a new event is published
  --keeps state    the function keeps a state of each subject
  --exclusive      its outside effect cannot tell a repetition: two deliveries never run at once
  --audience WHOM  functions (default) or others: whom a new event is meant for
  --help           this text

npm run new -- function loyalty --on com.example.order.paid.v1 --emit com.acme.loyalty.points-earned.v1 --topic loyalty

Exit code 0 when it is written, 1 when it could not be rendered, 2 when it was asked for wrongly.
`;

const ROOT = join(import.meta.dirname, "../..");

try {
  const { values, words } = parseWords({
    command: "npm run new",
    options: {
      on: { type: "string", multiple: true, default: [] },
      emit: { type: "string", multiple: true, default: [] },
      topic: { type: "string" },
      keeps: { type: "string" },
      exclusive: { type: "boolean", default: false },
      audience: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) print(HELP);
  else write(await plan(values, words));
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof SourceError || error instanceof RenewError)) throw error;
  const { message } = error as Error;
  process.stderr.write(isUsage ? `${message}\nnpm run new -- --help lists the options.\n` : `${message}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

interface Values {
  readonly on: readonly string[];
  readonly emit: readonly string[];
  readonly topic?: string;
  readonly keeps?: string;
  readonly exclusive: boolean;
  readonly audience?: string;
}

async function plan(values: Values, [kind, name, ...rest]: readonly string[]): Promise<Plan> {
  if ((kind !== "function" && kind !== "event") || name === undefined || rest.length > 0)
    throw new UsageError("must be asked for as `function NAME` or `event TYPE`");
  const { on, emit, topic, keeps, exclusive, audience } = values;
  if (kind === "event") {
    const foreign = [...on, ...emit, keeps].some((each) => each !== undefined) || exclusive;
    if (foreign) throw new UsageError("event: takes --topic and --audience alone");
    if (audience !== undefined && audience !== "functions" && audience !== "others")
      throw new UsageError(`--audience ${audience}: must be functions or others`);
    return planEvent(await readProject(ROOT), name, { topic, audience: audience ?? "functions" });
  }
  if (audience !== undefined) throw new UsageError("--audience: is an event's: what a new function says is for others");
  if (keeps !== undefined && keeps !== "state" && keeps !== "nothing")
    throw new UsageError(`--keeps ${keeps}: must be state or nothing`);
  return planFunction(await readProject(ROOT), name, {
    ...{ on: split(on), emit: split(emit), topic },
    keepsState: keeps === "state",
    isExclusive: exclusive,
  });
}

function split(lists: readonly string[]): readonly string[] {
  return lists.flatMap((list) => list.split(",").map((each) => each.trim())).filter(Boolean);
}

/** throws: RenewError where what is written cannot be rendered, whatever a disk says: it is taken back then */
function write({ files, notes }: Plan): void {
  const written: string[] = [];
  let rendered: readonly string[];
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      writeFileSync(join(ROOT, path), text, { flag: "wx" });
      written.push(path);
    }
    rendered = renew();
  } catch (error) {
    takeBack(files.keys(), written);
    throw error;
  }
  printList("written, to be edited by hand:", written);
  for (const line of rendered) print(line);
  printList("to know:", notes);
  print("next: say in them what it is about, then `npm run check`; `npm start` shows what there is");
}

function takeBack(paths: Iterable<string>, written: readonly string[]): void {
  for (const path of written) rmSync(join(ROOT, path));
  for (const path of paths)
    if (path.endsWith("/handler.ts")) rmSync(join(ROOT, dirname(path)), { recursive: true, force: true });
  try {
    renew();
  } catch {
    // It could not be rendered before, either.
  }
}
