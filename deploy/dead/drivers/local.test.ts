import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBroker } from "../../../adapters/local/broker.ts";
import { openDatabase } from "../../../adapters/local/database.ts";
import { freePort } from "../../../adapters/local/free-ports.ts";
import { runnable } from "../../../adapters/local/runnable.ts";
import { readSession, type Session, writeSession } from "../../../adapters/local/session.ts";
import { createSidecars, type Sidecars } from "../../../adapters/local/sidecars.ts";
import { system } from "../../../functions/index.ts";
import type { Driver, Held } from "../letter.ts";
import { letterBytes, SECRET } from "../test-letters.ts";
import { openLocal } from "./local.ts";

const component = "pubsub";
let folder: string;
let open: Driver[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "loosely-dead-"));
  open = [];
});
afterEach(async () => {
  for (const driver of open) await driver.close();
  rmSync(folder, { recursive: true, force: true });
});

const message = (body: Uint8Array) => ({ body, headers: "{}", expires: null });
const inside = (bytes: Uint8Array, more: object) =>
  Buffer.from(JSON.stringify({ ...JSON.parse(String(bytes)), ...more }));
/** As its sidecar has published it. */
const ours = (id: string, secret: string | undefined = SECRET) =>
  inside(letterBytes({ event: { id }, secret }), { topic: "dead-letters", pubsubname: component });

/** A broker that is not running, with these letters. */
function keep(...letters: readonly Uint8Array[]): void {
  const { db, close } = openDatabase(join(folder, "broker.db"));
  const broker = createBroker({ db });
  for (const letter of letters) broker.publish({ component, topic: "dead-letters" }, message(letter));
  close();
}

async function openDriver(env: Readonly<Record<string, string>> = {}): Promise<Driver> {
  const driver = await openLocal({ at: { data: folder }, system, env });
  open.push(driver);
  return driver;
}

async function all(driver: Driver): Promise<Held[]> {
  const found: Held[] = [];
  for await (const held of driver.letters({})) found.push(held);
  return found;
}

/** What lies on a topic, as JSON. */
function on(topic: string): readonly Record<string, unknown>[] {
  const { db, close } = openDatabase(join(folder, "broker.db"));
  const rows = db.prepare("SELECT body FROM entry WHERE topic = ? ORDER BY id").all(topic);
  close();
  return rows.map(({ body }) => JSON.parse(Buffer.from(body as Uint8Array).toString()));
}

