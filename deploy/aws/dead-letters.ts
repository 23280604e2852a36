import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { system } from "../../functions/index.ts";
import { type Letter, readLetter, runLetters } from "../letters.ts";

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

await runLetters<Message>({
  help: HELP,
  options: { prefix: { default: `${system.name}-` } },
  place: "queue",
  async open({ prefix }) {
    const from = urlOf(`${prefix}dead-letters`);
    const receipt = ({ ReceiptHandle }: Message) => ["--queue-url", from, "--receipt-handle", ReceiptHandle];
    return {
      receive: async (limit) => receive(from, limit),
      toLetter,
      async replay(message, queue) {
        const { Body: MessageBody, MessageAttributes } = message;
        send({ QueueUrl: urlOf(queue), MessageBody, ...(MessageAttributes ? { MessageAttributes } : {}) });
        aws("delete-message", ...receipt(message));
      },
      async giveBack(message) {
        aws("change-message-visibility", ...receipt(message), "--visibility-timeout", "0");
      },
    };
  },
});

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
function toLetter({ Body, MessageId, Attributes }: Message): Letter {
  // The adapter knows the topic of a raw delivery by its queue.
  const { why, ...letter } = readLetter(Body, { id: MessageId });
  if (why !== undefined) return { ...letter, why };
  const place = Attributes.DeadLetterQueueSourceArn?.split(":").at(-1);
  return { ...letter, place, why: "not handled, however often it was received" };
}
