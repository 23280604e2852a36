import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { eventKey } from "../event/ids.ts";
import { toLogFields } from "../host/log-fields.ts";
import { createPatience } from "./patience.ts";
import type { Observation } from "./ports.ts";
import { receive } from "./receive.ts";
import { letterDigest } from "./replayed.ts";
import { functionOf, type Handle, heard, sayBoth } from "./test-function.ts";
import { MS, PARKED, saidOf, startParking } from "./test-parking.ts";
import { createWorld, distinct } from "./test-world.ts";

const replayed = (attributes: Partial<CloudEvent> = {}): CloudEvent => ({
  ...heard,
  replayof: "a".repeat(64),
  replayfor: "fn",
  ...attributes,
});

const toMessage = (event: object) => ({
  headers: { "content-type": "application/cloudevents+json" },
  body: Buffer.from(JSON.stringify(event)),
  topic: "in",
});

describe("a replay for another function", () => {
  it("is acknowledged before the state is touched, and the log says why", async () => {
    const world = createWorld();
    const seen: Observation[] = [];
    const ports = { observe: (observation: Observation) => void seen.push(observation) };
    const outcome = await world.deliver(() => functionOf(sayBoth), replayed({ replayfor: "order" }), { ports });
    expect(outcome).toEqual({ kind: "ack", how: "ignored", reason: "replayed for another function" });
    expect([world.steps, world.said]).toEqual([[], []]);
    expect(toLogFields(seen[0] as Observation)).toMatchObject({
      ...{ outcome: "ack", how: "ignored", reason: "replayed for another function" },
    });
  });

  it.each([
    ["of a type that is in no catalogue", { type: "unheard-of.v1" }],
    ["that breaks the schema", { data: 7 }],
    ["that no host can read", { data: 7, subject: 7 }],
    ["that is too old", { time: "2020-01-01T00:00:00Z" }],
  ])("is nothing to this one, also an event %s: it makes no letter", async (_what, attributes) => {
    const world = createWorld();
    const ports = { ...world.ports, types: new Set(["heard.v1"]) };
    const event = { ...replayed({ replayfor: "order" }), ...attributes };
    expect(await receive(functionOf(sayBoth), toMessage(event), ports)).toMatchObject({ kind: "ack", how: "ignored" });
    expect(world.letters).toEqual([]);
  });
});

describe("a replay for this function", () => {
  it("is handled once, and its marks are not carried to what follows", async () => {
    const world = createWorld();
    const create = () => functionOf(sayBoth);
    expect(await world.deliver(create, replayed())).toMatchObject({ how: "handled" });
    expect(await world.deliver(create, replayed({ replayof: "b".repeat(64) }))).toMatchObject({ how: "duplicate" });
    expect(await world.deliver(create, heard)).toMatchObject({ how: "duplicate" });
    expect(distinct(world.said)).toHaveLength(2);
    for (const event of distinct(world.said)) {
      expect(event).not.toHaveProperty("replayof");
      expect(event).not.toHaveProperty("replayfor");
    }
  });

  it("is for all who have not handled it, where it names nobody", async () => {
    const world = createWorld();
    const { replayfor: _, ...event } = replayed();
    expect(await world.deliver(() => functionOf(sayBoth), event as CloudEvent)).toMatchObject({ how: "handled" });
  });

  it("is really tried, whatever a process still counts against it, and has its time anew", async () => {
    const world = createWorld();
    const patience = createPatience({ ms: 60_000 });
    let isMended = false;
    let tries = 0;
    const handle: Handle = () => {
      tries++;
      if (!isMended) throw new Error("not yet");
      return {};
    };
    const deliver = (event: CloudEvent) => world.deliver(() => functionOf(handle), event, { ports: { patience } });
    // Another process has buried it since.
    const at = world.ports.now();
    for (const minutes of [-2, -1, 0])
      patience.failed(eventKey(heard), { step: "timeout", reason: "too late", at: at + minutes * 60_000 });
    expect(patience.overdue(eventKey(heard), at)).toMatchObject({ code: "exhausted" });
    expect(await deliver(replayed())).toMatchObject({ kind: "retry", code: "handler" });
    world.pass(60_000);
    expect(await deliver(replayed())).toMatchObject({ kind: "retry", code: "handler" });
    isMended = true;
    expect(await deliver(replayed())).toMatchObject({ kind: "ack", how: "handled" });
    expect(tries).toBe(3);
  });

  it("is given up like any other when it fails for its time again, with a letter of its own", async () => {
    const world = createWorld();
    const handle: Handle = () => {
      throw new Dead("never", "not this one");
    };
    const deliver = () => world.deliver(() => functionOf(handle), replayed(), { topic: "in" });
    expect(await deliver()).toMatchObject({ kind: "dead", code: "never" });
    expect(JSON.parse(world.letters[0]?.body ?? "")).toMatchObject({ id: "e-1", deadcode: "never", replayfor: "fn" });
  });

  it.each(["state", "nothing"] as const)(
    "is tried again where it was parked, and given up, keeping %s",
    async (keeps) => {
      const { world, deliver, park, relay, works } = startParking({ keeps });
      const bury = async () => {
        for (let tries = 0; tries < 5; tries++) {
          await relay();
          world.pass(MS / 2);
        }
      };
      await park("a");
      await bury();
      const replayof = letterDigest(Buffer.from(world.letters[0]?.body ?? ""));
      expect(world.letters).toHaveLength(1);
      expect(await deliver("a", { replayof })).toMatchObject({ kind: "retry", code: "handler" });
      expect(await deliver("a", { replayof })).toEqual(PARKED);
      world.pass(MS / 2);
      await relay();
      // Its time has begun anew.
      expect(world.letters).toHaveLength(1);
      works("a");
      world.pass(MS / 2);
      await relay();
      expect([saidOf(world), world.letters.length]).toEqual([["a"], 1]);
    },
  );
});
