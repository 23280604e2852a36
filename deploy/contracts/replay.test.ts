import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { expect, it } from "vitest";
import { compareKept } from "./compat.ts";
import { keepSchemas } from "./kept-schemas.ts";
import { readRecords } from "./records.ts";
import { refusesMore, replay, samplesOf } from "./replay.ts";
import { gardenOf, seedSown } from "./test-systems.ts";

const TYPE = "garden.seed.sown.v1";
const ADA = { bed: "b-1", by: "ada" };
const kept = keepSchemas(gardenOf(seedSown()));
const short = v.object({ bed: v.string(), by: v.pipe(v.string(), v.maxLength(2)) });
const ruled = (holds = (_by: string) => true) => v.pipe(v.string(), v.check(holds, "must satisfy a rule"));
const system = gardenOf(seedSown({ data: short, sample: { bed: "b-1", by: "al" } }));

it("tells by path and rule what is not read any more, never a value, and apart what never was", () => {
  const events = [ADA, { ...ADA, by: "bob" }, { bed: "b-2", by: "al" }, { by: "ada" }].map((data) => ({
    type: TYPE,
    data,
  }));
  const replayed = replay([...events, { type: "garden.rain.v1", data: {} }], { system, kept });
  expect(replayed).toEqual({
    read: 4,
    refused: [
      { type: TYPE, why: `data.by of ${TYPE}: must satisfy max length <=2`, wasBefore: false, events: 2 },
      { type: TYPE, why: `data.bed of ${TYPE}: is required`, wasBefore: true, events: 1 },
    ],
    unknown: 1,
  });
});

it("tells no more of a schema that throws than that it does", () => {
  const throws = v.pipe(
    v.string(),
    v.check((by) => {
      throw new Error(`not ${by}`);
    }),
  );
  const odd = gardenOf(seedSown({ data: v.object({ bed: v.string(), by: throws }) }));
  const refused = [{ type: TYPE, why: `data of ${TYPE}: its schema fails`, wasBefore: false, events: 1 }];
  expect(replay([{ type: TYPE, data: ADA }], { system: odd, kept })).toEqual({ read: 1, refused, unknown: 0 });
});

it("has the samples that were kept, not those of now", () => {
  expect(samplesOf(kept)).toEqual([{ type: TYPE, data: ADA }]);
});

it.each([
  {
    what: "a rule has changed behind its text",
    by: ruled((by) => by === "bob"),
    verdict: "same",
    sample: true,
    recorded: true,
  },
  {
    what: "it is told that a rule is new",
    by: v.pipe(ruled(), v.maxLength(2)),
    verdict: "forward",
    sample: false,
    recorded: true,
  },
  { what: "nothing is refused", by: ruled(), verdict: "same", sample: false, recorded: false },
])("more is refused than was told where $what, or where it was recorded", ({ by, verdict, sample, recorded }) => {
  const before = keepSchemas(gardenOf(seedSown({ data: v.object({ bed: v.string(), by: ruled() }) })));
  const now = gardenOf(seedSown({ data: v.object({ bed: v.string(), by }) }));
  const rows = compareKept(before, now);
  const replayed = replay(samplesOf(before), { system: now, kept: before });
  expect(rows.map((row) => row.verdict)).toEqual([verdict]);
  expect([false, true].map((isRecorded) => refusesMore(replayed, { rows, isRecorded }))).toEqual([sample, recorded]);
});

it("reads events wherever they lie in a folder: lines, files, lists, and what npm start keeps", () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-records-"));
  const event = (n: number) =>
    JSON.stringify({ specversion: "1.0", id: `${n}`, source: "/s", type: "t.v1", data: { n } });
  mkdirSync(join(folder, "a"));
  writeFileSync(join(folder, "a/lines.jsonl"), `${event(1)}\n\n{"level":30}\n${event(2)}\n`);
  writeFileSync(join(folder, "list.json"), `[${event(3)},\n${event(4)}]`);
  writeFileSync(join(folder, "one.json"), event(5));
  const db = new DatabaseSync(join(folder, "broker.db"));
  db.exec("CREATE TABLE entry (body BLOB); CREATE TABLE body (text TEXT, isCut INTEGER)");
  const entry = db.prepare("INSERT INTO entry VALUES (?)");
  entry.run(Buffer.from(event(6)));
  entry.run(Buffer.from("no event"));
  const body = db.prepare("INSERT INTO body VALUES (?, ?)");
  body.run(event(7), 0);
  body.run(event(8).slice(0, 20), 1);
  db.close();
  const { events, others } = readRecords(folder);
  expect(events).toEqual([1, 2, 6, 7, 3, 4, 5].map((n) => ({ type: "t.v1", data: { n } })));
  expect(others).toEqual([`${join(folder, "a/lines.jsonl")}:3`]);
});
