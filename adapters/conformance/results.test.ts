import { expect, it } from "vitest";
import { receive } from "../core/dispatch/receive.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { TOPIC } from "./handlers.ts";
import { createHost, type Host, type Sending, type Site, toVerdict } from "./host.ts";
import { inProcess } from "./hosts/in-process.ts";
import { collect, toMarkdown, toText } from "./results.ts";
import { groups, runCase } from "./run-case.ts";

const lacks = inProcess.lacks;

/** A host that does everything right but for one thing. */
const broken = (serve: Site["serve"]): Host => createHost({ name: "broken", lacks, serve });
const stop = async () => {};
const message = ({ headers, body }: Sending) => ({ headers, body, topic: TOPIC });

const mistakes: readonly (readonly [string, Host, string])[] = [
  [
    "acknowledges whatever happens",
    broken(async (fn, { ports }) => ({
      stop,
      deliver: (sent) => receive(fn, message(sent), ports).then(() => "done"),
    })),
    "throws an Error",
  ],
  [
    "acknowledges nothing",
    broken(async (fn, { ports }) => ({
      stop,
      deliver: (sent) => receive(fn, message(sent), ports).then(() => "again"),
    })),
    "works and says nothing",
  ],
  [
    "forgets what it has seen",
    broken(async (fn, { ports }) => ({
      stop,
      deliver: async (sent) =>
        toVerdict(await receive(fn, message(sent), { ...ports, ledger: createMemoryLedger({ now: ports.now }) })),
    })),
    "again after success: neither handled nor said again",
  ],
  [
    "saves without comparing",
    broken(async (fn, { ports }) => {
      const { ledger } = ports;
      const save: typeof ledger.save = async (key, entry, options) => {
        for (let tries = 0; tries < 100; tries++) {
          const { version } = await ledger.load(key);
          if (await ledger.save(key, entry, { ...options, expected: version })) return true;
        }
        return false;
      };
      // A process for each: one alone would let none overtake another.
      const careless = () => ({ ...ports, ledger: { ...ledger, save } });
      return { stop, deliver: async (sent) => toVerdict(await receive(fn, message(sent), careless())) };
    }),
    "8 different events of one subject at the same moment: each counts",
  ],
  [
    "throws dead letters away",
    broken(async (fn, { ports }) => ({
      stop,
      deliver: async (sent) => toVerdict(await receive(fn, message(sent), { ...ports, deadLetter: async () => {} })),
    })),
    "says that it will never do",
  ],
  [
    "publishes beside the answer",
    broken(async (fn, { ports }) => {
      const publish: typeof ports.publish = async (said) => void ports.publish(said).catch(() => {});
      return { stop, deliver: async (sent) => toVerdict(await receive(fn, message(sent), { ...ports, publish })) };
    }),
    "publishing is refused",
  ],
  [
    "drops the transport's trace context",
    broken(async (fn, { ports }) => ({
      stop,
      deliver: async (sent) => {
        const { traceparent, ...headers } = sent.headers;
        return toVerdict(await receive(fn, message({ ...sent, headers }), ports));
      },
    })),
    "beside it",
  ],
];

it.each(mistakes)("tells a host that %s", async (_mistake, host, name) => {
  const each = groups.flatMap(({ cases }) => cases).find((one) => one.name === name);
  if (!each) throw new Error(`no case is called ${name}`);
  expect(await runCase(inProcess, each)).toEqual([]);
  expect(await runCase(host, each)).not.toEqual([]);
});

it("gives a host that is slower than a case's deadline more time, and one that hangs for ever no more", async () => {
  const each = groups.flatMap(({ cases }) => cases).find(({ name }) => name === "the store hangs as it saves");
  if (!each) throw new Error("no case hangs as it saves");
  const slow = broken(async (fn, { ports }) => {
    const load: typeof ports.ledger.load = async (...call) => {
      await new Promise((resolve) => setTimeout(resolve, 2 * (each.deadlineMs ?? 0)));
      return ports.ledger.load(...call);
    };
    const slowly = { ...ports, ledger: { ...ports.ledger, load } };
    return { stop, deliver: async (sent) => toVerdict(await receive(fn, message(sent), slowly)) };
  });
  expect(await runCase(slow, each)).toEqual([]);
  const { faults: [fault] = [] } = each;
  const always = { ...each, faults: [{ ...fault, nth: undefined }] } as unknown as typeof each;
  expect(await runCase(inProcess, always)).not.toEqual([]);
});

it("has a name of its own for every case of a group, so that a report can be read", () => {
  for (const { title, cases } of groups) {
    const names = cases.map(({ name }) => name);
    expect([title, names.filter((name, index) => names.indexOf(name) !== index)]).toEqual([title, []]);
  }
});

it("reports failures with what is wrong, and what a host lacks with the reason", async () => {
  const results = await collect([inProcess], async (_host, { name }) => (name === "empty" ? ["it is so"] : []));
  expect(toText(results)).toContain("✗ in process: bodies that are no event: empty\n    it is so\n");
  const table = toMarkdown(results, [inProcess]);
  expect(table).toMatch(/^\| in process \| ✓ \d+ \| ✗ 1 of \d+ fail \| .* \| – \| \*\*✗ 1 of \d+ fail\*\* \|$/m);
  expect(table).toContain("- in process: no `token` (nobody else can reach it); no `graceful-stop` (");
});
