import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pc from "picocolors";
import { OrderShipped } from "../../functions/events/index.ts";
import { freeRow } from "./free-ports.ts";
import { forget, SERVICES, startShop } from "./launcher.ts";
import { toStory } from "./story.ts";

const FIRST_PORT = 8090;
const PATIENCE_MS = 20_000;
const EXPECTED = ["created", "paid", "shipped"];

const print = (text: string) => process.stdout.write(`${text}\n`);

if (process.argv.includes("--help")) {
  print(`npm run demo

Starts a shop of its own, places one order, tells its story, checks that it was created, paid and shipped, and stops.
Exit code 0 when it was, 1 when it was not.`);
} else {
  process.exitCode = (await demo()) ? 0 : 1;
}

async function demo(): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), "loosely-demo-"));
  const listeners = new Set(["billing", "notification", "shipping"]);
  const told = Promise.withResolvers<void>();
  const shop = await startShop({
    port: await freeRow(FIRST_PORT, SERVICES.length),
    dataDir,
    onLine: (line) => {
      const story = toStory(line);
      if (story) print(story);
      if (line.type === OrderShipped.type) listeners.delete(String(line.service));
      if (listeners.size === 0) told.resolve();
    },
    onTrouble: (text) => process.stderr.write(`${pc.yellow(text)}\n`),
  });
  try {
    const url = shop.services[0]?.url;
    print(`${pc.bold("POST /orders")}`);
    const placed = await fetch(`${url}/orders`, { method: "POST" });
    const location = placed.headers.get("location");
    if (placed.status !== 202 || location === null) throw new Error(`POST /orders answered ${placed.status}`);
    const order = await untilShipped(`${url}${location}`);
    await Promise.race([told.promise, pause(PATIENCE_MS, undefined, { ref: false })]);
    print(`${pc.bold(`GET ${location}`)}\n${JSON.stringify(order, null, 2)}`);
    const steps = order.steps.map(({ status }) => status);
    const good = String(steps) === String(EXPECTED);
    print(
      good ? pc.green("created, paid, shipped") : pc.red(`expected ${EXPECTED.join(", ")}, got ${steps.join(", ")}`),
    );
    return good;
  } finally {
    await shop.stop();
    forget(dataDir);
  }
}

interface OrderView {
  readonly status: string;
  readonly steps: readonly { readonly status: string }[];
}

async function untilShipped(url: string): Promise<OrderView> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const view = (await (await fetch(url)).json()) as OrderView;
    if (view.status === "shipped" || Date.now() > end) return view;
    await pause(50);
  }
}
