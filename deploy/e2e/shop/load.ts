import { randomUUID } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { styleText } from "node:util";
import { DECLINED_AMOUNT } from "../../../adapters/effects/charge.ts";
import { parseCommandLine, reportUsage, UsageError } from "../../../adapters/local/command-line.ts";
import { keepLoopbackDirect } from "../../../adapters/local/loopback.ts";
import { createProgress } from "../../progress.ts";

const HELP = `npm run load -- [options]

Places orders at a shop that runs, waits until each has been shipped or cancelled, and says what became of them. Every
tenth order asks for the amount that the dummy charge declines. Where somebody looks it shows orders a second, the time left and
how often it had to ask again.

  --orders N      how many (default 200)
  --rate R        how many a second at most (default: as fast as it goes)
  --duration S    stops placing after S seconds
  --url URL       of the order service (default http://127.0.0.1:8080)
  --out FILE      gets the ids of the orders that were accepted, one a line
  --patience S    how long to wait after the last one (default 120)
  --help          this text

Exit code 0 when nothing was lost, 1 when something was or when nobody answers there, 2 when it was asked wrongly.
`;

const IN_FLIGHT = 16;
const DECLINED_EVERY = 10;
/** Whose machine is gone never answers and never says so. */
const ANSWER_WITHIN_MS = 15_000;
const COMMAND = "npm run load";
const print = (text: string) => process.stdout.write(`${text}\n`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Options {
  readonly orders: number;
  readonly rate: number;
  readonly duration: number;
  readonly patience: number;
  readonly url: string;
  readonly out: string | undefined;
}

interface OrderView {
  readonly status: string;
  readonly steps: readonly { readonly status: string; readonly at: string }[];
}

async function load({ orders, rate, duration, patience, url, out }: Options): Promise<boolean> {
  const nobody = await whyNobody(url);
  if (nobody !== undefined) {
    process.stderr.write(`nobody answers at ${url} (${nobody}): npm start opens the shop, --url names another one\n`);
    return false;
  }
  if (out) makeEmpty(out);
  const { accepted, retried } = await placeAll({ orders, rate, duration, url, out });
  const views = await followAll(accepted, { url, patience });
  const finished = [...views.values()];
  const shipped = finished.filter(({ status }) => status === "shipped");
  const lost = accepted.length - finished.length;
  const times = shipped.map(toTimeToShipped).sort((a, b) => a - b);
  print(`accepted   ${accepted.length}`);
  print(`retried    ${retried}`);
  print(`shipped    ${shipped.length}`);
  print(`cancelled  ${finished.length - shipped.length}`);
  print(`lost       ${lost === 0 ? styleText("green", "0") : styleText("red", String(lost))}`);
  if (times.length > 0) print(`time to shipped  p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms`);
  return lost === 0;
}

/** Before anything is ordered: what is accepted must be written down. */
function makeEmpty(file: string): void {
  try {
    writeFileSync(file, "");
  } catch (error) {
    throw new UsageError(`--out: cannot be written: ${(error as Error).message}`);
  }
}

/** out: undefined where somebody answers, whatever it is */
async function whyNobody(url: string): Promise<string | undefined> {
  try {
    await fetch(`${url}/orders/none`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return undefined;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? message;
  }
}

interface Placed {
  /** Ids. */
  readonly accepted: readonly string[];
  /** Requests that got no 202 and were sent again. */
  readonly retried: number;
}

async function placeAll({ orders, rate, duration, url, out }: Omit<Options, "patience">): Promise<Placed> {
  const accepted: string[] = [];
  let retried = 0;
  const progress = createProgress("placed", orders);
  const started = Date.now();
  const end = started + duration * 1_000;
  let next = 0;
  const onRetry = () => progress.show(accepted.length, noteOf(++retried));
  const worker = async () => {
    while (next < orders && Date.now() < end) {
      const number = next++;
      const due = started + (number / rate) * 1_000;
      if (due > Date.now()) await pause(due - Date.now());
      const id = await place(url, { number, end, onRetry });
      if (id === undefined) continue;
      if (out) appendFileSync(out, `${id}\n`);
      accepted.push(id);
      progress.show(accepted.length, noteOf(retried));
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, orders) }, worker));
  progress.done(accepted.length, noteOf(retried));
  return { accepted, retried };
}

