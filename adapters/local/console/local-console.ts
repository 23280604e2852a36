import { createHmac } from "node:crypto";
import { join } from "node:path";
import { topicsOf } from "../../../functions/kernel/define.ts";
import type { System } from "../../../functions/kernel/system.ts";
import type { Started } from "../launcher.ts";
import { letterSecret } from "../letter-secret.ts";
import { readSession } from "../session.ts";
import { openHistory } from "./history.ts";
import type { History } from "./history-types.ts";
import type { Console } from "./server.ts";
import { createStatus } from "./status.ts";
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

/** The console of a system that is started. */
export interface LocalConsole {
  /** For the launcher: keeps what happens from then on, and opens the page beside the start. throws: Error where it cannot be kept */
  history(): History;
  /** Of the page. out: undefined where there is none, which was told */
  url(): Promise<string | undefined>;
  /** Of what has been started. */
  follow(started: Pick<Started, "probe">): void;
  close(): Promise<void>;
}

export function createLocalConsole(options: LocalConsoleOptions): LocalConsole {
  const { system, catalogue, data, port, onTrouble } = options;
  const started = Date.now();
  const url = Promise.withResolvers<string | undefined>();
  const ends: (() => void)[] = [];
  let followed: Pick<Started, "probe"> | undefined;
  let page: Promise<Console | undefined> | undefined;

  const open = async (history: History): Promise<Console> => {
    const subscriptions = system.functions.flatMap(({ name, definition }) =>
      topicsOf(definition).map((topic) => ({ app: name, topic })),
    );
    const status = createStatus({
      ...{ history, subscriptions, database: join(data, "broker.db") },
      ...{ services: () => followed?.probe() ?? [], broken: () => [], checks: () => [] },
    });
    ends.push(status.close);
    // Nobody waits for it: what starts the system is loaded first.
    const [{ openConsole }, { createCommands }, { publishText }] = await Promise.all([
      import("./server.ts"),
      import("./commands.ts"),
      import("./publish-text.ts"),
    ]);
    const commands = createCommands({
      at: ["--data", data],
      saying: {
        data,
        topicOf: (type) => system.events.find((event) => event.type === type)?.topic,
        publish: (topic, text) => publishText(data, { topic, text }),
      },
    });
    return openConsole({
      ...{ system, catalogue, history, status, commands, started },
      services: () => readSession(data)?.services ?? [],
      faults: () => undefined,
      port: portBeside(port, system.functions.length),
      token: tokenOf(data),
    });
  };
  return {
    history() {
      try {
        const history = openHistory(join(data, "history.db"));
        ends.push(history.close);
        page = open(history).catch(({ message }: Error) => {
          onTrouble(`the console cannot be opened: ${message}`);
          return undefined;
        });
        url.resolve(page.then((opened) => opened?.url));
        return history;
      } catch (error) {
        url.resolve(undefined);
        throw error;
      }
    },
    url: () => url.promise,
    follow(system) {
      followed = system;
    },
    async close() {
      await (await page)?.close();
      for (const end of ends.toReversed()) end();
    },
  };
}

/** The same as long as the data are kept: a page that is open finds its system again. */
const tokenOf = (data: string): string =>
  createHmac("sha256", letterSecret(data)).update("console").digest("hex").slice(0, TOKEN_DIGITS);

/** in: of the first function, and how many there are: theirs are not taken while they start */
function portBeside(port: number, count: number): number {
  const wanted = Math.max(FIRST_CONSOLE_PORT + port - FIRST_PORT, port + count);
  return port === 0 || wanted > MOST_PORT ? 0 : wanted;
}
