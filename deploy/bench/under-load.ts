import { readdirSync } from "node:fs";
import { until } from "../e2e/shop/orders.ts";
import { orderEvent, SINGLE, TOKEN, toBulk } from "./events.ts";
import { load } from "./load.ts";
import type { Section } from "./section.ts";
import { startServer } from "./server-process.ts";

const EARLY = 20_000;
const ALL = 200_000;
const BULK = 50;
const CONNECTIONS = 8;

/** Whether anything is left behind of events that went through: memory and descriptors of the process, from /proc. */
export async function measureEndurance(): Promise<Section> {
  const { child, port, lines } = await startServer("ours-on-sqlite");
  const pid = child.pid ?? 0;
  const deliver = async (events: number) => {
    const headers = { "content-type": "application/json", "dapr-api-token": TOKEN };
    const shot = () => ({ path: "/orders", headers, body: toBulk(Array.from({ length: BULK }, orderEvent)) });
    const statuses = await load({ port, count: events / BULK, connections: CONNECTIONS, shot });
    if (statuses.get(200) !== events / BULK) throw new Error(`endurance: ${JSON.stringify([...statuses])}`);
  };
  /** Held, in bytes. */
  const memory = async () => {
    const known = lines.length;
    child.kill("SIGUSR2");
    await until(() => lines.length > known, { what: "it has said how much memory it holds" });
    return Number(lines.at(-1)?.split(" ")[1]);
  };
  try {
    await deliver(EARLY);
    const early = { memory: await memory(), descriptors: descriptorsOf(pid) };
    await deliver(ALL - EARLY);
    const late = { memory: await memory(), descriptors: descriptorsOf(pid) };
    return {
      title: `After ${ALL} events over ${EARLY}, ledger in SQLite`,
      head: ["what", "ratio"],
      rows: [
        ["memory", (late.memory / early.memory).toFixed(2)],
        ["descriptors", (late.descriptors / early.descriptors).toFixed(2)],
      ],
      bars: [
        { what: "memory", value: late.memory / early.memory, most: 1.2 },
        { what: "descriptors", value: late.descriptors / early.descriptors, most: 1 },
      ],
    };
  } finally {
    child.kill("SIGKILL");
  }
}

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const OVERLOAD = 10;
const PROBE = 200;
const SECONDS = 5;
const CROWD = 500;

/** Ten times what a slow handler can take: whoever is shed hears 503 at once, and what was acknowledged was done. */
export async function measureOverload(): Promise<Section> {
  const { child, port, lines } = await startServer("ours-slow");
  try {
    const orders: string[] = [];
    const shot = () => {
      const event = orderEvent();
      orders.push(String(event.subject));
      return { path: "/orders", headers: SINGLE, body: JSON.stringify(event) };
    };
    const started = performance.now();
    await load({ port, count: PROBE, connections: 1, shot });
    const perSecond = Math.round((OVERLOAD * PROBE * 1_000) / (performance.now() - started));
    const statuses = await load({ port, count: perSecond * SECONDS, connections: CROWD, perSecond, shot });
    let acknowledged = PROBE + (statuses.get(200) ?? 0);
    const tryOne = async () => {
      const taken = (await load({ port, count: 1, connections: 1, shot })).get(200) ?? 0;
      acknowledged += taken;
      return taken === 1;
    };
    await until(tryOne, { what: "it takes events again", withinMs: 5_000 });
    const calm = await load({ port, count: PROBE, connections: 1, shot });
    acknowledged += calm.get(200) ?? 0;
    const done = new Set(lines.filter((line) => line.startsWith("charged "))).size;
    const known = new Map([...statuses].filter(([status]) => status === 200 || status === 503));
    const sum = (counts: ReadonlyMap<number, number>) => [...counts.values()].reduce((total, each) => total + each, 0);
    return {
      title: `${OVERLOAD} times what it can take`,
      head: ["answer", "share"],
      rows: [...statuses].map(([status, count]) => [String(status || "none"), (count / sum(statuses)).toFixed(2)]),
      bars: [
        { what: "answered, with 200 or 503", value: sum(known) / sum(statuses), least: 1 },
        { what: "shed with 503", value: (statuses.get(503) ?? 0) / sum(statuses), least: 0.1 },
        { what: "taken once it is calm again", value: (calm.get(200) ?? 0) / PROBE, least: 1 },
        { what: "done over acknowledged", value: done / acknowledged, least: 1 },
      ],
    };
  } finally {
    child.kill("SIGKILL");
  }
}
