import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Whether somebody could listen there now. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/** The first free ports from one on. */
export async function freePorts(from: number, count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let port = from; ports.length < count && port <= 65_535; port++) if (await isFree(port)) ports.push(port);
  return ports;
}

/** out: the first of several free ports in a row, from one on */
export async function freeRow(from: number, count: number): Promise<number> {
  for (let first = from; ; first += count) {
    const ports = await freePorts(first, count);
    if (ports.at(-1) === first + count - 1) return first;
  }
}

/**
 * A port that stays free until somebody listens there: none of those that the kernel gives to whoever asks for any.
 *
 * source  Linux, net.ipv4.ip_local_port_range: 32768 and up
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) return port;
  }
}
