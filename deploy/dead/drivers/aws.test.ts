import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { system } from "../../../functions/index.ts";
import type { Driver, Held } from "../letter.ts";
import { letterBytes, SECRET } from "../test-letters.ts";
import { openAws } from "./aws.ts";

interface Message {
  readonly MessageId: string;
  readonly Body: string;
  readonly Attributes: Readonly<Record<string, string>>;
  isHidden: boolean;
}

const billing = "shop-billing";
const sealed = (id: string) => String(letterBytes({ event: { id }, topic: billing }));
const ENV = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "made-up",
  LETTER_SECRET: SECRET,
};

let server: Server;
let queue: Message[];
let sent: Readonly<Record<string, unknown>>[];
let signers: string[];
/** Another letter comes with each answer. */
let arriving: boolean;
/** What is refused once. */
let failing: Set<string>;
beforeEach(async () => {
  [queue, sent, signers, arriving, failing] = [[], [], [], false, new Set()];
  server = createServer(async (incoming, outgoing) => {
    const { authorization = "", "x-amz-target": target = "" } = incoming.headers;
    signers.push(/Credential=([^/]*)/.exec(authorization)?.[1] ?? "nobody");
    const answer = answerTo(String(target).replace("AmazonSQS.", ""), JSON.parse(await text(incoming)));
    outgoing
      .writeHead(answer ? 200 : 400)
      .end(JSON.stringify(answer ?? { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "none" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
  vi.unstubAllEnvs();
});

/** As SQS does, ten at a time. */
function answerTo(action: string, input: Record<string, unknown>): object | undefined {
  if (action === "GetQueueUrl") {
    const name = String(input.QueueName);
    return name.startsWith("shop-") ? { QueueUrl: `http://sqs/${name}` } : undefined;
  }
  if (action === "GetQueueAttributes") {
    const invisible = queue.filter(({ isHidden }) => isHidden).length;
    return {
      Attributes: {
        ApproximateNumberOfMessages: String(queue.length - invisible),
        ApproximateNumberOfMessagesNotVisible: String(invisible),
      },
    };
  }
  if (action === "ReceiveMessage") {
    if (arriving) keep([sealed(`late-${queue.length}`)], { SentTimestamp: String(Date.now() + 60_000) });
    const seen = queue.filter(({ isHidden }) => !isHidden).slice(0, Number(input.MaxNumberOfMessages));
    for (const message of seen) message.isHidden = true;
    return { Messages: seen.map(({ isHidden: _, ...message }) => ({ ...message, ReceiptHandle: message.MessageId })) };
  }
  if (action === "ChangeMessageVisibilityBatch" || action === "DeleteMessage")
    if (failing.delete(action)) return undefined;
  if (action === "DeleteMessage") queue = queue.filter(({ MessageId }) => MessageId !== input.ReceiptHandle);
  if (action === "SendMessage") sent.push(input);
  if (action === "ChangeMessageVisibilityBatch")
    for (const { ReceiptHandle } of input.Entries as { ReceiptHandle: string }[])
      for (const message of queue) if (message.MessageId === ReceiptHandle) message.isHidden = false;
  return {};
}

function keep(bodies: readonly string[], attributes: Readonly<Record<string, string>> = {}): void {
  for (const Body of bodies) {
    const Attributes = { SentTimestamp: "1764324000000", ...attributes };
    queue.push({ MessageId: `m-${queue.length}`, Body, Attributes, isHidden: false });
  }
}

const open = (env: Readonly<Record<string, string>> = ENV, at = {}): Promise<Driver> => {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return openAws({ at, system, env: { ...env, AWS_ENDPOINT_URL: endpoint } });
};

async function all(driver: Driver): Promise<Held[]> {
  const found: Held[] = [];
  for await (const held of driver.letters({})) found.push(held);
  return found;
}

describe("the letters of a queue", () => {
  it("are all of them, each once, and are given back at the end", async () => {
    keep(Array.from({ length: 35 }, (_, n) => sealed(`e-${n}`)));
    const driver = await open();
    expect((await all(driver)).map(({ letter }) => letter.eventId)).toEqual(
      Array.from({ length: 35 }, (_, n) => `e-${n}`),
    );
    expect(queue.every(({ isHidden }) => isHidden)).toBe(true);
    await driver.close();
    expect(queue.some(({ isHidden }) => isHidden)).toBe(false);
  });

  it("are told of though others hold them: nothing found is not nothing there", async () => {
    keep(["no event", sealed("e-1")]);
    const other = await open();
    await all(other);
    const driver = await open();
    expect(await all(driver)).toEqual([]);
    expect(driver.unseen?.()).toMatch(/^about 2 more are not seen/);
    expect(other.unseen?.()).toBeUndefined();
  });

  it("come to an end while others die", async () => {
    keep(Array.from({ length: 15 }, (_, n) => sealed(`e-${n}`)));
    arriving = true;
    const driver = await open();
    expect((await all(driver)).map(({ letter }) => letter.eventId)).toEqual(
      expect.arrayContaining(Array.from({ length: 15 }, (_, n) => `e-${n}`)),
    );
  });

  it("are given back ten at a time, the others as well where ten are refused, and the run says so", async () => {
    keep(Array.from({ length: 25 }, (_, n) => sealed(`e-${n}`)));
    const driver = await open();
    await all(driver);
    failing.add("ChangeMessageVisibilityBatch");
    await expect(driver.close()).rejects.toThrow(/^not all letters were given back: they are held for up to 63 s/);
    expect(queue.filter(({ isHidden }) => isHidden)).toHaveLength(10);
  });

  it("say that they were sent where they could not be taken out", async () => {
    keep([sealed("e-1")]);
    const driver = await open();
    const [held] = (await all(driver)) as [Held];
    failing.add("DeleteMessage");
    await expect(driver.replay(held, { topic: billing })).rejects.toThrow(/^it was sent, and could not be taken out/);
    expect([sent.length, queue.length]).toEqual([1, 1]);
  });

  it("go to the queue where they died, marked, and are taken out then", async () => {
    keep([sealed("e-1")]);
    const driver = await open();
    const [held] = (await all(driver)) as [Held];
    expect([held.place, held.letter.isSealed]).toEqual([billing, true]);
    await driver.replay(held, { topic: billing });
    const { QueueUrl, MessageBody } = sent[0] as Record<string, string>;
    expect(QueueUrl).toBe(`http://sqs/${billing}`);
    expect(JSON.parse(MessageBody ?? "")).toMatchObject({
      id: "e-1",
      replayof: held.letter.digest,
      replayfor: "billing",
    });
    expect(queue).toEqual([]);
  });

  it.each([
    ["as they were", undefined],
    ["edited", Buffer.from('{"specversion":"1.0","id":"e-1","source":"/t","type":"t"}')],
  ])(
    "are marked, %s, for the function whose queue somebody names: any other name would be ignored there",
    async (_, event) => {
      keep([String(letterBytes({ at: "biling", topic: "shop-biling" }))]);
      const driver = await open();
      const [held] = (await all(driver)) as [Held];
      await driver.replay(held, { topic: billing, ...(event ? { event } : {}) });
      const { MessageBody } = sent[0] as Record<string, string>;
      expect(JSON.parse(MessageBody ?? "")).toMatchObject({ replayof: held.letter.digest, replayfor: "billing" });
    },
  );

  it("stay where the queue that they say is none", async () => {
    keep([String(letterBytes({ topic: "of-somebody-else" }))]);
    const driver = await open();
    const [held] = (await all(driver)) as [Held];
    await expect(driver.replay(held, { topic: "of-somebody-else" })).rejects.toThrow(/QueueDoesNotExist/);
    expect(queue).toHaveLength(1);
    expect(driver.topics).toContain(billing);
    expect(driver.topics).not.toContain("of-somebody-else");
  });

  it("go back to the queue that gave them up, whatever they say of themselves, in their group", async () => {
    const event = { ...JSON.parse(sealed("e-1")), deadtopic: "shop-shipping" };
    const from = { DeadLetterQueueSourceArn: "arn:aws:sqs:eu-west-1:123456789012:shop-order", MessageGroupId: "g-1" };
    keep([JSON.stringify(event), "no event"], from);
    const driver = await open();
    const [first, second] = (await all(driver)) as [Held, Held];
    expect([first, second].map(({ place, letter }) => [place, letter.function, letter.code])).toEqual([
      ["shop-order", "order", "given-up"],
      ["shop-order", "order", "given-up"],
    ]);
    await driver.replay(second, { topic: "shop-order" });
    expect(sent).toEqual([{ QueueUrl: "http://sqs/shop-order", MessageBody: "no event", MessageGroupId: "g-1" }]);
  });
});

describe("who asks", () => {
  let bin: string;
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "loosely-aws-"));
    vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
  });
  afterEach(() => rmSync(bin, { recursive: true }));

  /** An AWS CLI that knows a profile. */
  const install = (script: string) => {
    writeFileSync(join(bin, "aws"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, "aws"), 0o755);
  };
  const EXPORTS = `
    case "$*" in
    "configure export-credentials --format process --profile shop") echo '{"Version":1,"AccessKeyId":"OFPROFILE","SecretAccessKey":"s"}' ;;
    "configure get region --profile shop") echo eu-west-1 ;;
    "lambda get-function-configuration --function-name shop-order"*"--profile shop") echo ${SECRET} ;;
    *) echo "not asked for: $*" >&2; exit 1 ;;
    esac`;

  it("is whom the environment says, without the AWS CLI", async () => {
    install("exit 1");
    keep([sealed("e-1")]);
    await all(await open());
    expect(new Set(signers)).toEqual(new Set(["AKIDEXAMPLE"]));
  });

  it("is whom a profile says, which knows the region and finds the secret of the seals as well", async () => {
    install(EXPORTS);
    keep([sealed("e-1")]);
    const { LETTER_SECRET: _, AWS_REGION: __, ...env } = ENV;
    const [held] = await all(await open(env, { profile: "shop" }));
    expect(new Set(signers)).toEqual(new Set(["OFPROFILE"]));
    expect(held?.letter.isSealed).toBe(true);
  });

  it("says so where no secret is found, so that no seal can be checked", async () => {
    install("exit 1");
    keep([sealed("e-1")]);
    const { LETTER_SECRET: _, ...env } = ENV;
    const driver = await open(env);
    const [held] = await all(driver);
    expect([held?.letter.isSealed, driver.note?.()]).toEqual([false, expect.stringContaining("set LETTER_SECRET")]);
  });

  it("says what the AWS CLI complains of", async () => {
    install("echo 'Error: the SSO session has expired' >&2; exit 255");
    const { AWS_ACCESS_KEY_ID: _, ...env } = ENV;
    await expect(open(env)).rejects.toThrow("aws configure export-credentials: Error: the SSO session has expired");
  });
});
