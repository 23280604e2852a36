import { ConfigError } from "../../adapters/core/host/config-error.ts";
import { UsageError } from "../../adapters/local/command-line.ts";
import { keepLoopbackDirect } from "../../adapters/local/loopback.ts";
import { system } from "../../functions/index.ts";
import { act } from "./act.ts";
import { type Asked, parseAsked } from "./asked.ts";
import { openDriver } from "./drivers/open.ts";
import { createEditor } from "./edit.ts";
import type { Driver } from "./letter.ts";
import { list } from "./list.ts";
import { show } from "./show.ts";
import { createTerminal } from "./terminal.ts";

const HELP = `npm run dead -- list | show ID | replay [ID…] | drop [ID…] [options]

Dead letters: what no function could handle, with the reason. IDs are the first 8 digits or more of a letter's, as list shows them.

  list            what there is, grouped by function, code and reason, and leaves it there
  show ID         one of them, with its event
  replay [ID…]    sends each to where it died, marked, so that only the function handles it that had not, then takes it out
  drop [ID…]      takes them out for good

  --host HOST     local (default), dapr, aws or gcloud
  --function NAME, --code CODE, --topic NAME, --since TIME
                  only these; TIME is a duration, as 2h, or RFC 3339. Whoever names a topic says that the letters may go there, which those
                  without a valid seal (LETTER_SECRET) need
  --json          for programs
  --all           (list) each letter, not groups
  --exit-code     (list) exit code 1 when there are any
  --edit          (replay) opens the data of one letter in $EDITOR and checks it against its schema; --edit-event opens the event
                  with its attributes
  --new-id        (replay) gives it an id of its own, where its id belongs to another event (code conflict)
  --dry-run       (replay, drop) only says what would be done
  --rate N        (replay, drop) at most so many a second (default 10)
  --yes           (replay, drop) does not ask; more than 100 are asked about, and what is dropped without an ID
  --data DIR      (local) what npm start keeps (default .local)
  --url URL       (dapr) of the keeper; --namespace NS reaches it by kubectl. APP_API_TOKEN as it has it
  --prefix NAME   (aws, gcloud) what all names begin with (default ${system.name}-)
  --profile NAME, --region NAME
                  (aws) as of the AWS CLI; AWS_ENDPOINT_URL is heeded
  --project ID    (gcloud) PUBSUB_EMULATOR_HOST is heeded
  --help          this text

Exit code 0 when all is done, 1 when a letter could not be, 2 when it was asked for wrongly.
`;

/** Not all letters were given back. */
let hasLeft = false;

const print = (text: string) => process.stdout.write(`${text}\n`);

// Sidecars, a port-forward, emulators.
keepLoopbackDirect(process.env);
try {
  const asked = parseAsked(process.argv.slice(2), Date.now());
  if (asked === undefined) print(HELP);
  else process.exitCode = (await run(asked)) || (hasLeft ? 1 : 0);
} catch (error) {
  const { message } = error as Error;
  const isUsage = error instanceof UsageError || error instanceof ConfigError;
  process.stderr.write(`${message}\n${isUsage ? "npm run dead -- --help lists the options.\n" : ""}`);
  process.exitCode = isUsage ? 2 : 1;
}

async function run(asked: Asked): Promise<number> {
  const ended = new AbortController();
  // Whoever asks twice does not want to wait.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  const { signal } = ended;
  const terminal = createTerminal(signal);
  const opened = await openDriver(asked, { system, env: process.env });
  const driver: Driver = { ...opened, letters: (filter) => until(signal, opened.letters(filter)) };
  try {
    if (asked.command === "list") return await list(driver, asked, terminal);
    if (asked.command === "show") return await show(driver, asked, { system, terminal });
    return await act(driver, asked, {
      system,
      terminal,
      signal,
      editor: createEditor(process.env, terminal.ask !== undefined),
    });
  } finally {
    await driver.close().catch(({ message }: Error) => {
      // Beside what went wrong before it, which is most often why.
      terminal.say(message);
      hasLeft = true;
    });
  }
}

/** So that what was only looked at is given back. */
async function* until<T>(signal: AbortSignal, all: AsyncIterable<T>): AsyncIterable<T> {
  for await (const one of all) {
    if (signal.aborted) throw new Error("ended before anything was done");
    yield one;
  }
}
