import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createBroker } from "../../adapters/local/broker.ts";
import { openDatabase } from "../../adapters/local/database.ts";
import { findKept } from "./kept.ts";
import { line } from "./test-lines.ts";

it("finds the letter of an event at the function where it died, among others and what is no event", () => {
  const data = mkdtempSync(join(tmpdir(), "loosely-kept-"));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const { db, close } = openDatabase(join(data, "broker.db"));
  onTestFinished(close);
  const broker = createBroker({ db });
  const letters = [
    { id: "e-1", deadfunction: "one" },
    { id: "e-1", deadfunction: "two" },
    { id: "e-2", deadfunction: "one" },
  ].map((letter) => JSON.stringify(letter));
  for (const text of [...letters, "null", "{"])
    broker.publish(
      { component: "pubsub", topic: "dead-letters" },
      { body: Buffer.from(text), headers: "{}", expires: null },
    );
  const find = findKept(data);
  const of = (id: string, by: string) => find(line(id, { at: 1, by }));
  const digest = hash("sha256", letters[1] ?? "", "hex").slice(0, 12);
  expect([of("e-1", "two"), of("e-1", "three"), findKept("/nowhere")(line("e-1", { at: 1, by: "one" }))]).toEqual([
    digest,
    undefined,
    undefined,
  ]);
});
