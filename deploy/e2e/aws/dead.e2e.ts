import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import type { Letter } from "../../dead/letter.ts";
import { lambdaRic } from "../../engines/lambda-ric.ts";
import { moto } from "../../engines/moto.ts";
import { BROKEN_TOPIC, type Broken, createBroken, mailKeyOf } from "../tools/broken-events.ts";
import { createDead, type Dead } from "../tools/mending.ts";
import { type AwsShop, PREFIX, startAwsShop, until } from "./shop.ts";

const missing = moto.missing() ?? lambdaRic.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);
const CONSUMER = "notification";
const LISTED_WITHIN_MS = 5_000;

describe.skipIf(missing)(`dead letters on SQS${missing ? ` (${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-dead-"));
  const failing = join(folder, "failing");
  const broken = createBroken("aws", Date.now());
  let shop: AwsShop;
  let dead: Dead;
  beforeAll(async () => {
    shop = await startAwsShop({ folder });
    dead = createDead({
      host: ["--host", "aws", "--prefix", PREFIX],
      // The seals' secret among what it asks AWS for.
      env: shop.env,
      folder,
    });
    writeFileSync(failing, broken.flatMap((one) => (one.isHandlersFault ? [mailKeyOf(one)] : [])).join("\n"));
    await shop.setVisibility(CONSUMER, 1);
    await shop.lambdas.setEnvironment(PREFIX + CONSUMER, {
      ...{ EFFECTS_LOG: join(folder, "effects.jsonl"), BREAK_EFFECTS: `listed:${failing}` },
      NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "../shop/break-effects.mjs"))}`,
    });
  });
  afterAll(async () => {
    await shop?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // What fails leaves nothing to the next.
  afterEach(() => dead.run(["drop", "--yes", "--rate", "1000"]));

  /** A filter of SNS lets through only what is JSON: whoever sends something else sends it to a queue. */
  const say = async ({ isIllegible }: Broken, body: string) => {
    if (!isIllegible) return shop.publish(BROKEN_TOPIC, body);
    const QueueUrl = await shop.lambdas.queueUrl(PREFIX + CONSUMER);
    await shop.lambdas.api.json("AmazonSQS.SendMessage", { QueueUrl, MessageBody: body });
  };
  const mails = (one: Broken) => shop.effects().filter(({ kind, key }) => kind === "mail" && key === mailKeyOf(one));
  /** Who got what was made of a letter, and for whom it is. */
  const replaysOf = ({ digest }: Letter) =>
    system.functions.flatMap(({ name }) =>
      shop.lambdas.receipts(PREFIX + name).flatMap(({ body }) => {
        if (!body.includes(`"replayof":"${digest}"`)) return [];
        return [[name, JSON.parse(body).replayfor]];
      }),
    );
  const depth = async () => {
    const QueueUrl = await shop.lambdas.queueUrl(`${PREFIX}dead-letters`);
    const AttributeNames = ["ApproximateNumberOfMessages"];
    const { Attributes } = await shop.lambdas.api.json("AmazonSQS.GetQueueAttributes", { QueueUrl, AttributeNames });
    return Number((Attributes as Readonly<Record<string, string>>).ApproximateNumberOfMessages);
  };

  it.each(broken.map((one) => [one.name, one] as const))(
    "an event with the fault %s is listed with its reason at once, mended, replayed and handled once",
    async (_name, one) => {
      const firsts = () => shop.effects().filter(({ key }) => key.startsWith(`${one.mended.subject}-first`)).length;
      if (one.before !== undefined) {
        await say(one, one.before);
        await until(firsts, { isDone: (count) => count === 1 });
      }
      await say(one, one.body);
      await until(depth, { isDone: (count) => count === 1 });
      const died = Date.now();
      const [letter, ...others] = await dead.letters();
      expect(Date.now() - died).toBeLessThan(LISTED_WITHIN_MS);
      expect(others).toEqual([]);
      // SQS gives up by itself what a handler always throws at. It says of which queue, which moto 5.2.5 does not.
      const place = { function: CONSUMER, topic: PREFIX + CONSUMER };
      const { code, reason } = one.isHandlersFault ? { code: "given-up", reason: /however often|nobody says/ } : one;
      expect(letter).toMatchObject(one.isHandlersFault ? { code } : { ...place, code });
      expect(letter?.reason).toMatch(reason);
      expect(letter?.isSealed).toBe(!one.isHandlersFault);

      if (one.isHandlersFault) writeFileSync(failing, "");
      await dead.mend(one, letter as Letter, one.isHandlersFault ? ["--topic", place.topic] : []);
      await until(() => mails(one).length, { isDone: (count) => count > 0 });
      expect(await dead.letters()).toEqual([]);
      expect(mails(one)).toHaveLength(1);
      // Also what SQS gave up, which bears no passport: its queue is its function's own.
      expect(replaysOf(letter as Letter)).toEqual([[CONSUMER, CONSUMER]]);
    },
  );

  it("goes through the whole queue, sees each letter once, and gives all of them back", async () => {
    const QueueUrl = await shop.lambdas.queueUrl(`${PREFIX}dead-letters`);
    const ids = Array.from({ length: 35 }, (_, n) => `given-${n}`);
    for (const id of ids) {
      const MessageBody = JSON.stringify({ specversion: "1.0", id, source: "/t", type: "t", deadcode: "schema" });
      await shop.lambdas.api.json("AmazonSQS.SendMessage", { QueueUrl, MessageBody });
    }
    for (let time = 0; time < 2; time++)
      expect((await dead.letters()).map(({ eventId }) => eventId).toSorted()).toEqual(ids.toSorted());
    const { code, stdout, stderr } = await dead.run(["replay"]);
    expect([code, stdout]).toEqual([1, "35 stay\n"]);
    expect(stderr).toContain("no valid seal");
    expect((await dead.run(["drop", "--yes", "--rate", "1000"])).stdout).toBe("35 dropped\n");
    expect(await depth()).toBe(0);
  });
});
