import { createHmac } from "node:crypto";
import { join } from "node:path";
import { topicsOf } from "../../../functions/kernel/define.ts";
import type { System } from "../../../functions/kernel/system.ts";
import type { Started } from "../launcher.ts";
import { letterSecret } from "../letter-secret.ts";
import { readSession } from "../session.ts";
import { openHistory } from "./history.ts";
import type { History, StatusSource } from "./history-types.ts";
import type { ViewOptions } from "./system-view.ts";

/** Of the console, where the first function has its default port: those of others are as far from there. */
const FIRST_CONSOLE_PORT = 8090;
const FIRST_PORT = 8080;
const MOST_PORT = 65_535;
const TOKEN_DIGITS = 32;

interface LocalConsoleOptions extends Pick<ViewOptions, "catalogue"> {
  readonly system: System<never>;
  /** Where everything durable lies. */
  readonly data: string;
  /** Of the first function. */
  readonly port: number;
  readonly onTrouble: (text: string) => void;
}

type Running = Pick<Started, "probe" | "control">;

/** The console of a system that is started. */
export interface LocalConsole {
  /** For the launcher: keeps what happens from then on. throws: Error where that cannot be kept */
  history(): History;
  /** Opens the page on what runs. out: its address; undefined where it could not be opened, which was told */
  open(running: Running): Promise<string | undefined>;
  close(): Promise<void>;
}

export function createLocalConsole(options: LocalConsoleOptions): LocalConsole {
  const { system, catalogue, data, port, onTrouble } = options;
  const started = Date.now();
  const database = join(data, "broker.db");
  const ends: (() => void | Promise<void>)[] = [];
  let running: Running | undefined;
  let faults: ReturnType<Loaded["createFaults"]> | undefined;
  let watched: Promise<Loaded & { readonly history: History; readonly status: StatusSource }> | undefined;

  /** While processes start, so that nobody waits for it, and before the first of them says anything. */
  const watch = async (history: History) => {
    const loaded = await load();
    const status = loaded.createStatus({
      ...{ history, database, subscriptions: subscriptionsOf(system), services: () => running?.probe() ?? [] },
      ...{ broken: () => faults?.broken() ?? [], checks: () => faults?.checks() ?? [] },
    });
    ends.push(status.close);
    return { ...loaded, history, status };
  };
  return {
    history() {
      const history = openHistory(join(data, "history.db"));
      ends.push(history.close);
      watched = watch(history);
      // It is told when it is waited for.
      watched.catch(() => {});
      return history;
    },
    async open(given) {
      running = given;
      if (!watched) return undefined;
      try {
        const { history, status, ...loaded } = await watched;
        const dueBy = loaded.createDueBy(database);
        faults = loaded.createFaults({ control: given.control, history, status: status.read, system, dueBy });
        ends.push(faults.close);
        const commands = loaded.createCommands({
          at: ["--data", data],
          saying: {
            data,
            topicOf: (type) => system.events.find((event) => event.type === type)?.topic,
            publish: (topic, text) => loaded.publishText(data, { topic, text }),
          },
        });
        const { url, close } = await loaded.openConsole({
          ...{ system, catalogue, history, status, commands, started, faults: () => faults },
          services: () => readSession(data)?.services ?? [],
          port: portBeside(port, system.functions.length),
          token: tokenOf(data),
        });
        ends.push(close);
        return url;
      } catch (error) {
        onTrouble(`the console cannot be opened: ${(error as Error).message}`);
        return undefined;
      }
    },
    async close() {
      await watched?.catch(() => {});
      for (const end of ends.toReversed()) await end();
    },
  };
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** What the start of a system does not need. */
async function load() {
  const all = await Promise.all([
    import("./server.ts"),
    import("./commands.ts"),
    import("./status.ts"),
    import("./faults.ts"),
    import("./due-by.ts"),
    import("./publish-text.ts"),
  ]);
  const [server, commands, status, faults, dueBy, text] = all;
  return { ...server, ...commands, ...status, ...faults, ...dueBy, ...text };
}

const subscriptionsOf = ({ functions }: System<never>) =>
  functions.flatMap(({ name, definition }) => topicsOf(definition).map((topic) => ({ app: name, topic })));

/** The same as long as the data are kept: a page that is open finds its system again. */
const tokenOf = (data: string): string =>
  createHmac("sha256", letterSecret(data)).update("console").digest("hex").slice(0, TOKEN_DIGITS);

/** in: of the first function, and how many there are: theirs are not taken while they start */
function portBeside(port: number, count: number): number {
  const wanted = Math.max(FIRST_CONSOLE_PORT + port - FIRST_PORT, port + count);
  return port === 0 || wanted > MOST_PORT ? 0 : wanted;
}
