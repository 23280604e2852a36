import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { edit, RESILIENCY, RUN, WELL } from "./fixtures/texts.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const root = mkdtempSync(join(tmpdir(), "loosely-doctor-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FAULTY = edit(WELL, ["maxRetries: -1", "maxRetries: 3"]);
const LINE = 1 + FAULTY.split("\n").indexOf("        maxRetries: 3");

/** A folder of these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(root, "case-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

interface Call {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function run(args: readonly string[], { cwd = root, input = "", env = {} }: Call = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    ...{ cwd, input, encoding: "utf8", env: { ...process.env, ...env } },
  });
  return { status, stdout, stderr };
}

const SILENT = { status: 0, stdout: "", stderr: "" };

it("is silent where all is well: in a folder, and by standard input", () => {
  const cwd = folderOf({ "a/well.yaml": WELL });
  expect(run(["."], { cwd })).toEqual(SILENT);
  expect(run(["-"], { input: WELL })).toEqual(SILENT);
});

it("says a fault in one line, with its place and what mends it, and ends with 1", () => {
  const { status, stdout, stderr } = run(["."], {
    cwd: folderOf({ "a/b.yml": FAULTY, "a/values.yaml": "replicas: 3\n" }),
  });
  expect([status, stderr]).toEqual([1, ""]);
  expect(stdout).toMatch(
    new RegExp(
      `^a/b.yml:${LINE} finite-inbound-retries deliveries from messages are tried again 3 times: .+\\. Fix: .+\n$`,
    ),
  );
});

it("gives a list to machines, an empty one where all is well", () => {
  expect(run(["-", "--json"], { input: WELL })).toEqual({ ...SILENT, stdout: "[]\n" });
  const { status, stdout } = run(["-", "--json"], { input: FAULTY });
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    {
      ...{ file: "-", line: LINE, rule: "finite-inbound-retries", effect: "loses" },
      what: "deliveries from messages are tried again 3 times",
      ...{ why: expect.any(String), source: expect.any(String), fix: expect.any(String) },
    },
  ]);
});

it("takes what dapr run starts with the resources that it names, and each kustomization, for a deployment of its own", () => {
  const cwd = folderOf({
    "local/dapr.yaml": RUN,
    "local/config.yaml": WELL.split("---\n")[3] ?? "",
    "local/resources/pubsub.yaml": `${edit(WELL.split("---\n")[0] ?? "", ["scopes:", "auth: { secretStore: file }\nscopes:"])}`,
    "local/resources/delivery.yaml": edit(RESILIENCY, ["maxRetries: -1", "maxRetries: 4"]),
    "local/resources/subscription.yaml": WELL.split("---\n")[1] ?? "",
    "cluster/kustomization.yaml": "resources: [well.yaml]\n",
    "cluster/well.yaml": WELL,
  });
  const { status, stdout } = run(["."], { cwd });
  expect([
    status,
    stdout
      .trim()
      .split("\n")
      .map((each) => each.split(" ", 2).join(" ")),
  ]).toEqual([1, ["local/resources/delivery.yaml:13 finite-inbound-retries"]]);
});

it("reads a kustomization as it stands there where there is no kubectl, and says so; what kubectl refuses is not read", () => {
  const cwd = folderOf({ "kustomization.yaml": "resources: [well.yaml, gone.yaml]\n", "well.yaml": FAULTY });
  const { status, stdout, stderr } = run(["."], { cwd, env: { PATH: folderOf({}) } });
  expect([status, stdout.split(" ")[0]]).toEqual([1, `well.yaml:${LINE}`]);
  expect(stderr).toBe(".: is read without its patches, for want of kubectl\n");
  const bin = folderOf({ kubectl: "#!/bin/sh\necho error: gone.yaml is not there >&2\nexit 1\n" });
  chmodSync(join(bin, "kubectl"), 0o755);
  const refused = run(["."], { cwd, env: { PATH: `${bin}${delimiter}${process.env.PATH}` } });
  expect(refused).toEqual({ ...SILENT, status: 2, stderr: ".: kubectl kustomize: error: gone.yaml is not there\n" });
});

it("asks kubectl for a namespace, for kinds that the cluster has, and for no Secret", () => {
  const bin = folderOf({
    kubectl: `#!/bin/sh
echo "$@" >> "${root}/asked"
case $1 in api-resources) printf 'components.dapr.io\\nresiliencies.dapr.io\\ndeployments.apps\\nsecrets\\n';; *) cat "${root}/live";; esac
`,
  });
  chmodSync(join(bin, "kubectl"), 0o755);
  writeFileSync(join(root, "live"), FAULTY);
  const { status, stdout } = run(["--namespace", "sales"], { env: { PATH: `${bin}${delimiter}${process.env.PATH}` } });
  expect([status, stdout.split(" ", 2)]).toEqual([1, ["sales/Resiliency/delivery", "finite-inbound-retries"]]);
  expect(readFileSync(join(root, "asked"), "utf8")).toContain(
    "get components.dapr.io,resiliencies.dapr.io,deployments.apps --namespace=sales --output=yaml\n",
  );
  writeFileSync(join(root, "live"), "apiVersion: v1\nkind: List\nitems: []\n");
  const empty = run(["--namespace", "slaes"], { env: { PATH: `${bin}${delimiter}${process.env.PATH}` } });
  expect(empty).toEqual({ ...SILENT, status: 2, stderr: "namespace slaes: holds nothing that has a rule\n" });
});

it("follows links, but none round in a ring, and passes over one to nowhere", () => {
  const cwd = folderOf({ "real/well.yaml": FAULTY, "top/a.txt": "" });
  for (const [to, from] of [
    ["../real", "top/linked"],
    ["..", "real/up"],
    [".", "real/self"],
    ["nowhere", "real/gone.yaml"],
  ] as const)
    symlinkSync(to, join(cwd, from));
  const { status, stdout } = run(["top"], { cwd });
  expect([status, stdout.split(" ")[0]]).toEqual([1, `top/linked/well.yaml:${LINE}`]);
});

it("says no more than whoever reads wants to hear", () => {
  const command = `"${process.execPath}" "${MAIN}" --rules | head -1`;
  const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
  expect([stdout.split("\n").length, stderr]).toEqual([2, ""]);
});

it("lists its rules and its options", () => {
  expect(run(["--rules"]).stdout).toContain("\nscope-without-app (loses): ".slice(1));
  expect(run(["--help"]).stdout).toMatch(/^npm run doctor -- /);
});

describe("ends with 2, and one line, for", () => {
  it.each([
    { what: "a path that is not there", args: ["nowhere"], line: "nowhere: is not there" },
    { what: "an unknown option", args: ["--jsn"], line: /--jsn/ },
    { what: "what is no YAML", args: ["-"], input: "a: [b\nc: d", line: /^-:\d+: / },
    { what: "a chart", args: ["-"], input: "a: {{ .Values.a }}\n- {{ b", line: /helm template/ },
    {
      what: "nothing to look at",
      args: ["-"],
      input: "a: b\n",
      line: "-: holds no manifest, template or plan that has a rule",
    },
    {
      what: "a template that is no YAML",
      args: ["-"],
      input: "Resources:\n  A: {Type: AWS::SQS::Queue\n",
      line: /^-:3: /,
    },
    {
      what: "a kustomization that is no YAML",
      files: { "kustomization.yaml": "resources: [a\nb: c\n" },
      line: /^kustomization.yaml:2: /,
    },
    {
      what: "what the system refuses to read",
      files: { "dapr.yaml": edit(RUN, ["[resources]", "[config.yaml]"]), "config.yaml": "" },
      line: /^ENOTDIR: /,
    },
  ])("$what", ({ args = ["."], input = "", files = {}, line }) => {
    const { status, stdout, stderr } = run(args, { input, cwd: folderOf(files) });
    expect([status, stdout]).toEqual([2, ""]);
    const [first, ...more] = stderr.trim().split("\n");
    expect(first).toEqual(typeof line === "string" ? line : expect.stringMatching(line));
    expect(more).toEqual(args.includes("--jsn") ? ["npm run doctor -- --help lists the options."] : []);
  });
});
