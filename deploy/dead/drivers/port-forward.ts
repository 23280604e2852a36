import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const PATIENCE_MS = 15_000;
const KEEPER = "deployment/keeper";
const PORT = 8080;

interface Forward {
  readonly url: string;
  close(): Promise<void>;
}

/** Reaches the keeper of a namespace from here, as whoever kubectl is. throws: Error with what kubectl said */
export async function forwardPort(namespace: string): Promise<Forward> {
  const args = ["port-forward", "--namespace", namespace, "--address", "127.0.0.1", KEEPER, `:${PORT}`];
  const child = spawn("kubectl", args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const port = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`kubectl port-forward: ${said.trim().split("\n").at(-1) || why}`));
    };
    const timer = setTimeout(fail, PATIENCE_MS, `no port within ${PATIENCE_MS / 1_000} s`);
    child.once("error", ({ message }) => fail(message));
    child.once("close", (code) => fail(`ended with ${code}`));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, found] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  }).catch(async (error) => {
    await close();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, close };
}
