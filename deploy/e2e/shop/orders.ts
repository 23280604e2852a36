import { randomUUID } from "node:crypto";
import { DECLINED_AMOUNT } from "../../../adapters/effects/charge.ts";
import type { Fate } from "./sums.ts";

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until it is so. throws: with what was waited for */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { what, withinMs = 180_000, everyMs = 50 }: UntilOptions,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not so within ${withinMs} ms: ${what}`);
    await pause(everyMs);
  }
}

interface UntilOptions {
  readonly what: string;
  readonly withinMs?: number;
  /** How often it is looked at. */
  readonly everyMs?: number;
}

/** Orders on their way to the shop. */
export interface Placing {
  /** Answered 202 so far: ids, and how each was asked for. */
  readonly accepted: ReadonlyMap<string, Request>;
  readonly done: Promise<void>;
}

interface Request {
  readonly key: string;
  /** Of its one item. Left out: whatever the shop makes up. */
  readonly sku?: string | undefined;
}

interface PlacingOptions {
  readonly everyMs?: number;
  /** Of all of them. Left out: every tenth is declined. */
  readonly sku?: string;
  /** Of the first. */
  readonly key?: string;
}

const EVERY_MS = 25;
const PATIENCE_MS = 120_000;
const DECLINED = "declined";
const bodyOf = (sku: string): string =>
  JSON.stringify({
    customer: { name: "Load Test", email: "load@example.com" },
    items: [{ sku, quantity: 1, unitPrice: sku === DECLINED ? DECLINED_AMOUNT : 1250 }],
    currency: "EUR",
  });

/** Places orders, one every 25 ms, each asked for again under its key until it is accepted. */
export function placeOrders(
  url: string,
  count: number,
  { everyMs = EVERY_MS, sku, key = randomUUID() }: PlacingOptions = {},
): Placing {
  const accepted = new Map<string, Request>();
  const place = async (number: number) => {
    await pause(number * everyMs);
    const request = { key: number === 0 ? key : randomUUID(), sku: sku ?? (number % 10 === 9 ? DECLINED : undefined) };
    accepted.set(await placeOne(url, request), request);
  };
  const done = Promise.all(Array.from({ length: count }, (_, number) => place(number))).then(() => {});
  // Whoever waits for it hears of it; until then it is no unhandled one.
  done.catch(() => {});
  return { accepted, done };
}

/** Places one, asked for again under its key until it is accepted. out: its id */
export async function placeOne(url: string, request: Request): Promise<string> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const id = await tryOnce(url, request);
    if (id !== undefined) return id;
    await pause(200);
  }
  throw new Error(`not accepted within ${PATIENCE_MS} ms: ${request.key}`);
}

/** Asks under the same keys again, which says again whatever was said of an order. */
export async function askAgain(url: string, requests: Iterable<Request>): Promise<void> {
  for (const request of requests) await tryOnce(url, request);
}

async function tryOnce(url: string, { key, sku }: Request): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/orders`, {
      method: "POST",
      headers: { "idempotency-key": key, ...(sku === undefined ? {} : { "content-type": "application/json" }) },
      ...(sku === undefined ? {} : { body: bodyOf(sku) }),
      signal: AbortSignal.timeout(10_000),
    });
    const body = (await answer.json()) as { orderId: string };
    return answer.status === 202 ? body.orderId : undefined;
  } catch {
    return undefined;
  }
}

/** Follows orders to their end. out: what became of each, in any case */
export async function followOrders(
  url: string,
  ids: Iterable<string>,
  withinMs = PATIENCE_MS,
): Promise<ReadonlyMap<string, Fate>> {
  const fates = new Map<string, Fate>([...ids].map((id) => [id, "open"]));
  const end = Date.now() + withinMs;
  for (;;) {
    for (const [id, fate] of fates) if (fate === "open") fates.set(id, await fateOf(url, id));
    if (![...fates.values()].includes("open") || Date.now() > end) return fates;
    await pause(100);
  }
}

export interface OrderView {
  readonly status: string;
  readonly steps: readonly { readonly status: string; readonly at: string }[];
}

export async function viewOf(url: string, id: string): Promise<OrderView | undefined> {
  try {
    const answer = await fetch(`${url}/orders/${id}`, { signal: AbortSignal.timeout(5_000) });
    const view = (await answer.json()) as OrderView;
    return answer.ok ? view : undefined;
  } catch {
    return undefined;
  }
}

async function fateOf(url: string, id: string): Promise<Fate> {
  const status = (await viewOf(url, id))?.status;
  return status === "shipped" || status === "cancelled" ? status : "open";
}
