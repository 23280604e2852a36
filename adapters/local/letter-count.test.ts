import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createBroker } from "./broker.ts";
import { openDatabase } from "./database.ts";
import { createLetterCount } from "./letter-count.ts";
import { temporaryFolder } from "./test-app.ts";

it("counts the letters of a broker that runs, those of no other topic, and goes on when the file is another one", () => {
  const file = join(temporaryFolder(), "broker.db");
  const letters = createLetterCount(file);
  onTestFinished(letters.close);
  const counts = [letters.read()];
  const run = (topics: readonly string[]) => {
    const { db, close } = openDatabase(file);
    const broker = createBroker({ db });
    for (const topic of topics)
      broker.publish({ component: "pubsub", topic }, { body: Buffer.from("{}"), headers: "{}", expires: null });
    counts.push(letters.read(), letters.read());
    return close;
  };
  run(["things", "dead-letters", "dead-letters"])();
  run(["dead-letters"])();
  for (const each of ["", "-wal", "-shm"]) rmSync(file + each, { force: true });
  run(["dead-letters"])();
  expect(counts).toEqual([0, 2, 2, 3, 3, 1, 1]);
});
