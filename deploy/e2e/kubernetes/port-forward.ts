import { type ChildProcess, spawn } from "node:child_process";

/** A way from this machine to a port of the cluster. */
export interface Forward {
  readonly url: string;
  close(): void;
}

/** `kubectl port-forward` to a Service. throws: with what it complained of when it ends before it is open */
export async function forward(namespace: string, service: string, port: number): Promise<Forward> {
  const child = spawn("kubectl", ["port-forward", "-n", namespace, service, `:${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const close = () => child.kill();
  process.once("exit", close);
  const local = await localPort(child);
  return { url: `http://127.0.0.1:${local}`, close };
}

function localPort(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      said += chunk;
      const [, port] = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
      if (port !== undefined) resolve(port);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("close", () => reject(new Error(`kubectl port-forward ended:\n${said}`)));
  });
}
