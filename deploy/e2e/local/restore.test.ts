import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { dispatch } from "../../../adapters/core/dispatch/dispatch.ts";
import type { Ports } from "../../../adapters/core/dispatch/ports.ts";
import { toEvent } from "../../../adapters/core/dispatch/test-world.ts";
import { decode } from "../../../adapters/core/event/decode.ts";
import { subjectDocumentKey } from "../../../adapters/core/event/ids.ts";
import { createFunctions } from "../../../adapters/core/host/system-parts.ts";
import type { Ledger } from "../../../adapters/core/ledger/ledger.ts";
import { marksOf } from "../../../adapters/core/ledger/marks.ts";
import { createSqliteLedger } from "../../../adapters/core/ledger/sqlite-ledger.ts";
import type { Said } from "../../../adapters/core/relay/publish.ts";
import { relayNow } from "../../../adapters/core/relay/relay-now.ts";
import { type ShopEffects, shop } from "../../../adapters/core/test-shop.ts";
import { createEffects } from "../../../adapters/effects/index.ts";
import { createTestShop, type ShopProcess, type TestShop } from "../../../adapters/local/test-shop.ts";
import { OrderRequested } from "../../../functions/events/index.ts";
import { order } from "../../../functions/order/handler.ts";
import { statusOf } from "../../../functions/order/state.ts";
import { followOrders, placeOrders, until } from "../shop/orders.ts";
import { faultsOf, parseAttempts, repetitionsOf, sumUp } from "../shop/sums.ts";

const ROOT = join(import.meta.dirname, "../../..");
const MINUTE = 60_000;
const page = readFileSync(join(ROOT, "adapters/core/restore.md"), "utf8");
/** What the page says to type, without its example of a time. */
const commands = [...page.matchAll(/^ *npm run resay -- --since \S+(.*)$/gm)].map(([, rest = ""]) => rest.trim());

