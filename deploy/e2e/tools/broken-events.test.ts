import { expect, it } from "vitest";
import { receive } from "../../../adapters/core/dispatch/receive.ts";
import { createMemoryLedger } from "../../../adapters/core/ledger/memory-ledger.ts";
import type { Said } from "../../../adapters/core/relay/publish.ts";
import { createNotification } from "../../../functions/notification/handler.ts";
import { BROKEN_TOPIC, createBroken, mailKeyOf } from "./broken-events.ts";

const now = Date.parse("2026-11-28T10:00:00Z");

function createWorld() {
  const mails: string[] = [];
  const letters: Said[] = [];
  const fn = createNotification({ sendMail: async ({ key }) => void mails.push(key) });
  const ports = {
    ledger: createMemoryLedger({ now: () => now }),
    publish: async () => {},
    deadLetter: async (letter: Said) => void letters.push(letter),
    now: () => now,
    deadlineMs: 10_000,
    leaseMs: 60_000,
  };
  const send = (body: string) =>
    receive(
      fn,
      { headers: { "content-type": "application/cloudevents+json" }, body: Buffer.from(body), topic: BROKEN_TOPIC },
      ports,
    );
  return { mails, letters, send };
}

const broken = createBroken("r1", now);

it("there are twelve kinds", () => expect(broken).toHaveLength(12));

it.each(broken.filter(({ isHandlersFault }) => !isHandlersFault))(
  "$name dies as it says, and is handled once it is mended",
  async (one) => {
    const { mails, letters, send } = createWorld();
    if (one.before) expect(await send(one.before)).toMatchObject({ kind: "ack" });
    const before = mails.length;
    expect(await send(one.body)).toMatchObject({
      kind: "dead",
      code: one.code,
      reason: expect.stringMatching(one.reason),
    });
    expect(letters).toHaveLength(1);
    expect(mails).toHaveLength(before);
    const fresh = one.isIdTaken ? { ...one.mended, id: `${one.mended.id}-anew` } : one.mended;
    expect(await send(JSON.stringify(fresh))).toMatchObject({ kind: "ack" });
    expect(mails.slice(before)).toEqual([mailKeyOf(one)]);
  },
);
