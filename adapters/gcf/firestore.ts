import { randomUUID } from "node:crypto";
import type { CallOptions, Entry, Held, Ledger, SaveOptions } from "../core/ledger.ts";
import { errorOf, type Rest, toGoogleError } from "./rest.ts";

interface FirestoreLedgerOptions {
  readonly rest: Rest;
  readonly project: () => Promise<string>;
  readonly database?: string;
  readonly collection?: string;
  readonly now?: () => number;
}

interface Document {
  readonly updateTime?: string;
  readonly fields?: {
    readonly entry?: { readonly stringValue?: string };
    readonly expires?: { readonly timestampValue?: string };
  };
}

/**
 * A ledger on Firestore. The version is the document's update time; a TTL policy on `expires` removes documents some
 * time after they have expired, so that reading checks it as well.
 *
 * source  Firestore REST, projects.databases.documents get and commit; Precondition {exists, updateTime}
 */
export function createFirestoreLedger({
  rest,
  project,
  database = "(default)",
  collection = "ledger",
  now = Date.now,
}: FirestoreLedgerOptions): Ledger {
  const documents = async () => `projects/${await project()}/databases/${database}/documents`;

  const load = async (key: string, { signal }: CallOptions = {}): Promise<Held> => {
    const path = `/v1/${await documents()}/${collection}/${key}`;
    const answer = await rest.call({ method: "GET", path, ...(signal ? { signal } : {}) });
    if (answer.status === 404) return {};
    const { updateTime: version, fields = {} } = answer.body as Document;
    const json = fields.entry?.stringValue;
    if (answer.status !== 200 || version === undefined || json === undefined)
      throw toGoogleError("load from Firestore", answer);
    const expires = fields.expires?.timestampValue;
    if (expires !== undefined && Date.parse(expires) <= now()) return { version };
    return { entry: JSON.parse(json) as Entry, version };
  };

  const save = async (key: string, entry: Entry, { expected, ttlMs, signal }: SaveOptions): Promise<boolean> => {
    const root = await documents();
    const fields = {
      entry: { stringValue: JSON.stringify(entry) },
      // A write that changes nothing keeps the update time, and two writers of the same would both have won.
      save: { stringValue: randomUUID() },
      ...(ttlMs === undefined ? {} : { expires: { timestampValue: new Date(now() + ttlMs).toISOString() } }),
    };
    const write = {
      update: { name: `${root}/${collection}/${key}`, fields },
      currentDocument: expected === undefined ? { exists: false } : { updateTime: expected },
    };
    const answer = await rest.call({
      method: "POST",
      path: `/v1/${root}:commit`,
      body: { writes: [write] },
      ...(signal ? { signal } : {}),
    });
    if (answer.status === 200) return true;
    // A database that is missing is not found either, but only by those who expect no document.
    const { status } = errorOf(answer.body);
    const isLost = LOST.has(status ?? "") || (status === "NOT_FOUND" && expected !== undefined);
    if (isLost) return false;
    throw toGoogleError("save to Firestore", answer);
  };

  return { load, save, close: () => rest.close() };
}

/** How a lost race is answered: by `exists`, by `updateTime`, by a transaction that was in the way. */
const LOST = new Set(["ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED"]);
