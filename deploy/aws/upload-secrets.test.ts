import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { system } from "../../functions/index.ts";
import { museum } from "../generate/museum.ts";
import { EDGE } from "../generate/wiring.ts";
import { lay } from "./lay.ts";

const SECRETS = { EDGE_SECRET: "the edge's own", LETTER_SECRET: "that of the letters", RADIO: "what effects are told" };
const TOLD = Object.values(SECRETS);

/** Writes down its arguments, and asks AWS in the place of the AWS CLI: what the folder FAKE/there says is deployed. */
const FAKE_AWS = `#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$FAKE/arguments"
for word in "$@"; do
  case "$word" in file://*)
    ls -l "\${word#file://}" | cut -c1-10 >>"$FAKE/modes"
    cat "\${word#file://}" >>"$FAKE/told" && echo >>"$FAKE/told"
    echo "\${word#file://}" >"$FAKE/file" ;;
  esac
done
case "$*" in
  *get-function-configuration*EDGE_SECRET*) echo "$FAKE_EDGE_SECRET" ;;
  *get-function-configuration*LETTER_SECRET*) echo "$FAKE_LETTER_SECRET" ;;
  *list-functions*) cat "$FAKE/there" ;;
  *get-caller-identity*) echo arn:aws:iam::123456789012:user/somebody ;;
  *IndexStatus*) echo ACTIVE ;;
  *update-function-configuration* | *create-function\\ *)
    case "$FAKE_END" in fails) echo AccessDenied >&2 && exit 1 ;; hangs) echo $$ >"$FAKE/hangs" && exec sleep 60 ;; esac ;;
esac
`;

/** Passes on what it is, after writing down its arguments. */
const WATCHED = `#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$FAKE/arguments"
PATH=\${PATH#*:} exec "\${0##*/}" "$@"
`;
const PROGRAMS = ["awk", "cut", "dirname", "mktemp", "od", "rm", "tr"];

interface UploadOptions {
  readonly folder?: string;
  readonly deployed?: readonly string[];
  readonly end?: "well" | "fails" | "hangs";
}

/** upload.sh beside programs that are watched. */
function upload({ folder = import.meta.dirname, deployed = [], end = "well" }: UploadOptions) {
  const at = mkdtempSync(join(tmpdir(), "loosely-upload-"));
  onTestFinished(() => rmSync(at, { recursive: true }));
  const [bin, dist] = [join(at, "bin"), join(at, "dist")];
  for (const made of [bin, dist]) mkdirSync(made);
  for (const [name, text] of [["aws", FAKE_AWS], ...PROGRAMS.map((name) => [name, WATCHED])]) {
    writeFileSync(join(bin, name as string), text as string);
    chmodSync(join(bin, name as string), 0o755);
  }
  for (const { name } of [...system.functions, ...museum.functions, { name: EDGE }])
    writeFileSync(join(dist, `${name}.zip`), "");
  writeFileSync(join(at, "there"), deployed.map((name) => `t-${name}\n`).join(""));
  const child = spawn("bash", [join(folder, "upload.sh"), "--prefix", "t-", "--dist", dist], {
    env: {
      ...{
        PATH: `${bin}${delimiter}${process.env.PATH}`,
        TMPDIR: at,
        AWS_REGION: "eu-west-1",
        FAKE: at,
        FAKE_END: end,
      },
      ...{ FAKE_EDGE_SECRET: SECRETS.EDGE_SECRET, FAKE_LETTER_SECRET: SECRETS.LETTER_SECRET, RADIO: SECRETS.RADIO },
    },
  });
  const ended = endOf(child);
  const lines = (name: string) =>
    existsSync(join(at, name)) ? readFileSync(join(at, name), "utf8").trimEnd().split("\n") : [];
  return { child, ended, lines, told: () => lines("told").map((line) => JSON.parse(line).Variables) };
}

function endOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly said: string }> {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, said })));
}

const holding = (lines: readonly string[], secrets: readonly string[]) =>
  lines.filter((line) => secrets.some((secret) => line.includes(secret)));

it("tells each function its secrets by a file that nobody else reads and that is gone afterwards, and no argument holds one", async () => {
  const folder = lay(museum, { guard: { environment: ["RADIO"] } });
  const deployed = [...museum.functions.map(({ name }) => name), EDGE];
  const { ended, lines, told } = upload({ folder, deployed });
  const { code, said } = await ended;
  expect([code, holding([said], TOLD)]).toEqual([0, []]);
  const { EDGE_SECRET, LETTER_SECRET, RADIO } = SECRETS;
  expect(told()).toHaveLength(deployed.length);
  expect(told()).toContainEqual(expect.objectContaining({ EDGE_SECRET }));
  expect(told()).toContainEqual(expect.objectContaining({ LETTER_SECRET, RADIO }));
  expect(new Set(lines("modes"))).toEqual(new Set(["-rw-------"]));
  expect(lines("arguments").length).toBeGreaterThan(deployed.length);
  expect(holding(lines("arguments"), TOLD)).toEqual([]);
  expect(existsSync(lines("file")[0] ?? "")).toBe(false);
});

it("makes secrets at the first upload, and no argument holds them", async () => {
  const { ended, lines, told } = upload({});
  expect((await ended).code).toBe(0);
  const made = told().flatMap((env) => env.EDGE_SECRET ?? env.LETTER_SECRET);
  expect(made).toHaveLength(system.functions.length + 1);
  expect(new Set(made).size).toBe(2);
  for (const secret of made) expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(holding(lines("arguments"), made)).toEqual([]);
});

it.each([
  ["AWS refuses a call", "fails"],
  ["somebody ends it", "hangs"],
] as const)("leaves no file with secrets where %s", async (_what, end) => {
  const { child, ended, lines } = upload({ end });
  if (end === "hangs") {
    await expect.poll(() => lines("hangs"), { timeout: 20_000 }).toHaveLength(1);
    // A shell ends when what it waits for has ended: Ctrl-C tells both.
    child.kill("SIGTERM");
    process.kill(Number(lines("hangs")[0]), "SIGTERM");
  }
  expect((await ended).code).not.toBe(0);
  expect(lines("told")).toHaveLength(1);
  expect(existsSync(lines("file")[0] ?? "")).toBe(false);
});