describe("a broker that has lost its last minute, with the ledger as it was", () => {
  const ORDERS = 5;
  let shop: TestShop;
  let dataDir: string;
  beforeEach(async () => {
    shop = await createTestShop();
    dataDir = dirname(shop.effectsLog);
  });
  afterEach(async () => {
    await shop.close();
    shop.forget();
  });

  const file = () => join(dataDir, "broker.db");
  const backup = () => join(dataDir, "backup.db");

  /** All that a process has, gone at once: whoever would start it again first. */
  const kill = async (processes: readonly ShopProcess[]) => {
    for (const { pid } of processes) process.kill(pid, "SIGKILL");
    await shop.close();
  };

  /** Orders of the last minute, which billing did not get to see. out: a time before them, and the ids of all */
  const losesOrders = async () => {
    await shop.open();
    const early = placeOrders(shop.url, 1);
    await early.done;
    expect(await addUp([...early.accepted.keys()])).toEqual({ shipped: 1 });
    await shop.close();
    copyFileSync(file(), backup());

    const since = new Date().toISOString();
    const processes = await shop.open();
    process.kill(processes.find(({ name }) => name === "billing")?.pid as number, "SIGSTOP");
    const { accepted, done } = placeOrders(shop.url, ORDERS);
    await done;
    // Nobody who is killed has a lease then, for which all would have to wait.
    await until(() => mails().length >= early.accepted.size * 3 + ORDERS, { what: "mails are sent" });
    await kill(processes);
    const database = new DatabaseSync(file());
    database.exec(`ATTACH '${backup()}' AS old`);
    const lost = database.prepare("SELECT count(*) AS n FROM entry WHERE topic = 'orders'").get();
    expect(lost).toEqual({ n: ORDERS });
    for (const table of ["delivery", "consumer_group", "entry"])
      database.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM old.${table}`);
    database.close();
    return { since, all: [...early.accepted.keys(), ...accepted.keys()] };
  };

  const attempts = () => parseAttempts(readFileSync(shop.effectsLog, "utf8"));
  const mails = () => attempts().filter(({ kind }) => kind === "mail");
  /** out: how often more than once something was tried, mails apart: those of a process that is killed may repeat */
  const addUp = async (ids: readonly string[]) => {
    const fates = await followOrders(shop.url, ids, 20_000);
    const sums = () => sumUp(fates, attempts());
    // Whoever was killed while it sent a mail has a lease on it.
    await until(() => faultsOf(sums()).length === 0, { what: "it adds up", withinMs: 30_000 });
    const { mail: _, ...others } = repetitionsOf(sums());
    return { shipped: sums().shipped, ...others };
  };

  it("finishes all orders once services start with RESAY_SINCE", { timeout: 90_000 }, async () => {
    expect(page).toMatch(/RESAY_SINCE=\S+ npm start/);
    const { since, all } = await losesOrders();
    await shop.open({ RESAY_SINCE: since });
    expect(await addUp(all)).toEqual({ shipped: ORDERS + 1 });
  });

  it("finishes them once the command of the page is given", { timeout: 90_000 }, async () => {
    expect(commands).toEqual(["--dry-run", ""]);
    const { since, all } = await losesOrders();
    const run = async (rest: string) => {
      const args = ["run", "-s", "resay", "--", "--since", since, ...rest.split(" ").filter(Boolean)];
      return (await promisify(execFile)("npm", [...args, "--data", dataDir], { cwd: ROOT })).stdout;
    };
    const [dry, real] = [await run(commands[0] ?? ""), await run(commands[1] ?? "")];
    expect(dry).toMatch(/^order +6 documents, 5 would be said again$/m);
    expect(real).toMatch(/^order +6 documents, 5 said again$/m);
    await shop.open();
    expect(await addUp(all)).toEqual({ shipped: ORDERS + 1 });
  });
});

/** All functions on a ledger each, and a broker that keeps what it has delivered. */
function createSystem(folder: string) {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const log: Said[] = [];
  const letters: Said[] = [];
  const tried: { readonly kind: string; readonly key: string }[] = [];
  const { charge, withdraw, sendMail, book } = createEffects({});
  const trying =
    <Request extends { readonly key: string }, Result>(kind: string, effect: (request: Request) => Promise<Result>) =>
    (request: Request) => {
      tried.push({ kind, key: request.key });
      return effect(request);
    };
  const effects: ShopEffects = {
    charge: trying("charge", charge),
    withdraw: trying("withdraw", withdraw),
    sendMail: trying("mail", sendMail),
    book: trying("book", book),
  };
  const functions = createFunctions(shop, effects);
  const fileOf = (name: string) => join(folder, `${name}.db`);
  const ledgers = new Map<string, Ledger>();
  const now = () => clock;
  const portsOf = (name: string): Ports => ({
    ledger: ledgers.get(name) as Ledger,
    publish: async (said) => void log.push(...said),
    deadLetter: async (letter) => void letters.push(letter),
    isRelayed: true,
    now,
    deadlineMs: 10_000,
    leaseMs: 15_000,
  });
  const open = () => {
    for (const { name } of functions) ledgers.set(name, createSqliteLedger({ file: fileOf(name), now }));
  };
  const close = async () => {
    for (const ledger of ledgers.values()) {
      await marksOf({ ledger }).flush();
      await ledger.close?.();
    }
  };
  open();
  onTestFinished(close);
  const offsets = new Map<string, number>();
  return {
    log,
    letters,
    tried,
    pass(ms: number) {
      clock += ms;
    },
    /** As the edge does, for one Idempotency-Key: the id follows from it. */
    place: (orderId: string) => {
      const event = toEvent(OrderRequested({ ...OrderRequested.sample, orderId }), { id: orderId });
      return dispatch(order, { event, fromEdge: true }, portsOf("order"));
    },
    /** Delivers until nothing waits. */
    async run() {
      for (let isDone = false; !isDone; ) {
        isDone = true;
        for (const fn of functions)
          for (let at = offsets.get(fn.name) ?? 0; at < log.length; offsets.set(fn.name, ++at)) {
            isDone = false;
            const [event] = decode(
              { headers: { "content-type": "application/cloudevents+json" }, body: Buffer.from(log[at]?.body ?? "") },
              { maxBytes: 1e6 },
            );
            if (!event || !("event" in event)) throw new Error("no event");
            expect(await dispatch(fn, { event: event.event }, portsOf(fn.name))).toMatchObject({ kind: "ack" });
          }
      }
    },
    relay: () => relayNow(order, portsOf("order")),
    rewind(to: number) {
      for (const { name } of functions) offsets.set(name, to);
    },
    async backUp() {
      await close();
      for (const { name } of functions) copyFileSync(fileOf(name), `${fileOf(name)}.old`);
      open();
    },
    async restore() {
      await close();
      for (const { name } of functions) copyFileSync(`${fileOf(name)}.old`, fileOf(name));
      open();
    },
    async statusOf(orderId: string) {
      const { entry } = (await ledgers.get("order")?.load(subjectDocumentKey(order, orderId))) ?? {};
      return entry && statusOf(entry.state as object);
    },
  };
}

describe("a ledger that has lost its last minute, with the broker as it was", () => {
  it("has each effect once per key, mails again, and a letter for an order that nobody asks for again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "loosely-restore-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const system = createSystem(folder);
    const { log, tried, letters } = system;
    await system.place("early");
    await system.run();
    await system.place("on-its-way");
    await system.backUp();
    const before = log.length - 1;

    system.pass(MINUTE);
    await system.run();
    for (const id of ["asked-again", "forgotten"]) await system.place(id);
    await system.run();
    const all = ["early", "on-its-way", "asked-again", "forgotten"];
    for (const id of all) expect(await system.statusOf(id)).toBe("shipped");
    const mails = tried.filter(({ kind }) => kind === "mail").length;

    await system.restore();
    system.rewind(before);
    await system.run();
    expect(await Promise.all(all.map(system.statusOf))).toEqual(["shipped", "shipped", "unknown", "unknown"]);
    await system.place("asked-again");
    await system.run();
    expect(await system.statusOf("asked-again")).toBe("shipped");
    expect(letters).toEqual([]);
    system.pass(16 * MINUTE);
    await system.relay();
    expect(letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { deadcode: "unknown-order", subject: "forgotten" },
    ]);

    const keysOf = (wanted: string) => [...new Set(tried.flatMap(({ kind, key }) => (kind === wanted ? [key] : [])))];
    for (const effect of ["charge", "book"]) expect(keysOf(effect).toSorted()).toEqual(all.toSorted());
    expect(tried.filter(({ kind }) => kind === "mail").length).toBeGreaterThan(mails);
    expect(tried.filter(({ key }) => key.split("/")[0] === "early")).toHaveLength(5);
  });
});
