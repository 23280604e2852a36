import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** As an event may be, and some more for what stands around it. */
const LONGEST = 5 * 1024 * 1024;

/** throws: Refusal for what is longer than any event */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > LONGEST) throw new Refusal(413, "the body is longer than 5 MiB");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
