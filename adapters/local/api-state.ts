import * as v from "valibot";
import { ApiError, type ApiReply, type ApiRequest, decode } from "./api-types.ts";
import type { Recorder } from "./console/recorder.ts";
import type { StateComponent } from "./resource-types.ts";
import { EtagMismatch, type StateStore } from "./state-store.ts";

export interface StateAccess {
  readonly appId: string;
  readonly stores: readonly StateComponent[];
  readonly store: StateStore;
  readonly recorder: Recorder;
}

const items = v.array(
  v.looseObject({
    key: v.pipe(v.string(), v.nonEmpty()),
    value: v.optional(v.unknown(), null),
    etag: v.nullish(v.string()),
    metadata: v.nullish(v.record(v.string(), v.string())),
    options: v.nullish(v.looseObject({ concurrency: v.nullish(v.picklist(["first-write", "last-write", ""])) })),
  }),
);
/** Of a bulk get. How many are read at once says nothing here. */
const wanted = v.looseObject({
  keys: v.nullish(v.array(v.string()), []),
  parallelism: v.nullish(v.pipe(v.number(), v.integer())),
  metadata: v.nullish(v.record(v.string(), v.string())),
});
type Item = v.InferOutput<typeof items>[number];

/**
 * Reads, saves and deletes state. A store that is down is told per key in a bulk get of daprd; this one is so on purpose only, and refuses all of it.
 *
 * throws  ApiError
 * source  Dapr state management API reference
 */
export async function handleState(
  request: ApiRequest,
  { appId, stores, store, recorder }: StateAccess,
): Promise<ApiReply> {
  const [name = "", ...rest] = request.path.map(decode);
  if (!stores.some((one) => one.name === name)) {
    const message = `state store ${name} is not found`;
    throw new ApiError(400, { code: "ERR_STATE_STORE_NOT_FOUND", message, reason: "DAPR_STATE_NOT_FOUND" });
  }
  const key = rest.join("/");
  const at = (of: string) => ({ store: name, appId, key: of });
  const isPost = ["POST", "PUT"].includes(request.method);
  if (isPost && key === "")
    return save(await request.body(), {
      name,
      put(item, expires) {
        const document = toSave(item, expires);
        store.save(at(item.key), document);
        recorder.saved({ appId, key: item.key }, document.value);
      },
    });
  if (isPost && key === "bulk")
    return getBulk(await request.body(), (keys) => store.getAll(keys.map((one) => at(one))));
  if (key === "" || !["GET", "DELETE"].includes(request.method)) {
    const message = `the local sidecar does not support ${request.method} on state/${rest.join("/")}`;
    throw new ApiError(501, { code: "ERR_NOT_SUPPORTED", message });
  }
  checkKey(key);
  if (request.method === "GET") {
    const state = store.get(at(key));
    if (!state) return { status: 204 };
    const expires = state.expires === null ? {} : { "metadata.ttlexpiretime": new Date(state.expires).toISOString() };
    return { status: 200, text: state.value, type: "application/json", headers: { etag: state.etag, ...expires } };
  }
  try {
    store.remove(at(key), request.headers["if-match"] || undefined);
    return { status: 204 };
  } catch (error) {
    throw toApiError(error, { code: "ERR_STATE_DELETE", what: `failed deleting state with key ${key}` });
  }
}

/**
 * out     as state.in-memory and state.sqlite answer, in the order of state.redis: a key that is absent has neither data nor etag
 * source  daprd 1.14.0, as recorded
 */
function getBulk(body: Buffer, read: (keys: readonly string[]) => ReturnType<StateStore["getAll"]>): ApiReply {
  const { keys } = parse(wanted, body);
  for (const key of keys) checkKey(key);
  const found = read(keys);
  const texts = keys.map((key, index) => {
    const state = found[index];
    if (!state) return JSON.stringify({ key });
    const { value, etag, expires } = state;
    const metadata = expires === null ? undefined : { ttlExpireTime: toSeconds(expires) };
    // The value is JSON already.
    return `{"key":${JSON.stringify(key)},"data":${value},${JSON.stringify({ etag, metadata }).slice(1)}`;
  });
  return { status: 200, text: `[${texts.join(",")}]`, type: "application/json" };
}

/** out: RFC 3339. */
const toSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, "");

interface SaveOptions {
  readonly name: string;
  readonly put: (item: Item, expires: number | null) => void;
}

/** Each item by itself, as daprd does: the first that fails is the answer, the others are saved. */
function save(body: Buffer, { name, put }: SaveOptions): ApiReply {
  const list = parse(items, body);
  for (const { key } of list) checkKey(key);
  const failures: unknown[] = [];
  for (const item of list) {
    try {
      put(item, expiryOf(item));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 0) return { status: 204 };
  throw toApiError(failures[0], { code: "ERR_STATE_SAVE", what: `failed saving state in state store ${name}` });
}

const toSave = ({ value, etag, options }: Item, expires: number | null) => ({
  value: JSON.stringify(value),
  etag: etag ?? undefined,
  firstWrite: options?.concurrency === "first-write",
  expires,
});

function parse<Schema extends v.GenericSchema>(schema: Schema, body: Buffer): v.InferOutput<Schema> {
  const refuse = (message: string) => new ApiError(400, { code: "ERR_MALFORMED_REQUEST", message });
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    throw refuse("the body must be JSON");
  }
  const result = v.safeParse(schema, parsed);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = issue.path?.map((part) => String(part.key)).join(".") ?? "the body";
  throw refuse(`${path}: must be ${issue.expected}`);
}

function checkKey(key: string): void {
  if (!key.includes("||")) return;
  const message = `api error: code = InvalidArgument desc = input key/keyPrefix '${key}' can't contain '||'`;
  throw new ApiError(400, { code: "ERR_MALFORMED_REQUEST", message, reason: "DAPR_STATE_ILLEGAL_KEY" });
}

/** in: seconds as text; 0 and less mean no expiry. */
function expiryOf({ metadata }: Item): number | null {
  const text = metadata?.ttlInSeconds;
  if (text === undefined) return null;
  if (!/^-?\d{1,10}$/.test(text)) throw new Error("metadata.ttlInSeconds must be an integer");
  return Number(text) > 0 ? Date.now() + Number(text) * 1_000 : null;
}

function toApiError(error: unknown, { code, what }: { readonly code: string; readonly what: string }): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof EtagMismatch)) return new ApiError(500, { code, message: `${what}: ${message}` });
  const mismatch = "possible etag mismatch. error from state store";
  return new ApiError(409, { code, message: `${what}: ${mismatch}: ${message}` });
}
