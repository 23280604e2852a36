import { type ClientRequest, request } from "node:http";
import type { Happening, Status, StreamEvents } from "../../../adapters/local/console/api-types.ts";

/** Somebody who follows the console's stream, as its page does. */
export interface EventStream {
  /** All that came, in the order in which it did. */
  readonly rows: readonly Happening[];
  /** When each came, in ms since the epoch: a finer clock than that of `at`, and the same. */
  readonly came: readonly number[];
  /** The newest. */
  status(): Status | undefined;
  /** What a reconnect goes on behind. */
  lastId(): string | undefined;
  /** Breaks the connection off, without a word. */
  cut(): void;
}

interface FollowOptions {
  /** As a reconnect says it. */
  readonly lastEventId?: string | undefined;
  /** As the first connection says it. */
  readonly after?: number;
  readonly onRows?: (rows: readonly Happening[]) => void;
}

/** out: once it is open. throws: unless it is answered as a stream */
export async function followStream(url: string, options: FollowOptions = {}): Promise<EventStream> {
  const { lastEventId, after, onRows } = options;
  const address = new URL(`stream${after === undefined ? "" : `?after=${after}`}`, url);
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const rows: Happening[] = [];
  const came: number[] = [];
  let status: Status | undefined;
  let id = lastEventId;
  // Of what is not whole yet: who is cut off in the middle of it has not got it.
  let next = id;
  let name = "message";
  let data: string[] = [];
  const dispatch = () => {
    id = next;
    const text = data.join("\n");
    if (name === "happenings") {
      const now = performance.timeOrigin + performance.now();
      const some = JSON.parse(text) as StreamEvents["happenings"];
      rows.push(...some);
      for (const _ of some) came.push(now);
      onRows?.(some);
    } else if (name === "status") status = JSON.parse(text) as Status;
    [name, data] = ["message", []];
  };
  const take = (line: string) => {
    if (line === "") return data.length > 0 ? dispatch() : undefined;
    const [, field, value = ""] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "id") next = value;
    else if (field === "event") name = value;
    else if (field === "data") data.push(value);
  };
  const outgoing = await new Promise<ClientRequest>((resolve, reject) => {
    const asked = request(address, { headers, agent: false });
    asked.once("error", reject);
    asked.once("response", (answer) => {
      // Whoever cuts it hears of that.
      answer.on("error", () => {});
      if (answer.statusCode !== 200) reject(new Error(`${address.pathname}: answered ${answer.statusCode}`));
      let rest = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        lines.forEach(take);
      });
      resolve(asked);
    });
    asked.end();
  });
  outgoing.on("error", () => {});
  return {
    rows,
    came,
    status: () => status,
    lastId: () => id,
    cut: () => void outgoing.destroy(),
  };
}
