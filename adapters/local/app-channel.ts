import { EventEmitter, once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const PROBE_EVERY_MS = 1_000;
const PROBE_AGAIN_MS = 100;
const PROBE_TIMEOUT_MS = 500;
const PROBE_FAILURES = 3;
const START_TIMEOUT_MS = 5_000;
const LONGEST_ANSWER = 1024 * 1024;

interface AppChannelOptions {
  readonly appId: string;
  /** 0: not known yet. */
  readonly port: number;
  /** Sent with every call but the probe. */
  readonly token: string | undefined;
  readonly healthCheckPath: string;
  readonly onChange: (state: "up" | "down") => void;
  /** It answered something at its start that cannot be followed: it gets nothing. */
  readonly onRefused: (reason: string) => void;
}

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface AppAnswer {
  readonly status: number;
  readonly text: string;
}

/** The app behind a sidecar: what it answers, and whether it can be asked. */
export interface AppChannel {
  /** throws: when there is no answer in time; with code ECONNREFUSED it was not even sent. */
  call(call: Call): Promise<AppAnswer>;
  isUp(): boolean;
  /** It has been up, and was asked what it subscribes to. */
  hasStarted(): boolean;
  /** throws: AbortError. */
  whenUp(signal: AbortSignal): Promise<void>;
  /** Waits, but not beyond the moment when the app comes back. throws: AbortError. */
  backOff(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A call found nobody there: nothing more until a probe is answered. */
  reportGone(): void;
  /** It listens elsewhere now. */
  moveTo(port: number): void;
  close(): void;
}

export function createAppChannel(options: AppChannelOptions): AppChannel {
  const { appId, token, healthCheckPath, onChange, onRefused } = options;
  const agent = new Agent({ keepAlive: true });
  const changes = new EventEmitter().setMaxListeners(0);
  let { port } = options;
  let closing = false;
  const credentials = token === undefined ? {} : { "dapr-api-token": token };
  let state = "new" as "new" | "up" | "down" | "refused";

  const send = ({ method, path, headers, body, timeoutMs, signal }: Call): Promise<AppAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ agent, host: "127.0.0.1", port, method, path, headers: { ...headers } });
      const giveUp = (reason: unknown) => outgoing.destroy(reason as Error);
      const timer = setTimeout(() => giveUp(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const abort = () => giveUp(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      outgoing.on("error", fail);
      outgoing.on("response", (answer) => {
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on("error", fail);
        answer.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > LONGEST_ANSWER) answer.destroy(new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`));
        });
        answer.on("end", () => {
          settle();
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      });
      outgoing.end(body);
    });

  const callWithToken = (call: Call) => send({ ...call, headers: { ...call.headers, ...credentials } });

  const change = (to: "up" | "down") => {
    if (closing || state === to || state === "refused" || (state === "new" && to === "down")) return;
    state = to;
    changes.emit(to);
    onChange(to);
  };

  const isHealthy = async (): Promise<boolean> => {
    if (port === 0) return false;
    try {
      const { status } = await send({ method: "GET", path: healthCheckPath, timeoutMs: PROBE_TIMEOUT_MS });
      return status >= 200 && status < 300;
    } catch (error) {
      if ((error as { code?: string }).code === "ECONNREFUSED") change("down");
      return false;
    }
  };

  /** As daprd does once, before the first delivery. */
  const introduce = async (): Promise<void> => {
    const headers = { "content-type": "application/json", "dapr-app-id": appId };
    const ask = (path: string) => callWithToken({ method: "GET", path, headers, timeoutMs: START_TIMEOUT_MS });
    await ask("/dapr/config");
    const { status, text } = await ask("/dapr/subscribe");
    if (status !== 200 || text.trim() === "" || /^\s*\[\s*\]\s*$/.test(text)) return;
    state = "refused";
    onRefused("GET /dapr/subscribe must answer 404 or []: subscriptions are declared in YAML here");
  };

  let probeNow = () => {};
  const untilProbe = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      probeNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const watch = async (): Promise<void> => {
    let failures = 0;
    let introduced = false;
    while (!closing && state !== "refused") {
      try {
        if (await isHealthy()) {
          if (!introduced) await introduce();
          introduced = true;
          failures = 0;
          change("up");
        } else if (++failures >= PROBE_FAILURES) {
          change("down");
        }
      } catch {
        // It went away while it was being asked.
      }
      if (!closing) await untilProbe(state === "up" && failures === 0 ? PROBE_EVERY_MS : PROBE_AGAIN_MS);
    }
  };
  void watch();

  return {
    call: callWithToken,
    isUp: () => state === "up",
    hasStarted: () => state === "up" || state === "down",
    async whenUp(signal) {
      while (state !== "up") await once(changes, "up", { signal });
    },
    async backOff(milliseconds, signal) {
      const over = new AbortController();
      const either = { signal: AbortSignal.any([signal, over.signal]) };
      try {
        await Promise.race([sleep(milliseconds, undefined, either), once(changes, "up", either)]);
      } finally {
        over.abort();
      }
    },
    reportGone() {
      change("down");
      probeNow();
    },
    moveTo(to) {
      port = to;
      probeNow();
    },
    close() {
      closing = true;
      probeNow();
      agent.destroy();
    },
  };
}
