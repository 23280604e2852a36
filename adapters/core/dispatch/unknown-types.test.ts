import { describe, expect, it } from "vitest";
import { createBilling } from "../../../functions/billing/handler.ts";
import { catalogue } from "../../../functions/events/index.ts";
import { createEffects } from "../../effects/index.ts";
import { createLevels } from "../host/log-level.ts";
import type { Outcome } from "./outcome.ts";
import type { Observation, Ports } from "./ports.ts";
import { receive } from "./receive.ts";
import { createWorld } from "./test-world.ts";
import { createUnknownTypes } from "./unknown-types.ts";

const MS = 60_000;
const QUARTER_MS = 15 * 60 * 1_000;
const MOST = 1_000;
const ACK = { kind: "ack", how: "unknown" };
const RETRY = { kind: "retry", code: "unknown", reason: "type: is in no catalogue, comes again for 60000 ms" };
const STRANGE = "com.example.order.created.v2";

const event = (id: string | number, source = "/s") => ({ source, id: String(id) });
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("an event whose type is in no catalogue", () => {
  const billing = createBilling(createEffects({}));
  const types = new Set<string>(catalogue.map(({ type }) => type));
  const deliver = (ports: Ports, members: object = {}) => {
    const body = JSON.stringify({ specversion: "1.0", id: "e-1", source: "/s", type: STRANGE, ...members });
    const headers = { "content-type": "application/cloudevents+json" };
    return receive(billing, { headers, body: Buffer.from(body), topic: "orders" }, ports);
  };

  it("is acknowledged as that, and touches nothing", async () => {
    const { ports, steps, letters, said } = createWorld();
    expect(await deliver({ ...ports, types })).toEqual(ACK);
    expect([steps, letters, said]).toEqual([[], [], []]);
  });

  it("is acknowledged once its time is over, where it is to come again for a while", async () => {
    const { ports, pass } = createWorld();
    const patient = { ...ports, types, unknown: createUnknownTypes({ ms: MS }) };
    expect(await deliver(patient)).toEqual(RETRY);
    pass(MS - 1_000);
    expect(await deliver(patient)).toEqual(RETRY);
    pass(1_000);
    expect(await deliver(patient)).toEqual(ACK);
  });

  it("waits for nothing where it is refused: no newer version could handle it", async () => {
    const { ports } = createWorld();
    const patient = { ...ports, types, unknown: createUnknownTypes({ ms: MS }) };
    expect(await deliver(patient, { "a-b": 1 })).toEqual(ACK);
  });

  it("is not looked at as long as a type is known, whatever else is wrong", async () => {
    const { ports } = createWorld();
    const patient = { ...ports, types, unknown: createUnknownTypes({ ms: MS }) };
    expect(await deliver(patient, { type: "com.example.order.paid.v1" })).toEqual({ kind: "ack", how: "ignored" });
  });
});

describe("what waits", () => {
  it("has a time of its own: same id of another source, same source and another id", () => {
    const { judge } = createUnknownTypes({ ms: MS });
    judge(event(1), 0);
    judge(event(1, "/t"), MS - 1);
    judge(event(2), MS - 1);
    expect([event(1), event(1, "/t"), event(2)].map((each) => judge(each, MS))).toEqual([ACK, RETRY, RETRY]);
  });

  it("is tried not at all where its time is 0", () => {
    expect(createUnknownTypes({ ms: 0 }).judge(event(1), 0)).toEqual(ACK);
  });

  it("has its time once more when it comes after its end", () => {
    const { judge } = createUnknownTypes({ ms: MS });
    expect([0, MS, MS + 1, 2 * MS + 1].map((now) => judge(event(1), now))).toEqual([RETRY, ACK, RETRY, ACK]);
  });

  it("comes to its end in every order of delivery, however many wait, within one time and one redelivery a thousand", () => {
    const { judge } = createUnknownTypes({ ms: MS });
    let left = range(3 * MOST);
    const ends: number[] = [];
    for (let now = 0, round = 0; left.length > 0 && round < 20; round++, now += MS / 2) {
      left = (round % 2 ? left : left.toReversed()).filter((id) => {
        const isOver = judge(event(id), now).kind === "ack";
        if (isOver) ends.push(now / MS);
        return !isOver;
      });
    }
    expect([left.length, ends.length, ends[0], ends.at(-1)]).toEqual([0, 3 * MOST, 1, 4]);
  });

  it("leaves its place when another process has taken it, but not before it could have come again", () => {
    const { judge } = createUnknownTypes({ ms: MS });
    for (const id of range(MOST)) judge(event(id), 0);
    const late = (now: number) => judge(event("late"), now);
    const early = QUARTER_MS - 1;
    expect([late(0), late(MS), late(early)]).toEqual([RETRY, RETRY, RETRY]);
    expect(judge(event(0), early)).toEqual(ACK);
    expect([late(early), late(early + MS)]).toEqual([RETRY, ACK]);
  });

  it("keeps its place as long as it comes again, however long its time is", () => {
    const long = 4 * QUARTER_MS;
    const { judge } = createUnknownTypes({ ms: long });
    for (const id of range(MOST)) judge(event(id), 0);
    for (let now = QUARTER_MS / 2; now < long; now += QUARTER_MS / 2) {
      expect(judge(event(0), now).kind).toBe("retry");
      judge(event(`other-${now}`), now);
    }
    expect(judge(event(0), long)).toEqual(ACK);
  });
});

describe("how loud it is said", () => {
  const of = (type: string, outcome: Outcome): Observation => ({
    functionName: "billing",
    event: { id: "e-1", source: "/s", type },
    outcome,
    durationMs: 1,
  });
  const acked: Outcome = { kind: "ack", how: "unknown" };
  const again: Outcome = { kind: "retry", code: "unknown", reason: "" };

  it.each([
    ["acknowledged", [acked, acked, acked]],
    ["tried again, then acknowledged", [again, again, acked]],
  ])("a warning for the first of its type, %s", (_how, outcomes) => {
    const levelOf = createLevels();
    expect(outcomes.map((outcome) => levelOf(of(STRANGE, outcome)))).toEqual(["warn", "info", "info"]);
    expect(levelOf(of(`${STRANGE}3`, acked))).toBe("warn");
  });

  it("a warning for each of a thousand types, none for more, so that nobody fills memory or log by making up types", () => {
    const levelOf = createLevels();
    const levels = range(MOST + 10).map((n) => levelOf(of(`${"x".repeat(300)}${n}`, acked)));
    expect(levels).toEqual(range(MOST + 10).map((n) => (n < MOST ? "warn" : "info")));
    expect(levelOf(of("y", acked))).toBe("info");
  });

  it.each<readonly [string, Outcome]>([
    ["info", { kind: "ack", how: "handled", said: [] }],
    ["info", { kind: "ack", how: "ignored" }],
    ["warn", { kind: "retry", code: "ledger", reason: "" }],
    ["warn", { kind: "dead", code: "unknown", reason: "" }],
  ])("every time %s: %o", (level, outcome) => {
    const levelOf = createLevels();
    expect([levelOf(of("t", outcome)), levelOf(of("t", outcome))]).toEqual([level, level]);
  });
});
