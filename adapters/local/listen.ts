import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

const MOST_PORT = 65_535;

/** On 127.0.0.1. in: port: 0: any that is free. throws: where it is taken */
export const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.removeListener("error", reject);
      resolve();
    });
  });

/** out: the first port from one on that was free, and is now its own; from 0 on: any */
export async function listenFrom(server: Server, first: number): Promise<number> {
  for (let port = first; ; port++) {
    try {
      await listen(server, port);
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || port >= MOST_PORT) throw error;
    }
  }
}
