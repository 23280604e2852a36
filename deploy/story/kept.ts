import { hash } from "node:crypto";
import { join } from "node:path";
import { openKeptLetters } from "../../adapters/local/kept-letters.ts";
import { idOf } from "../dead/list.ts";
import type { Told } from "./told.ts";

/** Of an event that died at a function, the letter's id as `npm run dead` knows it; undefined where it is gone. */
export type FindLetter = (told: Told) => string | undefined;

/** Looks among the letters of this machine's broker, the newest first: what a story tells of has mostly just died. */
export function findKept(data: string): FindLetter {
  return ({ event, function: name }) => {
    let kept: ReturnType<typeof openKeptLetters>;
    try {
      kept = openKeptLetters(join(data, "broker.db"));
    } catch {
      return undefined;
    }
    try {
      for (const entry of kept.entries().toReversed()) {
        const body = kept.read(entry)?.body;
        const { id, deadfunction } = body ? parse(body) : {};
        if (body && id === event && deadfunction === name) return idOf({ digest: hash("sha256", body, "hex") });
      }
      return undefined;
    } finally {
      kept.close();
    }
  };
}

function parse(body: Uint8Array): { readonly id?: unknown; readonly deadfunction?: unknown } {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8")) ?? {};
  } catch {
    return {};
  }
}
