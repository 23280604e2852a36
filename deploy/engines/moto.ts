import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../adapters/local/free-ports.ts";
import { CACHE, type Engine, type Running, run, startProcess } from "./engine.ts";

const FOLDER = join(CACHE, "aws-tools");
const INSTALLED = join(FOLDER, "installed.txt");
/** What it needs from Debian: python3, python3-venv. */
const PACKAGES = ["moto[server]==5.2.5", "awscli==1.46.3", "cfn-lint==1.58.0", "aws-sam-translator==1.115.0"];

/** AWS in one process, with the AWS CLI and the tools that look at templates. */
export const moto: Engine = {
  name: "moto",
  missing() {
    const installed = existsSync(INSTALLED) ? readFileSync(INSTALLED, "utf8") : "";
    return installed === PACKAGES.join("\n") ? undefined : "moto is not installed: npm run engines -- --only moto";
  },
  async install(say) {
    if (moto.missing() === undefined) return;
    say("moto: a virtual environment with moto, the AWS CLI, cfn-lint and the SAM translator (30 s)");
    await run(["python3", "-m", "venv", FOLDER]);
    await run([join(FOLDER, "bin/pip"), "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]);
    writeFileSync(INSTALLED, PACKAGES.join("\n"));
  },
};

/** A program of the virtual environment: `python`, `aws`, `cfn-lint`. */
export const awsTool = (name: string): string => join(FOLDER, "bin", name);

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";

/** What AWS programs need to know, made-up credentials among it. */
export const awsEnvironment = (url: string) => ({
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "made-up",
  AWS_ENDPOINT_URL: url,
});

/** An empty AWS on a free port. */
export async function startMoto({ folder }: { readonly folder: string }): Promise<Running & { readonly url: string }> {
  const [port = 0] = await freePorts(20_000 + Math.floor(Math.random() * 20_000), 1);
  const url = `http://127.0.0.1:${port}`;
  const running = await startProcess({
    command: awsTool("python"),
    args: [join(import.meta.dirname, "moto-server.py"), "-H", "127.0.0.1", "-p", String(port)],
    logFile: join(folder, "moto.log"),
    ready: async () => (await fetch(`${url}/moto-api/data.json`)).ok,
  });
  return { ...running, url };
}
