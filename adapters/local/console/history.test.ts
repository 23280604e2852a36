import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../test-app.ts";
import type { Happening } from "./api-types.ts";
import { openHistory } from "./history.ts";

const open = (file = join(temporaryFolder(), "history.db"), options = {}) => {
  const history = openHistory(file, options);
  onTestFinished(() => {
    try {
      history.close();
    } catch {}
  });
  const told: Happening[] = [];
  history.onAppended((rows) => told.push(...rows));
  return { history, told, file };
};

it("works", async () => {
  const { history, told, file } = open();
  history.append({ at: 1, kind: "published", app: "a", topic: "t", entry: 1, event: "e-1", type: "x.y" }, "{}");
  history.append({ at: 2, kind: "saved", app: "a", key: "a-1" }, "1");
  history.append({ at: 3, kind: "saved", app: "a", key: "a-1" }, "2");
  await expect.poll(() => told.length).toBe(3);
  expect(history.since(0, 100)).toEqual(told);
  expect(history.before({ limit: 10, find: "E-1" })).toEqual(told.slice(0, 1));
  expect(history.body(3)).toEqual({ text: "2", before: "1" });
  history.close();
  expect(open(file).history.last).toBe(3);
});
