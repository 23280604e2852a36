import type { CloudFunction, Grant, Project, Subscription } from "./project.ts";
import { last, mebibytesIn, secondsIn } from "./project.ts";

interface Command {
  /** Before its name, without gcloud, alpha and beta; before the flags, of commands whose words are a whole one already. */
  readonly words: string;
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly line: number;
}

const GCLOUD =
  /^(?:[+$] )?gcloud (?:(?:alpha|beta) )?(?=(?:functions|pubsub|run|eventarc|projects|firestore|scheduler) )/;

/** Whether a text is gcloud commands, as `deploy.sh --dry-run` prints them. */
export const isPlan = (text: string): boolean => text.split("\n").some((line) => GCLOUD.test(line));

/** What gcloud commands would make, in a project that has nothing of it yet. */
export function fromPlan(text: string): Project {
  const commands = commandsIn(text);
  const of = (...words: readonly string[]) => commands.filter((command) => words.includes(command.words));
  const place = ({ name, line }: Command) => ({ id: last(name), lineOf: () => line });
  const subscriptions = new Map<string, Subscription>();
  for (const command of of("pubsub subscriptions create"))
    subscriptions.set(last(command.name), toSubscription(command));
  for (const command of of("pubsub subscriptions update", "pubsub subscriptions modify-push-config")) {
    const before = subscriptions.get(last(command.name));
    subscriptions.set(last(command.name), toSubscription(command, before));
  }
  return {
    topics: of("pubsub topics create").map((command) => ({
      ...place(command),
      transforms: "message-transforms-file" in command.flags,
    })),
    subscriptions: [...subscriptions.values()],
    functions: of("functions deploy", "run deploy").map(toFunction),
    grants: commands.flatMap(toGrant),
    triggers: of("eventarc triggers create").map(place),
    databases: of("firestore databases create").map((command) => {
      const id = command.flags.database ?? "(default)";
      const ttls = of("firestore fields ttls update");
      return {
        ...{ id, lineOf: () => command.line },
        hasTtl: ttls.some(({ flags }) => (flags.database ?? "(default)") === id && "enable-ttl" in flags),
      };
    }),
    asked: of("scheduler jobs create http", "scheduler jobs update http").flatMap(({ flags }) => flags.uri ?? []),
    hasAllSubscriptions: false,
    isPlan: true,
  };
}

/** A command may go on over lines that end with a backslash. */
function commandsIn(text: string): readonly Command[] {
  const commands: Command[] = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let whole = lines[at] ?? "";
    if (!GCLOUD.test(whole)) continue;
    while (/(^|[^\\])\\$/.test(whole) && at + 1 < lines.length) whole = `${whole.slice(0, -1)} ${lines[++at]?.trim()}`;
    commands.push(parse(whole.replace(GCLOUD, ""), line));
  }
  return commands;
}

/** What they make is named by a flag. */
const NAMELESS = /^firestore databases \w+$/;

/** Of which no value follows, and which gcloud takes. */
const SWITCHES =
  /^(no-.*|gen2|retry|allow-unauthenticated|quiet|async|enable-.*|push-no-wrapper.*|clear-.*|retain-acked-messages|function-.*)$/;

/** Where a command ends in a script. */
const SHELL = /^(\|\|?|&&?|;|#.*|\d?>.*|<.*)$/;

function parse(text: string, line: number): Command {
  const all = text.match(/(?:\\.|'[^']*'|"[^"]*"|[^\s'"\\])+/g) ?? [];
  const end = all.findIndex((word) => SHELL.test(word));
  const words = all
    .slice(0, end === -1 ? undefined : end)
    .map((word) =>
      word.replaceAll(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, single, double, escaped) => single ?? double ?? escaped ?? ""),
    );
  const plain: string[] = [];
  const flags: Record<string, string> = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) plain.push(word);
    else if (value !== undefined) flags[name] = value;
    else if (SWITCHES.test(name) || words[at + 1] === undefined || words[at + 1]?.startsWith("--")) flags[name] = "";
    else flags[name] = words[++at] ?? "";
  }
  const isNameless = NAMELESS.test(plain.join(" "));
  return {
    words: plain.slice(0, isNameless ? undefined : -1).join(" "),
    name: isNameless ? "" : (plain.at(-1) ?? ""),
    flags,
    line,
  };
}

