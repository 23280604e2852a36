import type { System } from "../../../functions/kernel/system.ts";
import { parseExactJson } from "../../core/event/json.ts";
import type { Fault, PendingEvents } from "./api-types.ts";
import type { Commands } from "./commands.ts";
import { FaultRefused, type Faults } from "./faults-types.ts";
import type { Before, History, StatusSource } from "./history-types.ts";
import { parseLetterAct, parseSay } from "./parse-asked.ts";
import { Refusal } from "./refusal.ts";
import { toSystemView, type ViewOptions } from "./system-view.ts";

const MOST_ROWS = 500;
const NOTHING_PENDING: PendingEvents = { events: [], more: 0 };

export interface RouteOptions extends Omit<ViewOptions, "canBreak"> {
  readonly system: System<never>;
  readonly history: Pick<History, "before" | "story" | "body">;
  readonly status: Pick<StatusSource, "read" | "pending">;
  readonly commands: Commands;
  /** Undefined where nothing can be broken, as before the system has started. */
  readonly faults: () => Faults | undefined;
}

interface Asked {
  readonly isPost: boolean;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  body(): Promise<string>;
}

/** What the page asks for, and asks to be done. out: what is answered, as JSON. throws: Refusal */
export function createRoutes(options: RouteOptions): (asked: Asked) => Promise<unknown> {
  const { history, status, commands, system } = options;
  const gets: Routes = {
    system: async () => toSystemView(system, { ...options, canBreak: options.faults() !== undefined }),
    status: async () => status.read(),
    pending: async () => status.pending?.() ?? NOTHING_PENDING,
    happenings: async ({ query }) => history.before(toBefore(query)),
    story: async ({ path: [, id = ""] }) => history.story(id) ?? missing("nothing is known of it"),
    body: async ({ path: [, id] }) => history.body(Number(id)) ?? missing("it is not kept any more"),
    letters: async ({ path: [, digest] }) => (digest === undefined ? commands.letters() : commands.letter(digest)),
  };
  const posts: Routes = {
    say: async ({ body }) => commands.say(parseSay(parseBody(await body()))),
    letters: async ({ body }) => commands.act(parseLetterAct(parseBody(await body()))),
    faults: async ({ body }) => {
      const faults = options.faults();
      if (!faults) throw new Refusal(404, "nothing can be broken here");
      const fault = parseBody(await body()) as Fault;
      return faults.do(fault).catch((error: unknown) => {
        throw error instanceof FaultRefused ? new Refusal(409, error.message) : error;
      });
    },
  };
  return async (asked) => {
    const [name = "", ...rest] = asked.path;
    const table = asked.isPost ? posts : gets;
    const route = Object.hasOwn(table, name) && rest.length <= (BELOW[name] ?? 0) ? table[name] : undefined;
    return route ? route(asked) : missing("is not here");
  };
}

type Routes = Readonly<Record<string, (asked: Asked) => Promise<unknown>>>;

/** How many names may stand below one. */
const BELOW: Readonly<Record<string, number>> = { story: 1, body: 1, letters: 1 };

function missing(why: string): never {
  throw new Refusal(404, why);
}

function parseBody(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    throw new Refusal(400, "the body: must be JSON");
  }
}

function toBefore(query: URLSearchParams): Before {
  const given = ["app", "topic", "kind", "find"].flatMap((name) => {
    const value = query.get(name);
    return value ? [[name, value]] : [];
  });
  const [before, limit] = ["before", "limit"].map((name) => numberIn(query, name));
  return {
    ...Object.fromEntries(given),
    ...(before === undefined ? {} : { before }),
    limit: Math.min(limit ?? MOST_ROWS, MOST_ROWS),
  };
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(400, `${name}: must be a number, got ${text}`);
  return Number(text);
}
