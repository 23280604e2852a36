import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../test-app.ts";
import type { Happening } from "./api-types.ts";
import { openHistory } from "./history.ts";
import type { History } from "./history-types.ts";

/** Orders of five events, as a shop has them: eight happenings an event, each with a body of its size. */
const ORDERS = 1_000;
const ROWS = ORDERS * 5 * 8;
const BODY = JSON.stringify({ filler: "x".repeat(700) });

/** Of this process, in ms: whatever else the machine does. */
function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function appendOrder(history: History, order: number): void {
  const subject = `order-${order}`;
  for (let event = 0; event < 5; event++) {
    const attributes = {
      ...{ at: order, topic: "t", entry: order * 5 + event, event: randomUUID(), type: `org.example.step-${event}.v1` },
      ...{ subject, correlation: subject, causation: randomUUID() },
    };
    history.append({ kind: "published", app: "one", ...attributes }, BODY);
    for (const app of ["two", "three"]) {
      history.append({ kind: "delivered", app, attempt: 1, ...attributes });
      history.append({ kind: "saved", app, ...attributes, key: `${app}-${subject}` }, BODY);
      history.append({ kind: "answered", app, outcome: "success", ms: 3, ...attributes });
    }
    history.append({ kind: "told", app: "two", outcome: "ack", how: "handled", said: ["x"], ms: 2, ...attributes });
  }
}

it("20,000 happenings a second can be written, and of many a page and a story are read at once", () => {
  const file = join(temporaryFolder(), "history.db");
  const written = openHistory(file);
  const writing = cpuOf(() => {
    for (let order = 0; order < ORDERS; order++) appendOrder(written, order);
    written.close();
  });
  let history: History | undefined;
  onTestFinished(() => history?.close());
  const found: unknown[] = [];
  const reading = {
    open: cpuOf(() => {
      history = openHistory(file);
    }),
    page: cpuOf(() => found.push(history?.before({ limit: 500 }).length)),
    missed: cpuOf(() => found.push(history?.since(ROWS - 1_000, 1_000).length)),
    story: cpuOf(() => found.push(history?.story("order-500")?.happenings.length)),
  };
  expect(found).toEqual([500, 1_000, 40]);
  expect(ROWS / (writing / 1_000)).toBeGreaterThan(20_000);
  for (const [what, ms] of Object.entries(reading)) expect(ms, what).toBeLessThan(100);
});

it("of 1,200 happenings a second whoever listens is told of each within 50 ms, as a rule", async () => {
  const history = openHistory(join(temporaryFolder(), "history.db"));
  onTestFinished(history.close);
  const delays: number[] = [];
  history.onAppended((rows) => delays.push(...rows.map(({ at }) => performance.now() - at)));
  const row = (): Omit<Happening, "id"> => ({
    at: performance.now(),
    kind: "delivered",
    app: "one",
    event: randomUUID(),
  });
  for (let batch = 0; batch < 100; batch++) {
    for (let n = 0; n < 12; n++) history.append(row());
    await sleep(10);
  }
  await expect.poll(() => delays.length).toBe(1_200);
  const median = delays.toSorted((one, other) => one - other)[600] ?? 0;
  expect(median).toBeLessThan(50);
});
