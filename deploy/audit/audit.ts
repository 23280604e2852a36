import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** What the registry knows of the packages that run in production. */
interface Audit {
  readonly kind: "clean" | "vulnerable" | "not answered";
  readonly line: string;
}

interface AuditOptions {
  /** Left out: the one that npm is set to. */
  readonly registry?: string;
  /** Of the lock file. */
  readonly folder: string;
}

interface Vulnerability {
  readonly severity: string;
  /** Advisories, or names of packages that bring it along. */
  readonly via: readonly (string | { readonly url: string })[];
}

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
  /** Why there is no answer. */
  readonly message?: string;
}

const SEVERE = ["high", "critical"];
const OPTIONS = ["--json", "--omit=dev", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"];

/**
 * Asks a registry for known vulnerabilities of what the lock file says. Not all registries answer: that is no fault of the packages.
 *
 * throws  Error for whatever else keeps npm from asking
 * source  npm, "npm-audit", "Bulk Advisory Endpoint"
 */
export async function audit({ registry, folder }: AuditOptions): Promise<Audit> {
  const where = registry === undefined ? [] : [`--registry=${registry}`];
  // Where npm remembers an advisory, it does not hear that its severity was raised.
  const cache = mkdtempSync(join(tmpdir(), "npm-audit-"));
  const args = ["audit", ...OPTIONS, `--cache=${cache}`, ...where];
  const npm = spawn("npm", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const [said, trouble] = await Promise.all([text(npm.stdout), text(npm.stderr), once(npm, "close")]);
  rmSync(cache, { recursive: true, force: true });
  const { vulnerabilities, message } = parse(said);
  if (vulnerabilities) return judge(vulnerabilities);
  if (message === undefined) throw new Error(`npm audit: no report\n${trouble || said}`);
  return { kind: "not answered", line: `npm audit: not answered: ${message}` };
}

function judge(vulnerabilities: Readonly<Record<string, Vulnerability>>): Audit {
  const all = Object.entries(vulnerabilities);
  const severe = all.filter(([, { severity }]) => SEVERE.includes(severity));
  if (severe.length === 0)
    return { kind: "clean", line: `npm audit: nothing high or critical, ${all.length} less than that` };
  const named = severe.map(([name, { severity, via }]) => {
    const why = via.map((each) => (typeof each === "string" ? `by ${each}` : each.url));
    return `${name} (${severity}): ${why.join(", ")}`;
  });
  return { kind: "vulnerable", line: `npm audit: ${named.join("; ")}` };
}

function parse(text: string): Report {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
