import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Happening, Happenings } from "../../adapters/local/console/api-types.ts";
import { readSession } from "../../adapters/local/session.ts";
import { until } from "../e2e/shop/orders.ts";
import { consoleUrlOf } from "../e2e/tools/console-page.ts";
import { type EventStream, followStream } from "../e2e/tools/event-stream.ts";
import { orderEvent } from "./events.ts";
import { folder } from "./flow.ts";
import type { Contender } from "./flow-contender.ts";
import { startLocalContender } from "./flow-local.ts";
import { toRunning } from "./flow-rounds.ts";
import { median, type Section } from "./section.ts";

/** Each makes some 50 rows. */
const ORDERS_A_SECOND = 26;
const ROWS_A_SECOND = 1_200;
const SECONDS = 15;
const WARM_UP = 100;
const BURST = 1_000;
/** Nobody consumes it: three functions are delivered it and ignore it. */
const IGNORED = "com.example.bench.burst.v1";
const HEARERS = 3;
const LATEST_MS = 200;

/** How late whoever follows the stream hears of what happens, and whether of all of it. */
export async function measureConsoleStream(): Promise<Section> {
  const dir = folder("console-stream");
  const contender = await startLocalContender({ dir });
  const running = toRunning(contender);
  try {
    const url = await consoleUrlOf(dir);
    await running.run(WARM_UP);
    const after = (await newest(url)) ?? 0;
    const stream = await followStream(url, { after });
    const ids = await placeFor(contender);
    const isTold = () => endsIn(stream.rows).size === ids.length;
    await until(isTold, { what: "all have been told of", everyMs: 20 });
    const paced = stream.rows.length;
    const late = stream.rows.map(({ at }, index) => (stream.came[index] ?? 0) - at);
    await burst(dir);
    const ofBurst = (kind: Happening["kind"]) =>
      stream.rows.filter((row) => row.type === IGNORED && row.kind === kind).length;
    await until(() => ofBurst("told") === BURST * HEARERS, { what: "the burst has been told of", everyMs: 20 });
    const last = (await newest(url)) ?? 0;
    await until(() => (stream.rows.at(-1)?.id ?? 0) >= last, { what: "it has come to the end", everyMs: 20 });
    stream.cut();
    return toSection({ late: late.slice(0, paced), lost: lostOf(stream, after), burst: BURST - ofBurst("published") });
  } finally {
    await running.stop();
  }
}

/** The orders that are shipped, and told of, as far as the stream goes. */
const endsIn = (rows: readonly Happening[]): ReadonlySet<string | undefined> =>
  new Set(rows.filter(isEnd).map(({ subject }) => subject));

const isEnd = ({ kind, type, app }: Happening): boolean =>
  kind === "told" && app === "notification" && type === "com.example.order.shipped.v1";

/** Whether or not those before are done. out: ids of all */
async function placeFor({ place }: Contender): Promise<readonly string[]> {
  const placed: Promise<string>[] = [];
  const started = performance.now();
  for (let number = 0; number < ORDERS_A_SECOND * SECONDS; number++) {
    await pause(Math.max(0, started + (number * 1_000) / ORDERS_A_SECOND - performance.now()));
    placed.push(place(randomUUID()));
  }
  return Promise.all(placed);
}

/** All in one call of the sidecar. */
async function burst(dir: string): Promise<void> {
  const session = readSession(dir);
  const entries = Array.from({ length: BURST }, (_, entryId) => ({
    entryId: String(entryId),
    event: { ...orderEvent(), type: IGNORED },
    contentType: "application/cloudevents+json",
  }));
  const answer = await fetch(`${session?.services[0]?.sidecarUrl}/v1.0-alpha1/publish/bulk/pubsub/orders`, {
    method: "POST",
    headers: { "content-type": "application/json", "dapr-api-token": session?.tokens.dapr ?? "" },
    body: JSON.stringify(entries),
  });
  if (!answer.ok) throw new Error(`the burst was answered ${answer.status} ${await answer.text()}`);
}

async function newest(url: string): Promise<number | undefined> {
  const answer = await fetch(new URL("happenings?limit=1", url));
  return ((await answer.json()) as Happenings)[0]?.id;
}

/** Ids follow each other: what is missing between them is lost, what comes twice as well. */
function lostOf({ rows }: EventStream, after: number): number {
  const ids = new Set(rows.map(({ id }) => id));
  const last = rows.at(-1)?.id ?? after;
  return last - after - ids.size + (rows.length - ids.size);
}

interface Found {
  readonly late: readonly number[];
  readonly lost: number;
  readonly burst: number;
}

function toSection({ late, lost, burst: missing }: Found): Section {
  const sorted = late.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
  const perSecond = late.length / SECONDS;
  return {
    title: `The console's stream at ${ORDERS_A_SECOND} orders a second`,
    head: ["rows a second", "ms until half are heard of", "99 %", "99.9 %", "all"],
    rows: [[perSecond.toFixed(0), median(late).toFixed(0), at(0.99), at(0.999), at(1)]],
    bars: [
      { what: "rows a second", value: perSecond, least: ROWS_A_SECOND },
      { what: "ms until the last of them is heard of", value: Number(at(1)), most: LATEST_MS },
      { what: "rows that are lost, or come twice", value: lost, most: 0 },
      { what: `of a burst of ${BURST.toLocaleString("en")} events, those that are lost`, value: missing, most: 0 },
    ],
  };
}
