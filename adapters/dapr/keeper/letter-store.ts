import { randomUUID } from "node:crypto";
import type { CallOptions, Document, Held } from "../../core/ledger/ledger.ts";
import type { Letter } from "./letter.ts";
import type { Store } from "./letter-index.ts";

/** A letter as it is found. */
export interface Kept {
  readonly letter: Letter;
  /** throws: Error where it is being taken out */
  body(options?: CallOptions): Promise<Buffer>;
}

/** The letters themselves, each under its digest. Every call may be made again, and by several at once. */
export interface LetterStore {
  /** out: undefined for what is not there, in their order */
  find(digests: readonly string[], options?: CallOptions): Promise<readonly (Kept | undefined)[]>;
  /** Once it is resolved, it is there. */
  put(letter: Letter, bytes: Buffer, options?: CallOptions): Promise<void>;
  remove(digest: string, options?: CallOptions): Promise<void>;
  /** What is left where a removal did not come to its end. */
  clear(digest: string, options?: CallOptions): Promise<void>;
}

/** Bytes that stand beside what is known of a letter: a list of letters reads them all. */
const BESIDE_BYTES = 8 * 1024;
/** A sidecar takes 4 MiB, and bytes are text there, of four thirds. */
const PART_BYTES = 2 * 1024 * 1024;
/** As many as may be in hand, with the bytes beside them. */
const LETTERS_A_CALL = 100;
const TRIES = 10;
/** What is removed is said to be gone, and expires: then nothing is left of it. */
const GONE_MS = 1_000;

/** What stands under a digest. */
type Head =
  | { readonly state?: "none" }
  /** Its bytes are on their way into documents of their own. */
  | ({ readonly state: "coming" | "going" } & Parts)
  | { readonly state: "there"; readonly letter: Letter; readonly body: string }
  | ({ readonly state: "there"; readonly letter: Letter; readonly body?: undefined } & Parts);

/** Named anew for each time that a letter comes: who takes out the last one cannot meet those of the next. */
interface Parts {
  readonly of: string;
  readonly parts: number;
}

interface Write extends CallOptions {
  readonly expected: string | undefined;
  /** Left out: for ever. */
  readonly ttlMs?: number;
}

type Step = (head: Head, write: Write) => Promise<boolean>;

const headKey = (digest: string): string => `letter-${digest}`;

export function createLetterStore(store: Store): LetterStore {
  const save = async (key: string, document: object, write: Write): Promise<boolean> =>
    (await store.save(key, document as Document, write)) !== false;

  /** Goes on until there is nothing more to be done. in: does the next step; out of it: whether that was the last */
  const work = async (digest: string, step: Step, options?: CallOptions): Promise<void> => {
    for (let tried = 1; tried <= TRIES; tried++) {
      const { entry, version } = await store.load(headKey(digest), options);
      if (await step((entry ?? {}) as Head, { ...options, expected: version })) return;
    }
    throw new Error(`letter ${digest}: others were faster ${TRIES} times`);
  };

  const toPartKeys = ({ of, parts }: Parts): readonly string[] =>
    Array.from({ length: parts }, (_, part) => `part-${of}-${part}`);

  const bodyOf = async (head: Parts & { readonly body?: string | undefined }, options?: CallOptions) => {
    if (head.body !== undefined) return Buffer.from(head.body, "base64");
    const all: Buffer[] = [];
    // One after the other: each may be of megabytes.
    for (const key of toPartKeys(head)) {
      const { entry } = await store.load(key, options);
      if (typeof entry?.part !== "string") throw new Error("letter: is being taken out");
      all.push(Buffer.from(entry.part, "base64"));
    }
    return Buffer.concat(all);
  };

  const toKept = ({ entry }: Held): Kept | undefined => {
    const head = (entry ?? {}) as Head;
    if (head.state !== "there") return undefined;
    return { letter: head.letter, body: (options) => bodyOf({ of: "", parts: 0, ...head }, options) };
  };

  /** Each once: what is there already is the same. */
  const saveParts = async (head: Parts, bytes: Buffer, options?: CallOptions): Promise<void> => {
    for (const [index, key] of toPartKeys(head).entries()) {
      const { entry, version } = await store.load(key, options);
      if (entry?.part !== undefined) continue;
      const part = bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES).toString("base64");
      await save(key, { part }, { ...options, expected: version });
    }
  };

  /** out: whether nobody else was faster */
  const clearParts = async (digest: string, head: Parts, options: Write): Promise<boolean> => {
    for (const key of toPartKeys(head)) {
      const { version } = await store.load(key, options);
      if (version !== undefined) await save(key, {}, { ...options, expected: version, ttlMs: GONE_MS });
    }
    return save(headKey(digest), { state: "none" }, { ...options, ttlMs: GONE_MS });
  };

  const clear: LetterStore["clear"] = (digest, options) =>
    work(digest, async (head, write) => head.state !== "going" || clearParts(digest, head, write), options);

  return {
    clear,
    async find(digests, options) {
      const found: (Kept | undefined)[] = [];
      for (let from = 0; from < digests.length; from += LETTERS_A_CALL) {
        const keys = digests.slice(from, from + LETTERS_A_CALL).map(headKey);
        found.push(...(await store.loadAll(keys, options)).map(toKept));
      }
      return found;
    },
    async put(letter, bytes, options) {
      const { digest } = letter;
      const step: Step = async (head, write) => {
        if (head.state === "there") return true;
        if (head.state === "going") {
          await clearParts(digest, head, write);
          return false;
        }
        if (head.state === "coming") {
          await saveParts(head, bytes, options);
          const { of, parts } = head;
          return save(headKey(digest), { state: "there", letter, of, parts }, write);
        }
        if (bytes.byteLength <= BESIDE_BYTES)
          return save(headKey(digest), { state: "there", letter, body: bytes.toString("base64") }, write);
        // Named before there are any, so that none is left that nobody knows.
        const parts = Math.ceil(bytes.byteLength / PART_BYTES);
        await save(headKey(digest), { state: "coming", of: randomUUID(), parts }, write);
        return false;
      };
      await work(digest, step, options);
    },
    async remove(digest, options) {
      const step: Step = async (head, write) => {
        if (head.state !== "there") return true;
        if (head.body !== undefined) return save(headKey(digest), { state: "none" }, { ...write, ttlMs: GONE_MS });
        const { of, parts } = head;
        return save(headKey(digest), { state: "going", of, parts }, write);
      };
      await work(digest, step, options);
      await clear(digest, options);
    },
  };
}
