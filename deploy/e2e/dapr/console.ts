import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Happening, LetterActed, Letters, Story } from "../../../adapters/local/console/api-types.ts";
import { OWN_ADDRESS } from "../tools/ports.ts";
import { type Shop, TOKENS } from "./shop.ts";

/** The console of a shop behind daprd, as its page asks it. */
export interface TestConsole {
  letters(): Promise<Letters>;
  happenings(): Promise<readonly Happening[]>;
  story(id: string): Promise<Story>;
  drop(digest: string): Promise<LetterActed>;
  /** What it may break. */
  faults(): Promise<readonly unknown[]>;
  /** As Ctrl-C. out: its exit code */
  close(): Promise<number | null>;
}

/** Opens it by its command. in: the port of the keeper */
export async function openShopConsole({ pods }: Shop, keeperPort: number): Promise<TestConsole> {
  const logs = Object.values(pods).map(({ logFile }) => `--log=${logFile}`);
  const args = ["deploy/console/main.ts", "--port", "0", `--keeper=http://${OWN_ADDRESS}:${keeperPort}`, ...logs];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, APP_API_TOKEN: TOKENS.APP_API_TOKEN },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let url = "";
  for await (const line of createInterface({ input: child.stdout })) {
    url = /http:\S+/.exec(line)?.[0] ?? "";
    if (url !== "") break;
  }
  const get = async (path: string) => (await fetch(`${url}${path}`)).json();
  return {
    letters: () => get("letters") as Promise<Letters>,
    happenings: () => get("happenings?limit=500") as Promise<readonly Happening[]>,
    story: (id) => get(`story/${id}`) as Promise<Story>,
    async drop(digest) {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ do: "drop", digests: [digest] });
      return (await fetch(`${url}letters`, { method: "POST", headers, body })).json() as Promise<LetterActed>;
    },
    faults: async () => ((await get("system")) as { readonly faults: readonly unknown[] }).faults,
    close() {
      child.kill("SIGINT");
      return ended;
    },
  };
}