/** source: gcloud, "pubsub subscriptions create", "pubsub subscriptions update" */
function toSubscription({ name, flags, line }: Command, before?: Subscription): Subscription {
  const isCreated = "topic" in flags;
  const isPartial = before ? before.isPartial : !isCreated;
  const wrapper = "push-no-wrapper-write-metadata" in flags ? "none, with metadata" : "none";
  const retries = ["min-retry-delay", "max-retry-delay"].some((flag) => flag in flags);
  const topic = flags["dead-letter-topic"];
  return {
    ...{ id: last(name), lineOf: () => before?.lineOf() ?? line, isPartial },
    topic: flags.topic === undefined ? before?.topic : last(flags.topic),
    endpoint: flags["push-endpoint"] ?? before?.endpoint,
    wrapper: "push-no-wrapper" in flags ? wrapper : (before?.wrapper ?? "kept"),
    account: flags["push-auth-service-account"] ?? before?.account,
    ackDeadline: secondsIn(flags["ack-deadline"]) ?? before?.ackDeadline ?? (isPartial ? undefined : 10),
    retention: secondsIn(flags["message-retention-duration"]) ?? before?.retention ?? (isPartial ? undefined : 604_800),
    expires: secondsIn(flags["expiration-period"]) ?? before?.expires ?? (isPartial ? undefined : 31 * 86_400),
    backoff: retries
      ? { least: secondsIn(flags["min-retry-delay"]) ?? 10, most: secondsIn(flags["max-retry-delay"]) ?? 600 }
      : before?.backoff,
    letters:
      topic === undefined
        ? before?.letters
        : { topic: last(topic), attempts: Number(flags["max-delivery-attempts"] ?? 5) },
    filter: flags["message-filter"] ?? before?.filter,
    isOrdered: "enable-message-ordering" in flags || (before?.isOrdered ?? false),
    transforms: "message-transforms-file" in flags || (before?.transforms ?? false),
  };
}

/** source: gcloud, "functions deploy", "run deploy": their defaults */
function toFunction({ words, name, flags, line }: Command): CloudFunction {
  const isRun = words === "run deploy";
  const isTriggered = ["trigger-topic", "trigger-bucket", "trigger-event-filters", "trigger-event"].some(
    (flag) => flag in flags,
  );
  const isPubSub = "trigger-topic" in flags || (flags["trigger-event-filters"] ?? "").includes("pubsub.topic");
  return {
    ...{ id: name, lineOf: () => line, url: undefined },
    entryPoint: flags["entry-point"] ?? flags.function,
    timeout: secondsIn(flags.timeout ?? (isRun ? "300" : "60")),
    mebibytes: mebibytesIn(flags.memory ?? (isRun ? "512Mi" : "256Mi")),
    concurrency: Number(flags.concurrency ?? (isRun ? 80 : 1)),
    account: flags["run-service-account"] ?? flags["service-account"],
    variables: { ...pairsIn(flags["set-env-vars"]), ...pairsIn(flags["update-env-vars"]) },
    trigger: isTriggered ? { retries: "retry" in flags, isPubSub } : undefined,
    isOpen: "allow-unauthenticated" in flags,
  };
}

/** in: A=1,B=2, or with another character between: ^;^A=1;B=2. source: gcloud, "topic escaping" */
function pairsIn(text = ""): Readonly<Record<string, string>> {
  const [, between = ",", list = text] = /^\^([^^]+)\^(.*)$/s.exec(text) ?? [];
  return Object.fromEntries(
    list.split(between).flatMap((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

const ON: Readonly<Record<string, Grant["on"]>> = {
  "projects add-iam-policy-binding": "project",
  "pubsub topics add-iam-policy-binding": "topic",
  "pubsub subscriptions add-iam-policy-binding": "subscription",
  "functions add-invoker-policy-binding": "function",
  "run services add-iam-policy-binding": "function",
};

function toGrant({ words, name, flags, line }: Command): readonly Grant[] {
  const on = ON[words];
  if (!on) return [];
  return [
    {
      ...{ id: last(name), lineOf: () => line, on, name: last(name) },
      role: flags.role ?? "roles/run.invoker",
      member: flags.member ?? "",
      isConditional: flags.condition !== undefined && flags.condition !== "None",
    },
  ];
}
