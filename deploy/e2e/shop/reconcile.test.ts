import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";

const EFFECTS = [
  { kind: "charge", key: "a" },
  { kind: "book", key: "a" },
  ...["created", "paid", "shipped"].map((step) => ({ kind: "mail", key: `a/com.example.order.${step}.v1` })),
];

interface Given {
  readonly ids: readonly string[];
  /** Left out: nothing was logged. */
  readonly effects?: readonly object[];
  /** Whether they are where npm start keeps them, and nobody says so. */
  readonly isDefault?: boolean;
}

/** Runs it against a shop that has shipped order a, and knows no other. */
async function run({ ids, effects, isDefault = false }: Given) {
  const dir = mkdtempSync(join(tmpdir(), "loosely-reconcile-"));
  const log = join(dir, ".local/effects.jsonl");
  mkdirSync(join(dir, ".local"));
  writeFileSync(join(dir, "ids"), ids.map((id) => `${id}\n`).join(""));
  if (effects) writeFileSync(log, effects.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const server = createServer((request, answer) => {
    const known = request.url === "/orders/a";
    answer.writeHead(known ? 200 : 404).end(JSON.stringify(known ? { status: "shipped", steps: [] } : {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = [join(import.meta.dirname, "reconcile.ts"), "ids", "--url", url, "--patience", "0"];
  const child = spawn(process.execPath, [...args, ...(effects && !isDefault ? ["--effects", log] : [])], { cwd: dir });
  const exit = once(child, "exit");
  const printed = await text(child.stdout);
  const [code] = await exit;
  return { code, printed };
}

it.each([true, false])(
  "prints the sums and exits with 0 when they add up (log where npm start keeps it: %s)",
  async (isDefault) => {
    const { code, printed } = await run({ ids: ["a"], effects: EFFECTS, isDefault });
    expect(printed.trim().split("\n")).toEqual([
      ...["accepted   1", "shipped    1", "cancelled  0", "open       0"],
      ...["charge     1 expected, 0 missing, 0 unexpected, 0 tried again"],
      ...["mail       3 expected, 0 missing, 0 unexpected, 0 tried again"],
      ...["book       1 expected, 0 missing, 0 unexpected, 0 tried again"],
    ]);
    expect(code).toBe(0);
  },
);

it("counts the orders alone where no effects were logged, and says so", async () => {
  const { code, printed } = await run({ ids: ["a"] });
  expect([code, printed.trim().split("\n").at(-1)]).toEqual([
    0,
    "effects were not logged: only the orders are counted",
  ]);
});

it("exits with 1 and names what is missing when an order is lost, or an effect", async () => {
  const { code, printed } = await run({ ids: ["a", "lost"], effects: EFFECTS.slice(1) });
  expect(printed).toContain("! 1 accepted orders are neither shipped nor cancelled");
  expect(printed).toContain("! charge: 2 never tried");
  expect(code).toBe(1);
});
