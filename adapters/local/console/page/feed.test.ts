import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Happening } from "../api-types.ts";

/** The browser's, as far as it is used. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 1;
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
    Source.all.push(this);
  }
  say(type: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
}

const row = (id: number, at = id): Happening => ({ id, at, kind: "published", app: "order", topic: "orders" });
const answers: Record<string, unknown> = {
  system: { name: "shop", started: 1 },
  status: { letters: 0 },
  "happenings?limit=500": [row(3), row(2)],
};

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  Source.all = [];
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("fetch", async (path: string) => new Response(JSON.stringify(answers[path])));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open() {
  const { openFeed } = await import("./feed.ts");
  const { getState } = await import("./store.ts");
  await openFeed();
  const [source] = Source.all as [Source];
  source.dispatchEvent(new Event("open"));
  vi.advanceTimersByTime(100);
  return { getState, source };
}
const ids = (rows: readonly Happening[]) => rows.map(({ id }) => id);

test("it follows from behind what was there, so that nothing is missed and nothing comes twice", async () => {
  const { getState, source } = await open();
  expect(source.url).toBe("stream?after=3");
  expect(getState()).toMatchObject({ connection: "live", system: { name: "shop" }, first: 2 });
  source.say("happenings", [row(3), row(4)]);
  source.say("happenings", [row(5)]);
  vi.advanceTimersByTime(100);
  expect(ids(getState().rows)).toEqual([2, 3, 4, 5]);
});

test("what comes together is drawn once, in the order in which it happened", async () => {
  const { getState, source } = await open();
  const { version } = getState();
  source.say("happenings", [row(4, 40), row(5, 30)]);
  source.say("happenings", [row(6, 35)]);
  expect(getState().version).toBe(version);
  vi.advanceTimersByTime(100);
  expect(getState().version).toBe(version + 1);
  expect(ids(getState().rows)).toEqual([2, 3, 5, 6, 4]);
  expect(getState().rows.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5]);
});

test("memory is bounded, and what was let go can be asked for", async () => {
  const { getState, source } = await open();
  const { MOST_ROWS } = await import("./feed.ts");
  const most = MOST_ROWS + 10_000;
  source.say(
    "happenings",
    Array.from({ length: most }, (_, index) => row(index + 4)),
  );
  vi.advanceTimersByTime(100);
  expect(getState().rows).toHaveLength(MOST_ROWS);
  expect(getState().rows.at(-1)?.id).toBe(most + 3);
  expect(getState().first).toBe(getState().rows[0]?.id);
});

test("where the browser gives up, it tries anew from what it had last, and says what may be wrong", async () => {
  const { getState, source } = await open();
  source.say("happenings", [row(4)]);
  source.readyState = Source.CLOSED;
  source.dispatchEvent(new Event("error"));
  expect(getState()).toMatchObject({ connection: "lost", problem: expect.stringContaining("npm start") });
  vi.advanceTimersByTime(5_000);
  expect(Source.all.map(({ url }) => url)).toEqual(["stream?after=3", "stream?after=4"]);
  Source.all[1]?.dispatchEvent(new Event("open"));
  expect(getState()).toMatchObject({ connection: "live", problem: undefined });
});

test("another run may be another system: it is asked for after a reconnect", async () => {
  const { getState, source } = await open();
  source.dispatchEvent(new Event("error"));
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ name: "other", started: 2 })));
  source.dispatchEvent(new Event("open"));
  await vi.waitFor(() => expect(getState().system?.name).toBe("other"));
});