const noteOf = (retried: number): string => (retried === 0 ? "" : `${retried} asked again`);

/** Asks again, under the same key, until it is accepted: whatever goes wrong in between, it is one order. */
async function place(
  url: string,
  { number, end, onRetry }: { readonly number: number; readonly end: number; readonly onRetry: () => void },
): Promise<string | undefined> {
  const key = randomUUID();
  const request = {
    method: "POST",
    headers: { "idempotency-key": key, ...(isDeclined(number) ? { "content-type": "application/json" } : {}) },
    ...(isDeclined(number) ? { body: JSON.stringify(DECLINED_ORDER) } : {}),
  };
  for (let wait = 50; ; wait = Math.min(wait * 2, 1_000)) {
    try {
      const answer = await fetch(`${url}/orders`, { ...request, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      if (answer.status === 202) return ((await answer.json()) as { orderId: string }).orderId;
      const problem = await answer.text();
      if (answer.status < 500) throw new Refused(`POST /orders answered ${answer.status}: ${problem}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
      // The service is away for a moment.
    }
    if (Date.now() > end) return undefined;
    onRetry();
    await pause(wait);
  }
}

class Refused extends Error {
  override readonly name = "Refused";
}

/** out: what became of those that were finished in time */
async function followAll(
  ids: readonly string[],
  { url, patience }: { readonly url: string; readonly patience: number },
): Promise<ReadonlyMap<string, OrderView>> {
  const finished = new Map<string, OrderView>();
  const progress = createProgress("finished", ids.length);
  const end = Date.now() + patience * 1_000;
  while (finished.size < ids.length && Date.now() < end) {
    const open = ids.filter((id) => !finished.has(id)).values();
    const worker = async () => {
      for (const id of open) {
        const view = await look(`${url}/orders/${id}`);
        if (view && ["shipped", "cancelled"].includes(view.status)) finished.set(id, view);
        progress.show(finished.size);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    if (finished.size < ids.length) await pause(100);
  }
  progress.done(finished.size);
  return finished;
}

async function look(url: string): Promise<OrderView | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const view = await answer.json();
    return answer.status === 200 ? (view as OrderView) : undefined;
  } catch {
    return undefined;
  }
}

const isDeclined = (number: number) => number % DECLINED_EVERY === DECLINED_EVERY - 1;

const DECLINED_ORDER = {
  customer: { name: "Load Test", email: "load@example.com" },
  items: [{ sku: "declined", quantity: 1, unitPrice: DECLINED_AMOUNT }],
  currency: "EUR",
};

const toTimeToShipped = ({ steps }: OrderView): number =>
  Date.parse(steps.at(-1)?.at ?? "") - Date.parse(steps[0]?.at ?? "");

const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function parseOptions(): Options | undefined {
  const values = parseCommandLine({
    command: COMMAND,
    options: {
      orders: { type: "string", default: "200" },
      rate: { type: "string", default: "Infinity" },
      duration: { type: "string", default: "3600" },
      patience: { type: "string", default: "120" },
      url: { type: "string", default: "http://127.0.0.1:8080" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    print(HELP);
    return undefined;
  }
  const [orders, rate, duration, patience] = (["orders", "rate", "duration", "patience"] as const).map((name) => {
    const number = Number(values[name]);
    if (!(number > 0)) throw new UsageError(`--${name}: must be a number above 0, got ${values[name]}`);
    return number;
  }) as [number, number, number, number];
  const url = URL.parse(values.url);
  if (url === null) throw new UsageError(`--url: must be a URL, got ${values.url}`);
  return { orders, rate, duration, patience, url: url.origin, out: values.out };
}

keepLoopbackDirect(process.env);
try {
  const options = parseOptions();
  if (options) process.exitCode = (await load(options)) ? 0 : 1;
} catch (error) {
  if (error instanceof UsageError) reportUsage(error, COMMAND);
  else if (error instanceof Refused) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
