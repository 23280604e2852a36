import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

/** Runs it against a shop that has shipped order a, and knows no other. */
async function run({ ids, effects }: { readonly ids: readonly string[]; readonly effects: readonly object[] }) {
  const dir = mkdtempSync(join(tmpdir(), "loosely-reconcile-"));
  writeFileSync(join(dir, "ids"), ids.map((id) => `${id}\n`).join(""));
  writeFileSync(join(dir, "effects"), effects.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const server = createServer((request, answer) => {
    const known = request.url === "/orders/a";
    answer.writeHead(known ? 200 : 404).end(JSON.stringify(known ? { status: "shipped", steps: [] } : {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  const child = spawn(process.execPath, [
    ...[join(import.meta.dirname, "reconcile.ts"), join(dir, "ids"), "--effects", join(dir, "effects")],
    ...["--url", `http://127.0.0.1:${(server.address() as AddressInfo).port}`, "--patience", "0"],
  ]);
  const exit = once(child, "exit");
  const printed = await text(child.stdout);
  const [code] = await exit;
  return { code, printed };
}

it("prints the sums and exits with 0 when they add up", async () => {
  const { code, printed } = await run({ ids: ["a"], effects: EFFECTS });
  expect(printed.trim().split("\n")).toEqual([
    ...["accepted   1", "shipped    1", "cancelled  0", "open       0"],
    ...["charge     1 expected, 0 missing, 0 unexpected, 0 tried again"],
    ...["mail       3 expected, 0 missing, 0 unexpected, 0 tried again"],
    ...["book       1 expected, 0 missing, 0 unexpected, 0 tried again"],
  ]);
  expect(code).toBe(0);
});

it("exits with 1 and names what is missing when an order is lost, or an effect", async () => {
  const { code, printed } = await run({ ids: ["a", "lost"], effects: EFFECTS.slice(1) });
  expect(printed).toContain("! 1 accepted orders are neither shipped nor cancelled");
  expect(printed).toContain("! charge: 2 never tried");
  expect(code).toBe(1);
});
