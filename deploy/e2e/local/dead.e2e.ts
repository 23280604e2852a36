import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { readSession, type Session } from "../../../adapters/local/session.ts";
import { createTestShop, type TestShop } from "../../../adapters/local/test-shop.ts";
import type { Letter } from "../../dead/letter.ts";
import { followOrders, placeOrders, until } from "../shop/orders.ts";
import { faultsOf, mailsRepeated, parseAttempts, sumUp } from "../shop/sums.ts";
import { BROKEN_AT, BROKEN_TOPIC, type Broken, createBroken, mailKeyOf } from "../tools/broken-events.ts";
import { createDead, type Dead } from "../tools/mending.ts";

const LISTED_WITHIN_MS = 5_000;
/** A parked event is tried again within half a minute. */
const DEAD_WITHIN_MS = 90_000;
const DAY_MS = 86_400_000;
/** In which all of them die. */
const AHEAD_MS = 15_000;
const MANY = 1_000;
const ORDERS = 150;

const folder = mkdtempSync(join(tmpdir(), "loosely-dead-"));
const failing = join(folder, "failing");
const broken = createBroken("local", Date.now());
let shop: TestShop;
let session: Session;
let dead: Dead;

beforeAll(async () => {
  shop = await createTestShop();
  setFailing(broken.filter(({ isHandlersFault }) => isHandlersFault).map(mailKeyOf));
  await shop.open({
    ...{ BREAK_EFFECTS: `listed:${failing}`, GIVE_UP_AFTER_MS: "1000" },
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "../shop/break-effects.mjs"))}`,
  });
  session = readSession(shop.dataDir) as Session;
  dead = createDead({ host: ["--data", shop.dataDir], folder });
});
afterAll(async () => {
  await shop.close();
  shop.forget();
  rmSync(folder, { recursive: true, force: true });
});

// What fails leaves nothing to the next.
afterEach(() => dead.run(["drop", "--yes", "--rate", "1000"]));

const setFailing = (keys: readonly string[]) => writeFileSync(failing, keys.join("\n"));
const attempts = () => parseAttempts(readFileSync(shop.effectsLog, { encoding: "utf8", flag: "a+" }));
const mailed = (key: string) => attempts().filter((one) => one.kind === "mail" && one.key === key).length;

/** What its sidecar takes for no event, it wraps: so that comes as text. */
async function say({ isIllegible }: Broken, body: string): Promise<void> {
  const answer = await fetch(`${session.services[0]?.sidecarUrl}/v1.0/publish/pubsub/${BROKEN_TOPIC}`, {
    method: "POST",
    headers: {
      "content-type": isIllegible ? "application/json" : "application/cloudevents+json",
      "dapr-api-token": session.tokens.dapr,
    },
    body,
  });
  expect([answer.status, await answer.text()]).toEqual([204, ""]);
}

it.each(broken.map((one) => [one.name, one] as const))(
  "an event with the fault %s is listed with its reason at once, mended, replayed and handled once",
  async (_name, one) => {
    if (one.before !== undefined) {
      await say(one, one.before);
      await until(() => mailed(mailKeyOf(one).replace("/", "-first/")) === 1, { what: "the first is handled" });
    }
    await say(one, one.body);
    let letters: readonly Letter[] = [];
    const hearers = one.isIllegible ? BROKEN_AT.hearers : [BROKEN_AT.consumer];
    await until(
      async () => {
        letters = await dead.letters();
        return letters.length >= hearers.length;
      },
      { what: "it is listed", withinMs: DEAD_WITHIN_MS },
    );
    const died = Math.max(...letters.map(({ time = "" }) => Date.parse(time)));
    expect(Date.now() - died).toBeLessThan(LISTED_WITHIN_MS);
    expect(letters.map((letter) => letter.function).toSorted()).toEqual([...hearers].toSorted());
    for (const letter of letters) {
      // What is no JSON, a sidecar has wrapped as text.
      const { code, reason } = one.isIllegible ? { code: "type", reason: /published without a type/ } : one;
      expect(letter).toMatchObject({ code, topic: BROKEN_TOPIC, isSealed: true, isWhole: true });
      expect(letter.reason).toMatch(reason);
    }

    if (one.isHandlersFault) setFailing([]);
    await dead.mend(one, letters.find((letter) => letter.function === BROKEN_AT.consumer) as Letter);
    for (const letter of letters.filter((each) => each.function !== BROKEN_AT.consumer))
      expect((await dead.run(["drop", letter.digest])).code).toBe(0);
    await until(() => mailed(mailKeyOf(one)) > 0, { what: "it is handled" });
    expect(await dead.letters()).toEqual([]);
    expect(mailed(mailKeyOf(one))).toBe(1);
  },
);

it(`a replay of ${MANY} while orders are placed loses none and handles none twice`, async () => {
  const [template] = createBroken("many", Date.now()) as [Broken];
  const ids = Array.from({ length: MANY }, (_, n) => `many-${n}`);
  // They die for they are of the day after tomorrow, until they are not.
  const time = new Date(Date.now() + DAY_MS + AHEAD_MS);
  const events = ids.map((id) => {
    const { data, ...event } = template.mended;
    return { ...event, id, subject: id, time: time.toISOString(), data: { ...(data as object), orderId: id } };
  });
  const keyOf = (id: string) => `${id}/${template.mended.type}`;
  for (let from = 0; from < MANY; from += 50)
    await Promise.all(events.slice(from, from + 50).map((event) => say(template, JSON.stringify(event))));
  await until(async () => (await dead.letters()).length === MANY, { what: "all are dead", withinMs: AHEAD_MS });
  await until(() => Date.now() > time.getTime() - DAY_MS, { what: "their time has come" });

  const placing = placeOrders(shop.url, ORDERS);
  const begun = Date.now();
  const { code, stdout, stderr } = await dead.run(["replay", "--function", "notification", "--yes", "--rate", "200"]);
  console.log(`${MANY} replayed in ${Date.now() - begun} ms beside ${ORDERS} orders: ${stdout.trim()}`);
  expect([code, stdout, stderr]).toEqual([0, "1,000 replayed\n", ""]);
  await placing.done;
  const fates = await followOrders(shop.url, placing.accepted.keys(), 60_000);
  const mails = () => new Set(attempts().flatMap(({ kind, key }) => (kind === "mail" ? [key] : [])));
  await until(() => ids.every((id) => mails().has(keyOf(id))), { what: "all replays are handled" });
  const sums = () => sumUp(fates, attempts());
  await until(() => faultsOf(sums()).length === 0, { what: "orders add up", withinMs: 30_000 });
  expect([fates.size, mailsRepeated(sums())]).toEqual([ORDERS, 0]);
  const repeated = ids.filter((id) => mailed(keyOf(id)) !== 1);
  expect(repeated).toEqual([]);
  expect(await dead.letters()).toEqual([]);
});
