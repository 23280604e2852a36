import { once } from "node:events";
import { connect } from "node:net";

/** One document as daprd keeps it: a hash, and how long it is kept, if not for ever. */
export interface Stored {
  readonly key: string;
  readonly fields: readonly string[];
  readonly ttlMs?: number;
}

const MOST_IN_FLIGHT = 4_000;

/** Writes documents, thousands of them on their way at once. throws: with what Redis says when it does not want one */
export async function fillRedis(port: number, documents: Iterable<Stored>): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  let answered = 0;
  let refused: string | undefined;
  socket.on("data", (chunk: Buffer) => {
    // Each answer is one line: how many fields are new, or whether there is such a key.
    for (const byte of chunk) if (byte === 10) answered++;
    if (chunk.includes("-ERR")) refused = chunk.toString("utf8").slice(0, 300);
  });
  let asked = 0;
  let batch: string[] = [];
  const send = async () => {
    socket.write(batch.join(""));
    batch = [];
    while (answered < asked && refused === undefined) await once(socket, "data");
    if (refused !== undefined) throw new Error(`Redis: ${refused}`);
  };
  const ask = (words: readonly string[]) => {
    batch.push(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`);
    asked++;
  };
  try {
    for (const { key, fields, ttlMs } of documents) {
      ask(["HSET", key, ...fields]);
      if (ttlMs !== undefined) ask(["PEXPIRE", key, String(ttlMs)]);
      if (batch.length >= MOST_IN_FLIGHT) await send();
    }
    await send();
  } finally {
    socket.destroy();
  }
}
