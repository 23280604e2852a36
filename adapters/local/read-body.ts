import type { IncomingMessage } from "node:http";

/** in: longest: in bytes. out: undefined where it is longer, which is not read to its end */
export async function readBody(incoming: IncomingMessage, longest: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length;
    if (length > longest) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
