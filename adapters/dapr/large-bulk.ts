import { createHash, type Hash } from "node:crypto";
import type { Overflow } from "../core/event/decode.ts";
import { KEPT_BYTES } from "../core/event/event-size.ts";

/** Of one entry, beside twice an event: beyond it is none that the core would take, in base64 or escaped as it may be. */
const AROUND_BYTES = 256 * 1024;
/** Of all entries that are held; the others come again. */
const HELD_BYTES = 16 * 1024 * 1024;
const ENTRY_ID = /^\{\s*"entryId"\s*:\s*("(?:[^"\\]|\\.){0,1000}")/;

/** One entry as it stands in the bulk: whole, as its beginning, or not at all. */
export interface LargeBulkEntry {
  readonly entryId: string;
  /** undefined: there was no room for it */
  readonly bytes: Buffer | undefined;
  /** Of all of it, where `bytes` is its beginning. */
  readonly overflow: Overflow | undefined;
}

/** Finds the entries of a bulk that is too large to be held, while it comes. */
export interface LargeBulk {
  push(chunk: Buffer): void;
  /** out: undefined for anything but a whole bulk whose entries all have an id */
  entries(): readonly LargeBulkEntry[] | undefined;
}

const [QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = Buffer.from(
  '"\\{}[]',
) as Iterable<number>;

/** in  maxBytes: of an event */
export function createLargeBulk(maxBytes: number): LargeBulk {
  const entryBytes = 2 * maxBytes + AROUND_BYTES;
  const heldBytes = Math.max(HELD_BYTES, entryBytes);
  const found: LargeBulkEntry[] = [];
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  /** The last string on the level of `entries`. */
  let name = "";
  let isBulk = true;
  let hasEntries = false;
  let inEntries = false;
  let held = 0;
  let entry: Entry | undefined;

  const open = (byte: number) => {
    if (depth === 0 && byte !== OPEN_OBJECT) isBulk = false;
    if (depth === 1 && byte === OPEN_ARRAY && name === "entries") hasEntries = inEntries = true;
    depth++;
  };
  const close = () => {
    depth--;
    if (depth === 1) inEntries = false;
  };
  const finish = ({ id, bytes, hash, length }: Entry) => {
    if (id === undefined) isBulk = false;
    else if (hash) {
      const overflow = { length, sha256: hash.digest("hex") };
      found.push({ entryId: id, bytes: bytes(), overflow });
    } else {
      const fits = held + length <= heldBytes;
      if (fits) held += length;
      found.push({ entryId: id, bytes: fits ? bytes() : undefined, overflow: undefined });
    }
  };

  return {
    push(chunk) {
      let from = 0;
      for (let at = 0; at < chunk.length && isBulk; at++) {
        const byte = chunk[at] as number;
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) {
            inString = false;
            if (depth === 1 && name === "specversion") isBulk = false;
          }
          if (depth === 1 && inString && name.length < 20) name += String.fromCharCode(byte);
        } else if (byte === QUOTE) {
          inString = true;
          if (depth === 1) name = "";
        } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
          open(byte);
          if (inEntries && depth === 3) {
            entry = createEntry(entryBytes);
            from = at;
          }
        } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
          close();
          if (entry && depth === 2) {
            entry.add(chunk.subarray(from, at + 1));
            finish(entry);
            entry = undefined;
          }
        } else if (depth === 0 && byte > 0x20) {
          isBulk = false;
        }
      }
      entry?.add(chunk.subarray(from));
    },
    entries: () => (isBulk && hasEntries && depth === 0 ? found : undefined),
  };
}

interface Entry {
  /** undefined: it does not begin with one */
  readonly id: string | undefined;
  /** Of all behind the id, where that is more than is held. */
  readonly hash: Hash | undefined;
  /** Of all of it, or of what was hashed. */
  readonly length: number;
  add(part: Buffer): void;
  /** All of it, or the beginning of what was hashed. */
  bytes(): Buffer;
}

function createEntry(mostBytes: number): Entry {
  let parts: Buffer[] = [];
  let begin: Begin | undefined;
  let hash: Hash | undefined;
  let length = 0;
  return {
    get id() {
      return (begin ?? beginOf(Buffer.concat(parts, Math.min(length, KEPT_BYTES))))?.id;
    },
    get hash() {
      return hash;
    },
    get length() {
      return length;
    },
    add(part) {
      length += part.byteLength;
      if (hash) {
        hash.update(part);
        return;
      }
      // A copy: what it was read from is given back.
      parts.push(Buffer.from(part));
      if (length <= mostBytes) return;
      const all = Buffer.concat(parts);
      begin = beginOf(all);
      // The sidecar makes the id up at each delivery: an event that comes again is the same without it.
      const rest = all.subarray(begin?.length);
      length = rest.byteLength;
      hash = createHash("sha256").update(rest);
      parts = [Buffer.from(rest.subarray(0, KEPT_BYTES))];
    },
    bytes: () => Buffer.concat(parts),
  };
}

interface Begin {
  readonly id: string;
  /** In bytes. */
  readonly length: number;
}

/** With what an entry begins: its id, as the sidecar writes it. */
function beginOf(entry: Buffer): Begin | undefined {
  const [begin, id] = ENTRY_ID.exec(entry.toString("latin1", 0, KEPT_BYTES)) ?? [];
  if (begin === undefined || id === undefined) return undefined;
  return { id: JSON.parse(Buffer.from(id, "latin1").toString()), length: begin.length };
}
