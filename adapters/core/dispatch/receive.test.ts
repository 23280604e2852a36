import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { encodeBatch, encodeStructured } from "../event/encode.ts";
import { dispatchBatch, receive, toJobs } from "./receive.ts";
import { functionOf, type Handle, Heard, heard, sayBoth } from "./test-function.ts";
import { createWorld, toEvent } from "./test-world.ts";

const about = (subject: string, id: string): CloudEvent => toEvent(Heard({ about: subject }), { id });
const jobsOf = (events: readonly CloudEvent[]) => events.map((event) => ({ event }));
const BATCH = { "content-type": "application/cloudevents-batch+json" };

/** Notes when each event starts and ends; takes a turn in between. */
function tracker(fail: (id: string) => unknown = () => undefined) {
  const log: string[] = [];
  let atWork = 0;
  let most = 0;
  const handle: Handle = async ({ id }) => {
    log.push(`+${id}`);
    most = Math.max(most, ++atWork);
    await setImmediate();
    atWork--;
    log.push(`-${id}`);
    const error = fail(id);
    if (error) throw error;
    return {};
  };
  return { log, fn: functionOf(handle), most: () => most };
}

describe("a batch", () => {
  it("runs the events of one subject in their order, one at a time", async () => {
    const { log, fn } = tracker();
    await dispatchBatch(fn, jobsOf([about("s", "1"), about("s", "2"), about("s", "3")]), createWorld());
    expect(log).toEqual(["+1", "-1", "+2", "-2", "+3", "-3"]);
  });

  it("runs different subjects side by side", async () => {
    const { log, fn } = tracker();
    await dispatchBatch(fn, jobsOf([about("a", "1"), about("b", "2"), about("a", "3")]), createWorld());
    expect(log.slice(0, 2)).toEqual(["+1", "+2"]);
    expect(log.indexOf("+3")).toBeGreaterThan(log.indexOf("-1"));
  });

  it("lets events without a subject wait for nobody", async () => {
    const { fn, most } = tracker();
    const events = ["1", "2", "3"].map((id) => {
      const { subject: _, ...event } = about("s", id);
      return event as CloudEvent;
    });
    await dispatchBatch(fn, jobsOf(events), createWorld());
    expect(most()).toBe(3);
  });

  it.each([
    { concurrency: 1, most: 1 },
    { concurrency: 3, most: 3 },
    { concurrency: 100, most: 20 },
    { concurrency: undefined, most: 16 },
  ])("runs at most $most subjects of 20 at once when told $concurrency", async ({ concurrency, most }) => {
    const tracked = tracker();
    const events = Array.from({ length: 20 }, (_, n) => about(`s-${n}`, `${n}`));
    const { ports } = createWorld();
    const outcomes = await dispatchBatch(tracked.fn, jobsOf(events), {
      ports,
      ...(concurrency ? { concurrency } : {}),
    });
    expect(tracked.most()).toBe(most);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(20).fill("ack"));
  });

  it("answers in the order of the jobs, whichever ends first", async () => {
    const { fn } = tracker((id) => id === "2" && new Dead("never", "2"));
    const events = [about("a", "1"), about("a", "2"), about("b", "3"), toEvent({ type: "x", subject: "a", data: 0 })];
    const outcomes = await dispatchBatch(fn, jobsOf(events), createWorld());
    expect(outcomes.map((outcome) => (outcome.kind === "ack" ? outcome.how : outcome.kind))).toEqual([
      "handled",
      "dead",
      "handled",
      "ignored",
    ]);
  });

  it.each([
    { keepOrder: true, ran: ["1", "2", "4"], kinds: ["ack", "retry", "retry", "ack", "retry"] },
    { keepOrder: false, ran: ["1", "2", "3", "4", "5"], kinds: ["ack", "retry", "ack", "ack", "ack"] },
  ])("after a retry, keepOrder $keepOrder: of that subject runs $ran", async ({ keepOrder, ran, kinds }) => {
    const { log, fn } = tracker((id) => id === "2" && new Error("no answer"));
    const events = [about("a", "1"), about("a", "2"), about("a", "3"), about("b", "4"), about("a", "5")];
    const outcomes = await dispatchBatch(fn, jobsOf(events), { ports: createWorld().ports, keepOrder });
    expect(outcomes.map(({ kind }) => kind)).toEqual(kinds);
    expect(
      log
        .filter((line) => line.startsWith("+"))
        .map((line) => line.slice(1))
        .sort(),
    ).toEqual(ran);
  });

  it("goes on behind what is dead, even where order is kept", async () => {
    const { fn } = tracker((id) => id === "1" && new Dead("never", "1"));
    const { ports } = createWorld();
    const outcomes = await dispatchBatch(fn, jobsOf([about("a", "1"), about("a", "2")]), { ports, keepOrder: true });
    expect(outcomes.map(({ kind }) => kind)).toEqual(["dead", "ack"]);
  });

  it("knows an event that comes twice in it", async () => {
    const world = createWorld();
    const outcomes = await dispatchBatch(functionOf(sayBoth), jobsOf([heard, heard]), world);
    expect(outcomes).toMatchObject([{ how: "handled" }, { how: "duplicate" }]);
  });

  it.each([[[]], [[heard]]])("has as many outcomes as jobs", async (events) => {
    const outcomes = await dispatchBatch(functionOf(sayBoth), jobsOf(events), createWorld());
    expect(outcomes).toHaveLength(events.length);
  });
});

