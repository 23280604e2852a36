import { createHmac, randomUUID } from "node:crypto";
import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { EdgeDefinition } from "../../../functions/kernel/edge.ts";
import type { EventDraft } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { Ports } from "../dispatch/ports.ts";
import { stateIn } from "../dispatch/state.ts";
import type { Message } from "../event/decode.ts";
import { derivedId, subjectDocumentKey } from "../event/ids.ts";
import { traceOf } from "../event/trace.ts";
import { fromStored } from "../ledger/entry.ts";
import { type Answer, again, JSON_TYPE, problem } from "./answer.ts";

/** An edge with its function, which has its effects and is at home in its system. */
export interface Served {
  readonly edge: EdgeDefinition<never>;
  readonly fn: FunctionDefinition;
}

/** What a deployment says of its edges. */
export interface EdgeSettings {
  /** CloudEvents `source` of what is asked for. */
  readonly source: string;
  /** What nobody outside knows: an id follows from no key that can be guessed. Left out: it follows from the key alone. */
  readonly secret?: string | undefined;
  /** A request without a body asks for what is made up. */
  readonly isDemo?: boolean | undefined;
}

/** A request, and who asks, where whatever stands before the edge has told them apart. */
export interface Ask extends Message {
  readonly principal?: string | undefined;
}

