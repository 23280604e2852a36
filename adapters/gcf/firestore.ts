import { randomUUID } from "node:crypto";
import { inBatches } from "../core/ledger/in-batches.ts";
import {
  type CallOptions,
  type Document,
  type Held,
  type Ledger,
  textOf,
  type Unsaved,
} from "../core/ledger/ledger.ts";
import { fromDueAnswers, toDueQueries, toPlace } from "./firestore-due.ts";
import { errorOf, type Rest, type RestAnswer, toGoogleError } from "./rest.ts";

interface FirestoreLedgerOptions {
  readonly rest: Rest;
  readonly project: () => Promise<string>;
  readonly database?: string;
  readonly collection?: string;
  readonly now?: () => number;
}

interface Stored {
  /** `projects/<project>/databases/<database>/documents/<collection>/<key>` */
  readonly name?: string;
  readonly updateTime?: string;
  readonly fields?: {
    readonly entry?: { readonly stringValue?: string };
    readonly expires?: { readonly timestampValue?: string };
  };
}

/** What a batchGet says of one, or at its end why it is not whole. */
interface Told {
  readonly found?: Stored;
  readonly missing?: string;
}

interface Committed {
  readonly writeResults?: readonly { readonly updateTime?: string }[];
}

/**
 * A ledger on Firestore. The version is the document's update time; a TTL policy on `expires` removes documents some
 * time after they have expired, so that reading checks it as well.
 *
 * source  Firestore REST, projects.databases.documents get, batchGet, commit and runQuery; Precondition {exists, updateTime};
 *         WriteResult {updateTime}
 */
export function createFirestoreLedger({
  rest,
  project,
  database = "(default)",
  collection = "ledger",
  now = Date.now,
}: FirestoreLedgerOptions): Ledger {
  const root = async () => `projects/${await project()}/databases/${database}/documents`;
  const nameOf = async (key: string) => `${await root()}/${collection}/${key}`;
  const post = async (method: string, body: unknown, { signal }: CallOptions = {}) =>
    rest.call({ method: "POST", path: `/v1/${await root()}:${method}`, body, ...(signal ? { signal } : {}) });

  const toHeld = ({ updateTime: version, fields = {} }: Stored, answer: RestAnswer): Held => {
    const json = fields.entry?.stringValue;
    if (answer.status !== 200 || version === undefined || json === undefined) throw toGoogleError(LOAD, answer);
    const expires = fields.expires?.timestampValue;
    if (expires !== undefined && Date.parse(expires) <= now()) return { version };
    return { entry: JSON.parse(json) as Document, version };
  };

  const toWrite = async ({ key, entry, ttlMs, due }: Unsaved) => ({
    update: {
      name: await nameOf(key),
      fields: {
        entry: { stringValue: textOf(entry) },
        // A write that changes nothing keeps the update time, and two writers of the same would both have won.
        save: { stringValue: randomUUID() },
        ...(ttlMs === undefined ? {} : { expires: { timestampValue: new Date(now() + ttlMs).toISOString() } }),
        ...(due && { due: { stringValue: toPlace(key, due) } }),
      },
    },
  });

  return {
    // A document has 1 MiB, of which its names, expiry and mark take some.
    maxBytes: 1_000_000,

    async load(key, { signal } = {}) {
      const path = `/v1/${await nameOf(key)}`;
      const answer = await rest.call({ method: "GET", path, ...(signal ? { signal } : {}) });
      return answer.status === 404 ? {} : toHeld(answer.body as Stored, answer);
    },

    async loadAll(keys, options) {
      if (keys.length === 0) return [];
      const answer = await post("batchGet", { documents: await Promise.all(keys.map(nameOf)) }, options);
      const told: readonly Told[] = Array.isArray(answer.body) ? answer.body : [];
      return keys.map((key) => {
        const isIts = (name = "") => name.endsWith(`/${key}`);
        if (told.some(({ missing }) => isIts(missing))) return {};
        // What it does not tell of is not known to be missing.
        return toHeld(told.find(({ found }) => isIts(found?.name))?.found ?? {}, answer);
      });
    },

    async save(key, entry, { expected, ...options }) {
      const currentDocument = expected === undefined ? { exists: false } : { updateTime: expected };
      const write = { ...(await toWrite({ key, entry, ...options })), currentDocument };
      const answer = await post("commit", { writes: [write] }, options);
      if (answer.status === 200) return (answer.body as Committed).writeResults?.[0]?.updateTime ?? true;
      // A database that is missing is not found either, but only by those who expect no document.
      const { status } = errorOf(answer.body);
      const isLost = LOST.has(status ?? "") || (status === "NOT_FOUND" && expected !== undefined);
      if (isLost) return false;
      throw toGoogleError("save to Firestore", answer);
    },

    async put(rows, options) {
      for (const batch of inBatches(rows)) {
        const answer = await post("commit", { writes: await Promise.all(batch.map(toWrite)) }, options);
        if (answer.status !== 200) throw toGoogleError("put to Firestore", answer);
      }
    },

    async due(of, { signal, ...asked }) {
      const queries = toDueQueries({ collection, of, ...asked });
      const ask = (structuredQuery: object) => post("runQuery", { structuredQuery }, signal ? { signal } : {});
      return fromDueAnswers(await Promise.all(queries.map(ask))).slice(0, asked.most);
    },

    close: () => rest.close(),
  };
}

const LOAD = "load from Firestore";

/** How a lost race is answered: by `exists`, by `updateTime`, by a transaction that was in the way. */
const LOST = new Set(["ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED"]);