describe("a message", () => {
  const structured = { "content-type": "application/cloudevents+json" };
  const broken = { ...heard, id: "" };

  it.each([
    ["an event", structured, encodeStructured(heard), { kind: "ack", how: "handled" }],
    ["an empty batch", BATCH, "[]", { kind: "ack", how: "ignored" }],
    ["a batch", BATCH, encodeBatch([heard, about("t", "2")]), { kind: "ack", how: "handled" }],
    ["a batch with a broken event", BATCH, encodeBatch([heard, broken]), { kind: "dead", code: "attribute" }],
    ["no event", { "content-type": "text/plain" }, "hello", { kind: "dead", code: "content-type" }],
    ["no JSON", structured, "{", { kind: "dead", code: "json" }],
    ["no body", {}, "", { kind: "dead" }],
  ])("that holds %s", async (_what, headers, body, expected) => {
    const { ports } = createWorld();
    const message = { headers, body: Buffer.from(body) };
    expect(await receive(functionOf(sayBoth), { ...message, topic: "in" }, ports)).toMatchObject(expected);
  });

  it("of a batch: what is refused is buried with its own bytes, the others are handled", async () => {
    const world = createWorld();
    const body = Buffer.from(encodeBatch([heard, broken, about("t", "2")]));
    await receive(functionOf(sayBoth), { headers: BATCH, body, topic: "in" }, world.ports);
    expect(world.said).toHaveLength(4);
    const [letter] = world.letters.map((each) => JSON.parse(each.body));
    expect(world.letters).toHaveLength(1);
    expect(letter).toMatchObject({ deadtopic: "in", deadcode: "attribute" });
    expect(JSON.parse(Buffer.from(letter.data_base64, "base64").toString())).toEqual(broken);
  });

  it("comes again as a whole when one of its events has to, and those that are done stay done", async () => {
    const world = createWorld();
    let down = true;
    const runs: string[] = [];
    const fn = functionOf(({ id }) => {
      runs.push(id);
      if (id === "2" && down) throw new Error("no answer");
      return {};
    });
    const message = { headers: BATCH, body: Buffer.from(encodeBatch([about("a", "1"), about("b", "2")])), topic: "in" };
    expect(await receive(fn, message, world.ports)).toMatchObject({ kind: "retry" });
    down = false;
    expect(await receive(fn, message, world.ports)).toMatchObject({ kind: "ack" });
    expect(runs).toEqual(["1", "2", "2"]);
  });

  it.each([
    ["its origin's trace", `00-${"1".repeat(32)}-${"2".repeat(16)}-01`],
    ["else that of its header", undefined],
  ])("carries %s into what is said", async (_what, traceparent) => {
    const world = createWorld();
    const header = `00-${"3".repeat(32)}-${"4".repeat(16)}-01`;
    const headers = { ...structured, traceparent: header, tracestate: "header=1" };
    const message = { headers, body: Buffer.from(encodeStructured(heard)) };
    const jobs = toJobs(message, traceparent === undefined ? {} : { traceparent, tracestate: "origin=1" });
    await dispatchBatch(functionOf(sayBoth), jobs, world);
    const expected = traceparent === undefined ? [header, "header=1"] : [traceparent, "origin=1"];
    expect(world.said.map((each) => [each.traceparent, each.tracestate])).toEqual([expected, expected]);
  });

  it("carries the tracestate of an envelope of Dapr's on, whose trace the delivery continues", async () => {
    const world = createWorld();
    const step = (id: string) => `00-${"3".repeat(32)}-${id.repeat(16)}-01`;
    const envelope = {
      ...{ specversion: "1.0", id: "w-1", source: "app", type: "com.dapr.event.sent" },
      ...{ traceid: step("4"), traceparent: step("4"), tracestate: "a=1", data: heard },
    };
    const message = { headers: { ...structured, traceparent: step("5") }, body: Buffer.from(JSON.stringify(envelope)) };
    await dispatchBatch(functionOf(sayBoth), toJobs(message, {}), world);
    expect(world.said[0]).toMatchObject({ traceparent: step("5"), tracestate: "a=1" });
  });
});