describe("the letters of a system that is closed", () => {
  it("says what is there, oldest first, and which seals are valid by the secret that is kept beside it", async () => {
    keep(ours("e-1"), ours("e-2", "another"));
    writeFileSync(join(folder, "letter-secret"), `${SECRET}\n`);
    const found = await all(await openDriver());
    expect(found.map(({ letter: { eventId, isSealed }, place }) => [eventId, isSealed, place])).toEqual([
      ["e-1", true, "orders"],
      ["e-2", false, undefined],
    ]);
  });

  it("says that no seal can be checked where there is no secret", async () => {
    keep(ours("e-1"));
    expect((await openDriver()).note?.()).toMatch(/^seals cannot be checked: set LETTER_SECRET/);
    expect((await openDriver({ LETTER_SECRET: SECRET })).note?.()).toBe(undefined);
  });

  it("puts a replay on its topic, marked, and takes its letter out", async () => {
    keep(ours("e-1"), ours("e-2"));
    const driver = await openDriver({ LETTER_SECRET: SECRET });
    const [first] = await all(driver);
    await driver.replay(first as Held, { topic: "orders" });
    expect((await all(driver)).map(({ letter }) => letter.eventId)).toEqual(["e-2"]);
    await driver.close();
    open = [];
    const [event] = on("orders");
    expect(event).toMatchObject({ id: "e-1", topic: "orders", replayof: first?.letter.digest, replayfor: "billing" });
    expect(Object.keys(event ?? {}).filter((name) => name.startsWith("dead"))).toEqual([]);
  });

  it("knows what a sidecar has put there itself, and where it was, whatever it says of itself", async () => {
    const forged = { deadtopic: "bills", deadcode: "schema", topic: "orders", pubsubname: component };
    keep(inside(letterBytes({}), forged), inside(letterBytes({}), { ...forged, expiration: "2020-01-01T00:00:00Z" }));
    const found = await all(await openDriver({ LETTER_SECRET: SECRET }));
    expect(found.map(({ letter: { code, reason, topic }, place }) => [code, reason, topic, place])).toEqual([
      ["given-up", "its sidecar gave it up", "orders", "orders"],
      ["given-up", "expired before it was delivered", "orders", "orders"],
    ]);
  });

  it("knows a letter that went past its sidecar as bytes, in which stands where its event was published", async () => {
    keep(letterBytes({ event: { id: "e-1", topic: "orders", pubsubname: component }, secret: SECRET }));
    const [held] = await all(await openDriver({ LETTER_SECRET: SECRET }));
    expect([held?.letter.isSealed, held?.letter.function, held?.place]).toEqual([true, "billing", "orders"]);
  });

  it("keeps a letter whose replay fails", async () => {
    keep(ours("e-1"));
    const driver = await openDriver();
    const [held] = await all(driver);
    writeSession(folder, { pid: process.pid, system: "shop", services: [], tokens: { app: "a", dapr: "d" } });
    await expect(driver.replay(held as Held, { topic: "orders" })).rejects.toThrow(/no sidecar runs/);
    expect(await all(driver)).toHaveLength(1);
  });

  it("refuses a folder in which nothing is kept", async () => {
    mkdirSync(join(folder, "empty"));
    const opening = openLocal({ at: { data: join(folder, "empty") }, system, env: {} });
    await expect(opening).rejects.toThrow(/broker\.db: is not there: --data must name/);
  });

  it("names the file where it is no broker's", async () => {
    writeFileSync(join(folder, "broker.db"), "no database, and longer than the header of one would be".repeat(40));
    const opening = openLocal({ at: { data: folder }, system, env: {} });
    await expect(opening).rejects.toThrow(/broker\.db: cannot be used: /);
  });
});

describe("the letters of a system that runs", () => {
  let sidecars: Sidecars;
  const token = "of-tests";
  beforeEach(async () => {
    keep(ours("e-1"), ours("e-2"));
    const apps = [];
    for (const { name: appId } of runnable.services)
      apps.push({ appId, appPort: await freePort(), httpPort: 0, apiToken: token });
    sidecars = await createSidecars({ resources: runnable.resources, database: join(folder, "broker.db"), apps });
    writeSession(folder, {
      ...{ pid: process.pid, system: "shop", tokens: { app: "a", dapr: token } },
      services: sidecars.apps.map(({ appId, httpPort }) => ({
        ...{ name: appId, url: "http://127.0.0.1", appPort: 1, sidecarUrl: `http://127.0.0.1:${httpPort}` },
      })),
    });
  });

  it("are replayed through its sidecars, by their token, and dropped beside them", async () => {
    const driver = await openDriver({ LETTER_SECRET: SECRET });
    const [first, second] = (await all(driver)) as [Held, Held];
    await driver.replay(first, { topic: "orders" });
    await driver.drop(second);
    expect(await all(driver)).toEqual([]);
    await sidecars.close();
    expect(on("orders")).toMatchObject([{ id: "e-1", replayfor: "billing" }]);
    expect(on("dead-letters")).toEqual([]);
  });

  it("are replayed through those of its next start, once the one that a run began with has ended", async () => {
    const driver = await openDriver({ LETTER_SECRET: SECRET });
    const [first, second] = (await all(driver)) as [Held, Held];
    const session = readSession(folder) as Session;
    writeSession(folder, { ...session, tokens: { app: "a", dapr: "of the start before" } });
    await expect(driver.replay(first, { topic: "orders" })).rejects.toThrow(/the sidecar answered 401/);
    writeSession(folder, session);
    await driver.replay(second, { topic: "orders" });
    expect((await all(driver)).map(({ letter }) => letter.eventId)).toEqual(["e-1"]);
    await sidecars.close();
  });
});
