import { describe, expect, it } from "vitest";
import { createTestPorts } from "../../dapr/test-ports.ts";
import { type EdgeSettings, place } from "./edge.ts";
import { served } from "./test-orders.ts";

const SECRET = { source: "/shop/edge", isDemo: true, secret: "known to the deployment alone" };
const NONE = { source: "/shop/edge", isDemo: true };

function start(settings: EdgeSettings) {
  const { ports, said } = createTestPorts();
  const ask = async (key: string, principal?: string) => {
    const wanted = { headers: { "idempotency-key": key }, body: Buffer.alloc(0), principal };
    const { status, body } = await place(served, wanted, { settings, ports });
    return { status, id: (body as { orderId?: string }).orderId };
  };
  return { ask, said };
}

describe("an id", () => {
  it("follows from the key, so that whoever asks again gets the same", async () => {
    for (const settings of [NONE, SECRET]) {
      const { ask, said } = start(settings);
      expect((await ask("k-1")).id).toBe((await ask("k-1")).id);
      expect((await ask("k-1", "ada")).id).toBe((await ask("k-1", "ada")).id);
      expect(new Set(said.map(({ key }) => key)).size).toBe(2);
    }
  });

  it("cannot be told from a key that somebody guesses: another secret, another id", async () => {
    const ids = await Promise.all(
      [NONE, SECRET, { ...SECRET, secret: "of another deployment" }].map(
        async (settings) => (await start(settings).ask("k-1")).id,
      ),
    );
    expect(new Set(ids).size).toBe(3);
  });
});

describe("a key belongs to who asks", () => {
  it.each([
    ["with a secret", SECRET],
    ["without one", NONE],
  ])("%s: the same key of somebody else is another one, and tells nothing of the first", async (_how, settings) => {
    const { ask, said } = start(settings);
    const [ada, bob, nobody] = [await ask("k-1", "ada"), await ask("k-1", "bob"), await ask("k-1")];
    expect([ada, bob, nobody].map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set([ada, bob, nobody].map(({ id }) => id)).size).toBe(3);
    expect(new Set(said.map(({ key }) => key)).size).toBe(3);
  });

  it("is not moved by what could be read as both: who asks and the key are told apart", async () => {
    const { ask } = start(SECRET);
    const ids = [await ask("b", "a"), await ask("a,b"), await ask('","b', "a"), await ask("ab"), await ask("b", "a ")];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(5);
  });
});

it("makes nothing up where that is not wanted, and says by which setting it would be", async () => {
  const { ports, said } = createTestPorts();
  const settings = { source: "/shop/edge" };
  const answer = await place(served, { headers: {}, body: Buffer.alloc(0) }, { settings, ports });
  expect([answer.status, answer.body]).toEqual([
    400,
    expect.objectContaining({ detail: expect.stringContaining("EDGE_DEMO") }),
  ]);
  expect(said).toEqual([]);
});
