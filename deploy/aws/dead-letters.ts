import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { system } from "../../functions/index.ts";

const HELP = `node deploy/aws/dead-letters.ts list|replay [--prefix NAME] [--limit N]

list    shows what is in the queue of dead letters and leaves it there
replay  sends each letter to the queue of the function that could not handle it, then takes it out; what cannot be replayed
        stays

  --prefix NAME  what all names begin with (${system.name}-)
  --limit N      how many at most (default 10, at most 100)

Who asks is who the AWS CLI says. AWS_ENDPOINT_URL is heeded.
`;

/** Longer than a run takes: meanwhile nobody else sees the letters. */
const HIDDEN_SECONDS = 60;
const MOST_AT_ONCE = 10;
/** Of what the AWS CLI says: ten letters of 1 MiB, escaped. */
const MOST_BYTES = 64 * 1024 * 1024;

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly MessageAttributes?: object;
}

/** One dead letter: where it died and of what, and whether it can live again. */
interface Letter {
  readonly message: Message;
  readonly id: string;
  readonly type: string;
  /** `undefined`: not known, so that it cannot be replayed. */
  readonly queue: string | undefined;
  readonly why: string;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      prefix: { type: "string", default: `${system.name}-` },
      limit: { type: "string", default: "10" },
      help: { type: "boolean", default: false },
    },
  });
  const [command] = positionals;
  const limit = Number(values.limit);
  if (values.help) print(HELP);
  else if (command !== "list" && command !== "replay") throw new TypeError("command: must be list or replay");
  else if (!(limit >= 1 && limit <= 100)) throw new TypeError("--limit: must be 1 to 100");
  else work(command, { queue: `${values.prefix}dead-letters`, limit });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

function work(command: "list" | "replay", { queue, limit }: { readonly queue: string; readonly limit: number }): void {
  const from = urlOf(queue);
  const letters = receive(from, limit).map(toLetter);
  for (const { id, type, queue: to, why, message } of letters) {
    const receipt = ["--queue-url", from, "--receipt-handle", message.ReceiptHandle];
    const isReplayed = command === "replay" && to !== undefined;
    if (isReplayed) {
      const { Body: MessageBody, MessageAttributes } = message;
      send({ QueueUrl: urlOf(to), MessageBody, ...(MessageAttributes ? { MessageAttributes } : {}) });
      aws("delete-message", ...receipt);
      // Given back at once, so that whoever looks next sees it.
    } else aws("change-message-visibility", ...receipt, "--visibility-timeout", "0");
    const fate = command === "list" ? "" : isReplayed ? "replayed: " : "stays: ";
    print(`${fate}${type} ${id} from ${to ?? "an unknown queue"}: ${why}`);
  }
  print(letters.length === 0 ? "no dead letters" : `${letters.length} dead letters`);
}

/** One call brings ten at most, and may bring fewer than there are. */
function receive(from: string, limit: number): readonly Message[] {
  const all: Message[] = [];
  while (all.length < limit) {
    const most = String(Math.min(limit - all.length, MOST_AT_ONCE));
    const hidden = ["--visibility-timeout", String(HIDDEN_SECONDS), "--wait-time-seconds", "1"];
    const which = ["--attribute-names", "All", "--message-attribute-names", "All"];
    const { Messages = [] } = aws(
      "receive-message",
      "--queue-url",
      from,
      "--max-number-of-messages",
      most,
      ...hidden,
      ...which,
    );
    if ((Messages as readonly Message[]).length === 0) break;
    all.push(...(Messages as readonly Message[]));
  }
  return all;
}

function urlOf(queue: string): string {
  return String(aws("get-queue-url", "--queue-name", queue).QueueUrl);
}

/** In a file: one argument ends at 128 KiB, and whoever lists processes reads it. */
function send(message: object): void {
  const folder = mkdtempSync(join(tmpdir(), "letter-"));
  try {
    const file = join(folder, "message.json");
    writeFileSync(file, JSON.stringify(message), { mode: 0o600 });
    aws("send-message", "--cli-input-json", `file://${file}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** throws: with what the AWS CLI said */
function aws(...args: readonly string[]): Readonly<Record<string, unknown>> {
  const endpoint = process.env.AWS_ENDPOINT_URL ? ["--endpoint-url", process.env.AWS_ENDPOINT_URL] : [];
  const said = execFileSync("aws", [...endpoint, "sqs", ...args, "--output", "json"], {
    encoding: "utf8",
    maxBuffer: MOST_BYTES,
  });
  return said.trim() === "" ? {} : JSON.parse(said);
}

/** Letters of two kinds: ours with a passport, and what SQS gave up after too many receives. */
function toLetter(message: Message): Letter {
  const event = parse(message.Body);
  const { deadtopic, deadcode, deadreason, deadlength } = event;
  const id = String(event.id ?? message.MessageId);
  const type = String(event.type ?? "(no event)");
  if (deadcode !== undefined) {
    // The adapter knows the topic of a raw delivery by its queue.
    const isWhole = deadlength === undefined && type !== "com.example.undecodable.v1" && deadtopic !== "none";
    return { message, id, type, queue: isWhole ? String(deadtopic) : undefined, why: `${deadcode}: ${deadreason}` };
  }
  const queue = message.Attributes.DeadLetterQueueSourceArn?.split(":").at(-1);
  return { message, id, type, queue, why: "not handled, however often it was received" };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
