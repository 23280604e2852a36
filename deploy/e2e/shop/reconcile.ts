import { existsSync, readFileSync } from "node:fs";
import { complain, parseWords, UsageError } from "../../../adapters/local/command-line.ts";
import { keepLoopbackDirect } from "../../../adapters/local/loopback.ts";
import { followOrders } from "./orders.ts";
import { faultsOf, parseAttempts, type Sums, sumUp } from "./sums.ts";

const HELP = `npm run reconcile -- FILE [options]

Adds up what became of orders that were accepted: each must be shipped or cancelled, charged once, told of once a step, and
booked once where it was shipped. Exits with 1 when it does not add up, with 2 when it was
asked wrongly.

  FILE            the orders' ids, one a line, as npm run load -- --out FILE keeps them
  --effects FILE  the EFFECTS_LOG of the services; without it (default .local/effects.jsonl, where that exists) only the
                  orders are counted
  --url URL       of the order service (default http://127.0.0.1:8080)
  --patience S    how long orders may take that are still on their way (default 30)
  --help          this text
`;

const COMMAND = "npm run reconcile";
const DEFAULT_LOG = ".local/effects.jsonl";
const print = (text: string) => process.stdout.write(`${text}\n`);

keepLoopbackDirect(process.env);
try {
  const { values, words } = parseWords({
    command: COMMAND,
    options: {
      effects: { type: "string" },
      url: { type: "string", default: "http://127.0.0.1:8080" },
      patience: { type: "string", default: "30" },
      help: { type: "boolean", default: false },
    },
  });
  const [file, ...more] = words;
  if (values.help) print(HELP);
  else if (file === undefined || more.length > 0) throw new UsageError("FILE: must be given, once");
  else process.exitCode = (await reconcile(file, { ...values, patienceMs: Number(values.patience) * 1_000 })) ? 0 : 1;
} catch (error) {
  complain(error, COMMAND);
}

interface ReconcileOptions {
  readonly effects?: string;
  readonly url: string;
  readonly patienceMs: number;
}

/** out: whether it adds up */
async function reconcile(file: string, { effects, url, patienceMs }: ReconcileOptions): Promise<boolean> {
  if (!(patienceMs >= 0)) throw new UsageError("--patience: must be a number of seconds, 0 or more");
  const ids = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const fates = await followOrders(new URL(url).origin, ids, patienceMs);
  const log = effects ?? DEFAULT_LOG;
  const known = effects !== undefined || existsSync(log);
  const sums = sumUp(fates, known ? parseAttempts(readFileSync(log, "utf8")) : undefined);
  print(toTable(sums));
  if (!known) print("effects were not logged: only the orders are counted");
  const faults = faultsOf(sums);
  for (const fault of faults) print(`! ${fault}`);
  return faults.length === 0;
}

function toTable({ accepted, shipped, cancelled, open, effects }: Sums): string {
  const orders = Object.entries({ accepted, shipped, cancelled, open }).map(([name, n]) => `${name.padEnd(10)} ${n}`);
  const rows = Object.entries(effects).map(
    ([kind, { expected, missing, repeated, unexpected }]) =>
      `${kind.padEnd(10)} ${expected} expected, ${missing} missing, ${unexpected} unexpected, ${repeated} tried again`,
  );
  return [...orders, ...rows].join("\n");
}
