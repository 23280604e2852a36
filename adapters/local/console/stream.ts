import type { ServerResponse } from "node:http";
import type { Happening } from "./api-types.ts";
import { GUARDING } from "./guard.ts";
import type { History, StatusSource } from "./history-types.ts";

/** In one event of it. */
const MOST_ROWS = 1_000;
const STATUS_MS = 500;
/** Shorter than what gives up connections on which nothing comes. */
const ALIVE_MS = 15_000;
/** The browser comes again so soon. */
const RETRY_MS = 1_000;
const MOST_READERS = 64;

interface StreamOptions {
  readonly history: Pick<History, "onAppended" | "since" | "last">;
  readonly status: Pick<StatusSource, "read">;
  /** How long a reader may take nothing. */
  readonly patienceMs?: number;
}

/** What happens, as it happens, for everybody who looks. */
export interface Stream {
  /** in: after: the id of the last happening that it has; left out: the newest there is. out: whether there is room for one more */
  open(response: ServerResponse, after: number | undefined): boolean;
  close(): void;
}

interface Reader {
  readonly response: ServerResponse;
  /** The last that it was given. */
  after: number;
  status: string;
  /** Since when it has not taken what it was given. */
  fullSince: number | undefined;
}

/**
 * Server-sent events: `happenings` with the id of the last one in it, so that whoever comes again gets those behind it; `status` where
 * it has changed. A reader that does not keep up is given nothing until it has taken what it has, and then reads from what is kept:
 * nothing is held for it. One that takes nothing for long is cut.
 *
 * source  HTML, "Server-sent events"
 */
export function createStream({ history, status, patienceMs = 30_000 }: StreamOptions): Stream {
  const readers = new Set<Reader>();
  let looking: NodeJS.Timeout | undefined;

  const write = (reader: Reader, text: string) => {
    if (!reader.response.write(text)) reader.fullSince ??= Date.now();
  };
  const give = (reader: Reader, rows: readonly Happening[], text = toEvent(rows)) => {
    reader.after = rows.at(-1)?.id ?? reader.after;
    write(reader, text);
  };
  /** Reads what was missed, as far as the reader takes it. */
  const catchUp = (reader: Reader) => {
    while (reader.fullSince === undefined && reader.after < history.last) {
      const rows = history.since(reader.after, MOST_ROWS);
      if (rows.length === 0) return;
      give(reader, rows);
    }
  };
  const tellStatus = (reader: Reader, text: string) => {
    if (reader.fullSince !== undefined || reader.status === text) return;
    reader.status = text;
    write(reader, `event: status\ndata: ${text}\n\n`);
  };
  const stopListening = history.onAppended((rows) => {
    const [first] = rows;
    if (!first || readers.size === 0) return;
    const text = rows.length > MOST_ROWS ? undefined : toEvent(rows);
    for (const reader of readers)
      if (text !== undefined && reader.fullSince === undefined && reader.after === first.id - 1)
        give(reader, rows, text);
      else catchUp(reader);
  });
  const look = () => {
    const now = Date.now();
    for (const { response, fullSince = now } of readers) if (now - fullSince > patienceMs) response.destroy();
    const text = JSON.stringify(status.read());
    for (const reader of readers) tellStatus(reader, text);
  };
  const keepAlive = setInterval(() => {
    for (const reader of readers) if (reader.fullSince === undefined) write(reader, ":\n\n");
  }, ALIVE_MS).unref();

  return {
    open(response, after = history.last) {
      if (readers.size >= MOST_READERS) return false;
      response.writeHead(200, { ...GUARDING, "content-type": "text/event-stream" });
      // What was kept has been forgotten since: its ids begin again.
      const from = after > history.last ? 0 : after;
      const reader: Reader = { response, after: from, status: "", fullSince: undefined };
      readers.add(reader);
      response.on("drain", () => {
        reader.fullSince = undefined;
        catchUp(reader);
      });
      // It was cut: its end says so, too.
      response.on("error", () => {});
      response.on("close", () => {
        readers.delete(reader);
        if (readers.size > 0) return;
        clearInterval(looking);
        looking = undefined;
      });
      write(reader, `retry: ${RETRY_MS}\n\n`);
      tellStatus(reader, JSON.stringify(status.read()));
      catchUp(reader);
      looking ??= setInterval(look, STATUS_MS).unref();
      return true;
    },
    close() {
      stopListening();
      clearInterval(keepAlive);
      for (const { response } of readers) response.destroy();
    },
  };
}

const toEvent = (rows: readonly Happening[]): string =>
  `id: ${rows.at(-1)?.id}\nevent: happenings\ndata: ${JSON.stringify(rows)}\n\n`;
