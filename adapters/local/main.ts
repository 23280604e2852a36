import { createInterface } from "node:readline";
import * as v from "valibot";
import { createRecorder } from "./console/recorder.ts";
import { createSideChannel, openSide, SIDE_FD } from "./console/side-channel.ts";
import { sidecarCommand } from "./console/sidecar-commands.ts";
import type { ReportLine } from "./report.ts";
import { createSidecars, type SidecarsOptions } from "./sidecars.ts";

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const settings = v.strictObject({
  resources: v.array(v.string()),
  database: v.string(),
  apps: v.pipe(
    v.array(
      v.strictObject({
        appId: v.pipe(v.string(), v.nonEmpty()),
        appPort: port,
        httpPort: port,
        appToken: v.exactOptional(v.string()),
        apiToken: v.exactOptional(v.string()),
        healthCheckPath: v.exactOptional(v.string()),
      }),
    ),
    v.nonEmpty(),
  ),
  firstPort: v.exactOptional(port),
  /** Whoever started it listens to what happens, on a descriptor of its own. */
  isRecorded: v.exactOptional(v.boolean()),
});

const LAST_MS = 5_000;
/** As pino, which services log by. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 };
const print = ({ level, ...line }: ReportLine) =>
  process.stdout.write(`${JSON.stringify({ level: LEVELS[level], time: Date.now(), service: "sidecars", ...line })}\n`);

/** The values hold tokens: say where and what rule, never what stands there. */
function readSettings(text: string | undefined): SidecarsOptions & { readonly isRecorded?: boolean } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? "");
  } catch {
    throw new Error("LOOSELY_SIDECARS: must be JSON with resources, database and apps");
  }
  const result = v.safeParse(settings, parsed);
  if (result.success) return result.output;
  const faults = result.issues.map(({ path, expected, type }) => {
    const at = path?.map(({ key }) => String(key)).join(".");
    return `LOOSELY_SIDECARS.${at ?? ""}: must be ${expected ?? type}`;
  });
  throw new Error(faults.join("\n"));
}

try {
  const { isRecorded = false, ...options } = readSettings(process.env.LOOSELY_SIDECARS);
  const listener = isRecorded ? openSide(SIDE_FD) : undefined;
  const onLost = (lines: number) =>
    print({ level: "warn", msg: "the console was not told of all that happened", lines });
  const side = listener && createSideChannel(listener, { onLost });
  const sidecars = await createSidecars({
    ...options,
    onEvent: print,
    ...(side ? { recorder: createRecorder(side.write) } : {}),
    onLost(why) {
      process.stderr.write(`${why.message}: the events and the state that it held are gone\n`);
      process.exit(1);
    },
  });
  let closing = false;
  const close = async () => {
    if (closing) return;
    closing = true;
    // Whatever an app still holds is in the database, and is delivered again after the next start.
    setTimeout(() => process.exit(1), LAST_MS).unref();
    await sidecars.close();
    await side?.close();
    process.exit(0);
  };
  // The launcher's pipe: whoever started this is gone when it ends, however that went.
  process.stdin.on("end", close).on("close", close).on("error", close);
  createInterface({ input: process.stdin }).on("line", (line) => {
    const command = v.parse(sidecarCommand, JSON.parse(line));
    if ("appId" in command) return sidecars.moveApp(command.appId, command.appPort);
    try {
      sidecars.obey(command);
    } catch (error) {
      print({ level: "error", msg: "cannot be broken", why: (error as Error).message });
    }
  });
  process.once("SIGTERM", close).once("SIGINT", close);
  // Nobody reads on the other end; there is nothing left to say.
  process.stdout.on("error", close);
  print({ level: "info", msg: "ready", apps: sidecars.apps });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
