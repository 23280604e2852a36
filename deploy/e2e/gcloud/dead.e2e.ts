import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Letter } from "../../dead/letter.ts";
import { firestoreEmulator } from "../../engines/firestore-emulator.ts";
import { pubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { BROKEN_AT, BROKEN_TOPIC, createBroken, mailKeyOf } from "../tools/broken-events.ts";
import { createDead, type Dead } from "../tools/mending.ts";
import {
  createTopics,
  eventually,
  type GcloudShop,
  PROJECT,
  SUBSCRIPTIONS,
  startGcloudShop,
  subscribe,
} from "./shop.ts";

const missing = pubsubEmulator.missing() ?? firestoreEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);
const LISTED_WITHIN_MS = 5_000;
const LETTER_SECRET = "a-secret-of-tests";

describe.skipIf(missing)(`dead letters on Pub/Sub${missing ? ` (${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-dead-"));
  const failing = join(folder, "failing");
  const broken = createBroken("gcloud", Date.now());
  let shop: GcloudShop;
  let dead: Dead;
  beforeAll(async () => {
    shop = await startGcloudShop(folder, { LETTER_SECRET });
    dead = createDead({
      host: ["--host", "gcloud", "--project", PROJECT, "--prefix", ""],
      env: { PUBSUB_EMULATOR_HOST: shop.pubsub.host, LETTER_SECRET },
      folder,
    });
    writeFileSync(failing, broken.flatMap((one) => (one.isHandlersFault ? [mailKeyOf(one)] : [])).join("\n"));
    await shop.start(BROKEN_AT.consumer, {
      BREAK_EFFECTS: `listed:${failing}`,
      NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "../shop/break-effects.mjs"))}`,
    });
    await createTopics(shop);
    for (const subscription of SUBSCRIPTIONS) await subscribe(shop, subscription, { attempts: 5 });
  });
  afterAll(() => shop?.stop());
  // What fails leaves nothing to the next.
  afterEach(() => dead.run(["drop", "--yes", "--rate", "1000"]));

  const say = (topic: string, body: string) =>
    shop.pubsub.call("POST", `projects/${PROJECT}/topics/${topic}:publish`, {
      messages: [
        {
          data: Buffer.from(body).toString("base64"),
          attributes: { "content-type": "application/cloudevents+json" },
        },
      ],
    });
  const mails = (key: string) => shop.effects().filter((effect) => effect.kind === "mail" && effect.key === key).length;
  const letters = async (count: number): Promise<readonly Letter[]> =>
    eventually(() => dead.letters(), { until: (all) => all.length >= count });

  it.each(broken.map((one) => [one.name, one] as const))(
    "an event with the fault %s is listed with its reason at once, mended, replayed and handled once",
    async (_name, one) => {
      if (one.before !== undefined) {
        await say(BROKEN_TOPIC, one.before);
        const key = mailKeyOf(one).replace("/", "-first/");
        await eventually(async () => mails(key), { until: (count) => count === 1 });
      }
      await say(BROKEN_TOPIC, one.body);
      const hearers = one.isIllegible ? BROKEN_AT.hearers : [BROKEN_AT.consumer];
      const found = await letters(hearers.length);
      // Of what Pub/Sub gives up it says only when it was published.
      const died = Math.max(...found.map(({ time = "" }) => Date.parse(time)));
      if (!one.isHandlersFault) expect(Date.now() - died).toBeLessThan(LISTED_WITHIN_MS);
      expect(found.map((letter) => letter.function).toSorted()).toEqual([...hearers].toSorted());
      const { code, reason } = one.isHandlersFault ? { code: "given-up", reason: /5 deliveries by noti/ } : one;
      for (const letter of found) {
        expect(letter).toMatchObject({ code, topic: BROKEN_TOPIC, isSealed: !one.isHandlersFault });
        expect(letter.reason).toMatch(reason);
      }

      if (one.isHandlersFault) writeFileSync(failing, "");
      await dead.mend(one, found.find((letter) => letter.function === BROKEN_AT.consumer) as Letter);
      for (const letter of found.filter((each) => each.function !== BROKEN_AT.consumer))
        expect((await dead.run(["drop", letter.digest])).code).toBe(0);
      await eventually(async () => mails(mailKeyOf(one)), { until: (count) => count > 0 });
      expect(await dead.letters()).toEqual([]);
      expect(mails(mailKeyOf(one))).toBe(1);
    },
  );

  it("goes through the whole subscription, sees each letter once, and gives all of them back", async () => {
    const ids = Array.from({ length: 250 }, (_, n) => `given-${n}`);
    for (const id of ids)
      await say(
        "dead-letters",
        JSON.stringify({ specversion: "1.0", id, source: "/t", type: "t", deadcode: "schema" }),
      );
    for (let time = 0; time < 2; time++)
      expect((await letters(ids.length)).map(({ eventId }) => eventId).toSorted()).toEqual(ids.toSorted());
    const { code, stdout, stderr } = await dead.run(["replay", "--yes", "--rate", "1000"]);
    expect([code, stdout]).toEqual([1, "250 stay\n"]);
    expect(stderr).toContain("no valid seal");
    expect((await dead.run(["drop", "--yes", "--rate", "1000"])).stdout).toBe("250 dropped\n");
    expect(await dead.letters()).toEqual([]);
  });
});