interface PlaceOptions {
  readonly settings: EdgeSettings;
  readonly ports: Ports;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Where code of an edge is at fault.
 *
 * in      known: whose values nobody may read in a log
 * throws  Fault: what was thrown, and where in its sources, in words fit for logs
 */
async function blame(error: unknown, known: unknown): Promise<never> {
  const { Fault } = await import("../dispatch/later.ts");
  throw new Fault(error, known);
}

/**
 * Asks a function for something. 202 says that the broker has its event, or a relay will see to it.
 *
 * out     202 with Location; 400, 415, 422 for what will never do; 503 with Retry-After: again with the same Idempotency-Key
 * throws  Fault where code is at fault, that of the edge or of its schema: to be logged, and answered 503
 * source  RFC 9457; draft-ietf-httpapi-idempotency-key-header
 */
export async function place(served: Served, ask: Ask, options: PlaceOptions): Promise<Answer> {
  const known: unknown[] = [];
  try {
    return await tryToPlace(served, ask, { ...options, known });
  } catch (error) {
    return blame(error, known);
  }
}

interface TryOptions extends PlaceOptions {
  /** Gets what is known of whoever asks. */
  readonly known: unknown[];
}

async function tryToPlace({ edge, fn }: Served, ask: Ask, { settings, ports, known }: TryOptions): Promise<Answer> {
  const { headers, principal = "" } = ask;
  if (isCloudEvent(headers)) return NOT_FOR_EVENTS;
  const { name } = edge;
  const key = headers["idempotency-key"] ?? randomUUID();
  if (typeof key !== "string" || !KEY.test(key))
    return problem(400, "Idempotency-Key: must be 1 to 255 visible ASCII characters");
  const id = derivedId(name, ...belonging(key, principal, settings));
  const wanted = readWanted(ask, id, { edge, settings, known });
  if ("refused" in wanted) return wanted.refused;
  const draft = toDraft({ edge, fn }, id, wanted.body);
  if (draft instanceof Dead) return problem(422, draft.message);

  const time = new Date(ports.now()).toISOString();
  const event = { specversion: "1.0", id, source: settings.source, time, ...draft };
  let state: unknown;
  const onState = (kept: unknown) => {
    state = kept;
    known.push(kept);
  };
  const outcome = await dispatch(
    fn,
    { event, fromEdge: true, isNew: true, onState, ...traceOf(headers) },
    // Whoever asked is still there to be told: nothing is given up, and there is no dead letter.
    { ...ports, patience: undefined, deadLetter: async () => {} },
  );
  // Also one that was made up here: without it, nobody could finish what may be saved.
  const told = { "idempotency-key": key };
  if (outcome.kind === "retry") return again(`not placed (${outcome.code})`, told);
  if (outcome.kind === "dead" && outcome.code === "conflict")
    return problem(422, `Idempotency-Key: must not be used again for another ${name}`);
  if (outcome.kind === "dead") return problem(422, outcome.reason);
  // Of what keeps no state, or has forgotten it, there is nothing to show but that it was asked for.
  const body = edge.show(state, id) ?? { id };
  return { status: 202, headers: { ...JSON_TYPE, ...told, location: `${edge.path}/${id}` }, body };
}

/**
 * What a function is asked.
 *
 * out     Dead for what it will never do
 * throws  TypeError for an event that would be passed over, or be none that `show` finds
 */
function toDraft({ edge, fn }: Served, id: string, body: unknown): EventDraft | Dead {
  try {
    const { type, subject, data, afterMs } = edge.event(id, body);
    const clause = fn.on.get(type);
    const fault = (rule: string) => new TypeError(`edge ${edge.path}: event ${type}: must ${rule}`);
    if (!clause) throw fault(`be one that ${fn.name} consumes`);
    if (clause.event.topic !== undefined) throw fault("have no topic: nobody else would hear it");
    if (subject !== id) throw fault("be about the id");
    if (afterMs !== undefined) throw fault("be said at once");
    return { type, subject, data };
  } catch (error) {
    if (error instanceof Dead) return error;
    throw error;
  }
}

/** What has become of it. Whoever knows the id may ask. throws: Fault where `show` of the edge throws */
export async function show({ edge, fn }: Served, id: string, { ledger }: Pick<Ports, "ledger">): Promise<Answer> {
  let state: unknown;
  try {
    const { entry } = await ledger.load(subjectDocumentKey(fn, id));
    state = stateIn(fn, fromStored(entry));
  } catch {
    return again("not known (ledger)");
  }
  const body = await shown(edge, id, state);
  return body ? { status: 200, headers: JSON_TYPE, body } : problem(404, `no ${edge.name} has this id`);
}

async function shown(edge: Served["edge"], id: string, state: unknown): Promise<object | undefined> {
  try {
    return edge.show(state, id);
  } catch (error) {
    return blame(error, state);
  }
}

/** A key belongs to who asks, and to nobody else: the same key of somebody else is another one. */
function belonging(key: string, principal: string, { secret }: EdgeSettings): readonly string[] {
  if (secret !== undefined)
    return [
      createHmac("sha256", secret)
        .update(JSON.stringify([principal, key]))
        .digest("hex"),
    ];
  return principal === "" ? [key] : [principal, key];
}

type Wanted = { readonly body: unknown } | { readonly refused: Answer };

function readWanted(
  { headers, body }: Message,
  id: string,
  {
    edge: { name, none, body: schema },
    settings: { isDemo },
    known,
  }: Pick<Served, "edge"> & Pick<TryOptions, "settings" | "known">,
): Wanted {
  if (body.byteLength === 0 && none)
    return isDemo
      ? { body: none(id) }
      : {
          refused: problem(400, `body: must be there (where EDGE_DEMO is on, an empty one asks for a made-up ${name})`),
        };
  if (!/^application\/json\s*(;|$)/i.test(String(headers["content-type"])))
    return { refused: problem(415, "Content-Type: must be application/json") };
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return { refused: problem(400, "body: must be JSON in UTF-8") };
  }
  known.push(parsed);
  const result = schema["~standard"].validate(parsed);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new TypeError(`${name}: schemas must be synchronous`);
  }
  if (!result.issues) return { body: result.value };
  const errors = result.issues.map(({ path = [], message }) => ({
    pointer: toPointer(path.map((step) => String(typeof step === "object" ? step.key : step))),
    detail: message,
  }));
  return { refused: problem(422, `body: breaks the rules of ${name}`, { errors }) };
}

/** source: RFC 6901, 3 and 6 */
const toPointer = (path: readonly string[]): string =>
  path.length === 0
    ? "#"
    : `#/${path.map((step) => encodeURIComponent(step.toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;

const isCloudEvent = (headers: Message["headers"]): boolean =>
  headers["ce-specversion"] !== undefined || /^\s*application\/cloudevents/i.test(String(headers["content-type"]));

/** A subscription with a wrong scope must wait and be seen, neither ask for anything nor be dropped. */
const NOT_FOR_EVENTS = problem(503, "this is where people ask: no subscription leads here");
