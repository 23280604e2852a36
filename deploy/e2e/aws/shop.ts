import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { buildLambda } from "../../aws/build.ts";
import { startAwsCli } from "../../engines/aws-cli.ts";
import { run } from "../../engines/engine.ts";
import { awsEnvironment, awsTool, startMoto } from "../../engines/moto.ts";
import { type Lambdas, startLambdas } from "./lambdas.ts";

export const PREFIX = "shop-";
const UPLOAD = join(import.meta.dirname, "../../aws/upload.sh");
const DEAD = join(import.meta.dirname, "../../dead/main.ts");

interface Effect {
  readonly kind: "charge" | "mail" | "book";
  readonly key: string;
  readonly event: string;
}

interface Message {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The whole shop as it is uploaded, on an AWS of its own. */
export interface AwsShop {
  readonly url: string;
  /** What a program needs to ask for something there. */
  readonly env: Readonly<Record<string, string>>;
  readonly lambdas: Lambdas;
  /** Runs upload.sh against it. out: what it printed */
  upload(...options: readonly string[]): Promise<string>;
  /** Runs npm run dead against it. out: what it printed */
  dead(args: readonly string[]): Promise<string>;
  /** Through the function URL. out: status and body */
  ask(method: string, path: string, headers?: Readonly<Record<string, string>>): Promise<[number, Order]>;
  /** How long a message of the queue is hidden while it is at work: the template's minutes would make tests wait. */
  setVisibility(name: string, seconds: number): Promise<void>;
  /** in: type, as it is said beside the event, where it is */
  publish(topic: string, message: string, type?: string): Promise<void>;
  effects(): readonly Effect[];
  /** Everything that lies in the queue of dead letters, in whatever order; it stays there. */
  deadLetters(): Promise<readonly Message[]>;
  dropDeadLetters(): Promise<void>;
  stop(): Promise<void>;
}

export interface Order {
  readonly orderId: string;
  readonly status: string;
}

/** Asks until the answer will do. throws: with the last answer when it takes too long */
export async function until<T>(
  ask: () => Promise<T> | T,
  { isDone, withinMs = 60_000 }: { readonly isDone: (answer: T) => boolean; readonly withinMs?: number },
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`not done within ${withinMs} ms: ${JSON.stringify(answer).slice(0, 1_000)}`);
    await pause(50);
  }
}

export async function startAwsShop({ folder }: { readonly folder: string }): Promise<AwsShop> {
  mkdirSync(folder, { recursive: true });
  const dist = join(folder, "dist");
  const effectsLog = join(folder, "effects.jsonl");
  const [aws, cli] = await Promise.all([startMoto({ folder }), startAwsCli({ folder }), buildLambda(dist)]);
  const env = awsEnvironment(aws.url);
  const path = { PATH: `${cli.bin}:${awsTool("")}:${process.env.PATH}` };
  const upload = (...options: readonly string[]) =>
    run([UPLOAD, "--dist", dist, "--prefix", PREFIX, "--demo", ...options], { env: { ...env, ...path } });
  await upload();
  const lambdas = await startLambdas({ url: aws.url, dist, folder, env: { EFFECTS_LOG: effectsLog } }, PREFIX);
  const { api } = lambdas;

  return {
    url: aws.url,
    env: { ...env, ...path },
    lambdas,
    upload,
    dead: (args) =>
      run([process.execPath, DEAD, ...args, "--host", "aws", "--prefix", PREFIX], { env: { ...env, ...path } }),
    async ask(method, rawPath, headers = {}) {
      const requestContext = { http: { method }, stage: "$default" };
      const event = { version: "2.0", rawPath, headers, isBase64Encoded: false, requestContext };
      const answer = await lambdas.invoke(`${PREFIX}edge`, event);
      const { statusCode, body } = answer as { statusCode: number; body: string };
      return [statusCode, JSON.parse(body)];
    },
    async setVisibility(name, seconds) {
      const QueueUrl = await lambdas.queueUrl(PREFIX + name);
      const Attributes = { VisibilityTimeout: String(seconds) };
      await api.json("AmazonSQS.SetQueueAttributes", { QueueUrl, Attributes });
    },
    async publish(topic, message, type) {
      const arn = `arn:aws:sns:${env.AWS_REGION}:123456789012:${PREFIX}${topic}`;
      const entry = "MessageAttributes.entry.1.";
      const beside = type && {
        ...{ [`${entry}Name`]: "type", [`${entry}Value.DataType`]: "String", [`${entry}Value.StringValue`]: type },
      };
      await api.form("sns", { Action: "Publish", Version: "2010-03-31", TopicArn: arn, Message: message, ...beside });
    },
    effects: () =>
      existsSync(effectsLog)
        ? readFileSync(effectsLog, "utf8")
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line))
        : [],
    async dropDeadLetters() {
      const QueueUrl = await lambdas.queueUrl(`${PREFIX}dead-letters`);
      for (;;) {
        const { Messages = [] } = await api.json("AmazonSQS.ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 });
        for (const { ReceiptHandle } of Messages as { ReceiptHandle: string }[])
          await api.json("AmazonSQS.DeleteMessage", { QueueUrl, ReceiptHandle });
        if ((Messages as object[]).length === 0) return;
      }
    },
    async deadLetters() {
      const QueueUrl = await lambdas.queueUrl(`${PREFIX}dead-letters`);
      const { Messages = [] } = await api.json("AmazonSQS.ReceiveMessage", {
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 0,
        AttributeNames: ["All"],
      });
      return (Messages as { Body: string; Attributes: Readonly<Record<string, string>> }[]).map(
        ({ Body: body, Attributes: attributes }) => ({ body, attributes }),
      );
    },
    async stop() {
      await lambdas.stop();
      await cli.stop();
      await aws.stop();
    },
  };
}
