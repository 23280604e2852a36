import { afterEach, expect, test, vi } from "vitest";
import type { Happening } from "../api-types.ts";
import { createLoader } from "./older.ts";

const SIZE = 500;
const asked: string[] = [];

/** A server that has so many, every tenth of them dead. */
function serve(count: number): void {
  asked.length = 0;
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    const before = Math.min(Number(new URL(path, "http://page/").searchParams.get("before")), count + 1);
    const rows = Array.from({ length: Math.max(0, Math.min(SIZE, before - 1)) }, (_, index): Happening => {
      const id = before - 1 - index;
      return { id, at: id, kind: "told", app: "billing", outcome: id % 10 === 0 ? "dead" : "ack", how: "handled" };
    });
    return new Response(JSON.stringify(rows));
  });
}

afterEach(() => vi.unstubAllGlobals());

/** Until it has what it asked for. */
const more = (loader: ReturnType<typeof createLoader>, drawn: { next: () => void }) =>
  new Promise<void>((resolve) => {
    drawn.next = resolve;
    loader.more();
  });

test("older ones come in pages, each once, the newest first, until there are no more", async () => {
  serve(1_200);
  const drawn = { next: () => {} };
  const loader = createLoader({ filter: {}, first: 1_101, redraw: () => drawn.next() });
  await more(loader, drawn);
  expect([loader.rows().length, loader.rows()[0]?.id, loader.isEnd()]).toEqual([500, 1_100, false]);
  await more(loader, drawn);
  await more(loader, drawn);
  expect(loader.rows().map(({ id }) => id)).toEqual(Array.from({ length: 1_100 }, (_, index) => 1_100 - index));
  expect(loader.isEnd()).toBe(true);
  loader.more();
  expect(asked).toHaveLength(3);
});

test("while it asks, it does not ask again", async () => {
  serve(1_000);
  const drawn = { next: () => {} };
  const loader = createLoader({ filter: {}, first: 1_001, redraw: () => drawn.next() });
  const done = more(loader, drawn);
  loader.more();
  await done;
  expect(asked).toHaveLength(1);
});

test("what hardly anything passes is looked for in several pages, so that an end is not seen where there is none", async () => {
  serve(5_000);
  const drawn = { next: () => {} };
  const filter = { show: "told", find: "nowhere" };
  const loader = createLoader({ filter, first: 5_001, redraw: () => drawn.next() });
  await more(loader, drawn);
  expect([loader.rows().length, asked.length]).toEqual([0, 10]);
  expect(asked[0]).toBe("happenings?before=5001&limit=500&find=nowhere&kind=told");
});

test("nothing is asked for before anything is there, or where the first of all is in memory", () => {
  serve(10);
  createLoader({ filter: {}, first: 0, redraw: () => {} }).more();
  createLoader({ filter: {}, first: 1, redraw: () => {} }).more();
  expect(asked).toEqual([]);
});
