import { UsageError } from "../../../adapters/local/command-line.ts";
import { ask } from "../http.ts";
import { type Driver, type Filter, type Group, type Held, isWanted, type Letter } from "../letter.ts";
import type { DriverOptions } from "./options.ts";
import { topicsOf } from "./options.ts";
import { forwardPort } from "./port-forward.ts";

const PAGE = 200;

/** The letters that the keeper holds, a function of ours behind a sidecar. */
export async function openDapr({ at, system, env }: DriverOptions): Promise<Driver> {
  const { APP_API_TOKEN: token } = env;
  if (!token) throw new UsageError("APP_API_TOKEN: must be set to that of the keeper");
  if ((at.url === undefined) === (at.namespace === undefined))
    throw new UsageError("--url: must be given, or --namespace, and not both");
  if (at.url !== undefined && !/^https?:$/.test(URL.parse(at.url)?.protocol ?? ""))
    throw new UsageError(`--url: must be a URL, as http://127.0.0.1:8080, got ${at.url}`);
  const forward = at.namespace === undefined ? undefined : await forwardPort(at.namespace);
  const base = (forward?.url ?? String(at.url)).replace(/\/$/, "");

  const call = async (method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown> => {
    const headers = { "dapr-api-token": token, ...(body ? { "content-type": "application/json" } : {}) };
    const answer = await ask(`${base}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (answer.status === 401) throw new UsageError("APP_API_TOKEN: is not that of the keeper");
    if (answer.status >= 300) throw new Error(reasonIn(answer));
    return answer.text === "" ? undefined : parseAnswer(answer.text, base);
  };

  const toHeld = ({ body, ...letter }: Letter & { readonly body?: string }): Held => ({
    letter,
    place: letter.isSealed ? letter.topic : undefined,
    async body() {
      const found = body ?? ((await call("GET", `/letters/${letter.digest}`)) as { readonly body: string }).body;
      return Buffer.from(found, "base64");
    },
  });

  return {
    topics: topicsOf(system, env),
    async *letters({ ids, ...filter }) {
      const named = new Set<string>();
      for (const id of ids ?? []) {
        const found = (await call("GET", `/letters/${id}`).catch(orNone)) as Letter | undefined;
        if (found && !named.has(found.digest) && isWanted(found, filter)) yield toHeld(found);
        if (found) named.add(found.digest);
      }
      if (ids) return;
      for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
        const query = queryOf(filter, { limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) });
        const page = (await call("GET", `/letters?${query}`)) as { letters: readonly Letter[]; cursor?: string };
        for (const letter of page.letters) yield toHeld(letter);
        cursor = page.cursor;
      }
    },
    async groups(filter) {
      const { groups } = (await call("GET", `/letters/groups?${queryOf(filter)}`)) as { groups: readonly Group[] };
      return groups;
    },
    async replay({ letter, place }, { topic, event }) {
      await call("POST", `/letters/${letter.digest}/replay`, {
        ...(topic === place ? {} : { topic }),
        ...(event ? { event: Buffer.from(event).toString("base64") } : {}),
      });
    },
    async drop({ letter }) {
      await call("DELETE", `/letters/${letter.digest}`);
    },
    close: async () => forward?.close(),
  };
}

function parseAnswer(text: string, base: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--url: must be that of the keeper: ${base} answers no JSON`);
  }
}

const NOT_FOUND = "404";

function orNone(error: Error): undefined {
  if (error.message.startsWith(NOT_FOUND)) return undefined;
  throw error;
}

function queryOf({ function: name, code, topic, since }: Filter, more: Readonly<Record<string, string>> = {}): string {
  const time = since === undefined ? undefined : new Date(since).toISOString();
  const said = Object.entries({ function: name, code, topic, since: time, ...more });
  return String(new URLSearchParams(said.filter((pair): pair is [string, string] => pair[1] !== undefined)));
}

/** source: RFC 9457 */
function reasonIn({ status, text }: { readonly status: number; readonly text: string }): string {
  try {
    const { title = "", detail = title } = JSON.parse(text);
    return `${status} ${detail}`;
  } catch {
    return `${status} ${text.slice(0, 200)}`;
  }
}
