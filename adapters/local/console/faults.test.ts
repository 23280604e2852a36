import { expect, it } from "vitest";
import { createTestFaults, of, service } from "./test-faults.ts";

it.each([
  [{ do: "kill", what: "billig" }, /^what: must be one of .*billing.*sidecars, got "billig"$/],
  [
    { do: "explode", what: "billing" },
    'do: must be one of kill, stop, start, away, back, fail, again, clock, got "explode"',
  ],
  [{ do: "away", what: "billing" }, 'what: must be one of broker, store, got "billing"'],
  [{ do: "fail", app: "sidecars", times: 1 }, /^app: must be one of (?!.*sidecars,).*, got "sidecars"$/],
  [{ do: "fail", app: "billing", times: 0 }, "times: must be a whole number from 1 to 100, got 0"],
  [{ do: "fail", app: "billing", times: "3" }, 'times: must be a whole number from 1 to 100, got "3"'],
  [{ do: "fail", app: "billing" }, "times: must be given"],
  [{ do: "again", app: "billing", entry: 1, times: 3, afterMs: 0 }, "times: must be one of 1, 2, got 3"],
  [
    { do: "again", app: "billing", entry: 0.5, times: 1, afterMs: -1 },
    /^entry: must be .*, got 0.5; afterMs: must be .*, got -1$/,
  ],
  [{ do: "clock", what: "sidecars", byMs: 1 }, /^what: must be one of .*, got "sidecars"$/],
  [
    { do: "clock", what: "order", byMs: 1e12 },
    /^byMs: must be a whole number from 0 to 2505600000, got 1000000000000$/,
  ],
  [{ do: "kill", what: "billing", force: true }, "force: is no field of it"],
  ["kill billing", /^fault: /],
  [undefined, "fault: must be given"],
])("%j is refused by field and rule, and nothing is done", async (fault, why) => {
  const { faults, done } = createTestFaults();
  await expect(faults.do(fault as never)).rejects.toThrow(why);
  await expect(faults.do(fault as never)).rejects.toMatchObject({ name: "FaultRefused" });
  expect([done, faults.checks()]).toEqual([[], []]);
});

it.each([
  [[{ do: "start", what: "order" }], "order is not stopped"],
  [
    [
      { do: "stop", what: "order" },
      { do: "stop", what: "order" },
    ],
    "order is stopped: start it first",
  ],
  [
    [
      { do: "stop", what: "order" },
      { do: "kill", what: "order" },
    ],
    "order is stopped: start it first",
  ],
  [
    [
      { do: "stop", what: "order" },
      { do: "clock", what: "order", byMs: 1 },
    ],
    "order is stopped: start it first",
  ],
  [
    [
      { do: "stop", what: "sidecars" },
      { do: "away", what: "store" },
    ],
    "sidecars is stopped: start it first",
  ],
  [
    [
      { do: "stop", what: "sidecars" },
      { do: "fail", app: "order", times: 1 },
    ],
    "sidecars is stopped: start it first",
  ],
  [
    [
      { do: "away", what: "store" },
      { do: "away", what: "store" },
    ],
    "store is away already",
  ],
  [
    [
      { do: "away", what: "store" },
      { do: "back", what: "broker" },
    ],
    "broker is not away",
  ],
  [[{ do: "again", app: "billing", entry: 5, times: 1, afterMs: 0 }], "entry: nobody knows any more what 5 was"],
] as const)("after what was done before, %j is refused: %s", async (all, why) => {
  const { faults, done } = createTestFaults();
  const last = all.at(-1);
  for (const fault of all.slice(0, -1)) await faults.do(fault);
  const before = [...done];
  await expect(faults.do(last as never)).rejects.toThrow(why);
  expect(done).toEqual(before);
});

it("what is done is told as it happened, under the words of its button", async () => {
  const { faults, done, happens, rows } = createTestFaults();
  happens(of("e7").published);
  const all = [
    { do: "kill", what: "sidecars" },
    { do: "stop", what: "billing" },
    { do: "start", what: "billing" },
    { do: "away", what: "broker" },
    { do: "back", what: "broker" },
    { do: "fail", app: "billing", times: 1 },
    { do: "fail", app: "billing", times: 3 },
    { do: "again", app: "billing", entry: 7, times: 1, afterMs: 0 },
    { do: "again", app: "billing", entry: 7, times: 1, afterMs: 5_000 },
    { do: "again", app: "billing", entry: 7, times: 2, afterMs: 0 },
    { do: "clock", what: "order", byMs: 60_000 },
  ] as const;
  for (const fault of all) await faults.do(fault);
  expect(
    faults
      .checks()
      .map(({ fault }) => fault)
      .reverse(),
  ).toEqual([
    ...["kill sidecars", "stop billing", "start billing", "away broker", "back broker", "fail once", "fail 3 times"],
    ...["deliver again", "deliver late", "deliver twice at once", "clock order"],
  ]);
  expect(new Set(faults.checks().map(({ id }) => id)).size).toBe(all.length);
  expect(rows.slice(1).map(({ kind, how, app = "nobody's" }) => `${kind} ${how}: ${app}`)).toEqual([
    ...["fault kill sidecars: sidecars", "fault stop billing: billing", "fault start billing: billing"],
    ...["fault away broker: nobody's", "fault back broker: nobody's"],
    ...["fault fail once: billing", "fault fail 3 times: billing", "fault deliver again: billing"],
    ...["fault deliver late: billing", "fault deliver twice at once: billing", "fault clock order: order"],
  ]);
  const again = { do: "again", app: "billing", topic: "orders", entry: 7, body: "{}" };
  expect(done).toEqual([
    ...["kill sidecars", "stop billing", "start billing", all[3], all[4], all[5], all[6]],
    { ...again, times: 1, afterMs: 0 },
    { ...again, times: 1, afterMs: 5_000 },
    { ...again, times: 2, afterMs: 0 },
    "clock order 60000",
  ]);
});

it("sidecars that are started again are told anew of what is away, until it is back", async () => {
  const { faults, done, happens } = createTestFaults();
  const away = { do: "away", what: "store" } as const;
  await faults.do(away);
  expect(faults.broken()).toEqual(["store"]);
  happens(service("billing", "started"), service("sidecars", "started"));
  expect(done).toEqual([away, away]);
  await faults.do({ do: "back", what: "store" });
  happens(service("sidecars", "started"));
  expect([done.length, faults.broken()]).toEqual([3, []]);
});

it("what was published before the launcher was started comes again as well, by what is kept of it", async () => {
  const known = [{ ...of("e7").published, id: 1, at: 1, hasBody: true }];
  const { faults, done } = createTestFaults({ known });
  await faults.do({ do: "again", app: "billing", entry: 7, times: 1, afterMs: 0 });
  expect(done).toEqual([
    { do: "again", app: "billing", topic: "orders", entry: 7, times: 1, afterMs: 0, body: "body of 1" },
  ]);
  await expect(faults.do({ do: "again", app: "order", entry: 7, times: 1, afterMs: 0 })).rejects.toThrow(
    "app: order does not hear orders",
  );
});

it("what is started before it has ended does not come back by itself", async () => {
  const { promise: ending, resolve: end } = Promise.withResolvers<void>();
  const { faults, happens, after } = createTestFaults({ ending });
  await faults.do({ do: "stop", what: "sidecars" });
  await faults.do({ do: "start", what: "sidecars" });
  end();
  await ending;
  await Promise.resolve();
  happens(service("sidecars", "started"));
  after(250);
  expect(faults.checks().at(-1)).toMatchObject({ fault: "stop sidecars", state: "held" });
});
