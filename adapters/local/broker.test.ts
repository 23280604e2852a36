import { expect, test } from "vitest";
import { createBroker, KEPT_WITHOUT_GROUP, type Message } from "./broker.ts";
import { openDatabase } from "./database.ts";
import { openKeptLetters } from "./kept-letters.ts";
import { temporaryFolder } from "./test-app.ts";

const topic = { component: "pubsub", topic: "orders" };
const message = (text: string): Message => ({ body: Buffer.from(text), headers: "{}", expires: null });
const nobody = () => {};

const open = (file = ":memory:") => {
  const { db, close } = openDatabase(file);
  const trimmed: string[] = [];
  const broker = createBroker({ db, onTrim: (from) => trimmed.push(from.topic) });
  const count = (table: "entry" | "delivery") => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  const texts = (group: number) =>
    broker.due(group, 100).map(({ entry }) => Buffer.from(broker.read(entry).body).toString());
  return { broker, close, count, texts, trimmed };
};

test("each group gets each event, in the order of publishing, and is woken", () => {
  const { broker, texts } = open();
  let woken = 0;
  const billing = broker.join(topic, { appId: "billing", wake: () => woken++ });
  const shipping = broker.join(topic, { appId: "shipping", wake: nobody });
  broker.publish(topic, message("1"));
  broker.publish({ ...topic, topic: "bills" }, message("not theirs"));
  broker.publish(topic, message("2"));
  expect([texts(billing), texts(shipping), woken]).toEqual([["1", "2"], ["1", "2"], 2]);
});

test("an event is gone when the last group is done with it, so that the file does not grow", () => {
  const { broker, count } = open();
  const groups = ["billing", "shipping"].map((appId) => broker.join(topic, { appId, wake: nobody }));
  broker.publish(topic, message("1"));
  const left = groups.map((group) => {
    for (const position of broker.due(group, 10)) broker.complete(position);
    return [count("delivery"), count("entry")];
  });
  expect(left).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

test("a new group starts with the oldest event that is kept", () => {
  const { broker, texts } = open();
  broker.publish(topic, message("1"));
  broker.publish(topic, message("2"));
  expect(texts(broker.join(topic, { appId: "billing", wake: nobody }))).toEqual(["1", "2"]);
});

test("events wait for a group that existed once, whoever is there now", () => {
  const file = `${temporaryFolder()}/broker.db`;
  const first = open(file);
  first.broker.join(topic, { appId: "billing", wake: nobody });
  first.close();

  const second = open(file);
  second.broker.publish(topic, message("1"));
  expect(second.broker.abandoned()).toEqual([{ ...topic, appId: "billing", events: 1 }]);
  second.close();

  const third = open(file);
  expect(third.texts(third.broker.join(topic, { appId: "billing", wake: nobody }))).toEqual(["1"]);
  third.close();
});

test("a postponed event is due later, and at once after a restart", () => {
  const file = `${temporaryFolder()}/broker.db`;
  const first = open(file);
  const group = first.broker.join(topic, { appId: "billing", wake: nobody });
  first.broker.publish(topic, message("1"));
  const later = Date.now() + 60_000;
  for (const position of first.broker.due(group, 1)) first.broker.postpone(position, later);
  expect([first.texts(group), first.broker.nextDue(group)]).toEqual([[], later]);
  first.close();

  const second = open(file);
  expect(second.texts(second.broker.join(topic, { appId: "billing", wake: nobody }))).toEqual(["1"]);
  second.close();
});

test("a dead letter leaves its topic and reaches the other in one step, without its expiry", () => {
  const { broker, texts, count } = open();
  const group = broker.join(topic, { appId: "billing", wake: nobody });
  broker.publish(topic, { ...message("1"), expires: 1 });
  for (const position of broker.due(group, 1)) broker.moveTo({ ...topic, topic: "dead-letters" }, position);
  expect([texts(group), count("entry")]).toEqual([[], 1]);
  const reader = broker.join({ ...topic, topic: "dead-letters" }, { appId: "reader", wake: nobody });
  expect(broker.due(reader, 1).map(({ entry }) => broker.read(entry).expires)).toEqual([null]);
});

test("of a topic that nobody has ever subscribed to the newest are kept, and what goes is told", () => {
  const { broker, count, texts, trimmed } = open();
  for (let n = 0; n < KEPT_WITHOUT_GROUP + 2; n++) broker.publish(topic, message(String(n)));
  expect([count("entry"), trimmed]).toEqual([KEPT_WITHOUT_GROUP, ["orders", "orders"]]);
  expect(texts(broker.join(topic, { appId: "late", wake: nobody }))[0]).toBe("2");
});

test("nothing goes of a topic out of which somebody else has taken some meanwhile", () => {
  const file = `${temporaryFolder()}/broker.db`;
  const { broker, close, count, trimmed } = open(file);
  const letters = { component: "pubsub", topic: "dead-letters" };
  for (let n = 0; n < KEPT_WITHOUT_GROUP - 1; n++) broker.publish(letters, message(String(n)));
  const kept = openKeptLetters(file);
  for (const entry of kept.entries().slice(0, 2)) kept.remove(entry);
  kept.close();
  for (let n = 0; n < 3; n++) broker.publish(letters, message(`later ${n}`));
  expect([count("entry"), trimmed]).toEqual([KEPT_WITHOUT_GROUP, []]);
  broker.publish(letters, message("one too many"));
  expect([count("entry"), trimmed]).toEqual([KEPT_WITHOUT_GROUP, ["dead-letters"]]);
  close();
});

test("a second process on the same file is refused, since both would deliver", { timeout: 15_000 }, () => {
  const file = `${temporaryFolder()}/broker.db`;
  const first = open(file);
  expect(() => openDatabase(file, { waitMs: 50 })).toThrow("another process uses this database");
  first.close();
  openDatabase(file).close();
});
