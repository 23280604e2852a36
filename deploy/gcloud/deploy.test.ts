import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import type { Relayed } from "../../adapters/core/relay/relay.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { logRelayed } from "../../adapters/gcf/log.ts";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { type EventType, topicsOf } from "../../functions/kernel/define.ts";
import { EDGE } from "../generate/wiring.ts";

const LABELS = "system=shop,managed-by=loosely";
const functions = createFunctions(system, createEffects({}));
const names = functions.map(({ name }) => name);
const topics = [...new Set(catalogue.flatMap(({ topic }) => topic ?? []))];
const subscriptions = functions.flatMap((fn) => topicsOf(fn).map((topic) => `shop-${fn.name}-${topic}`));
/** What is deployed need only be there: nothing of it is looked at. */
const dist = mkdtempSync(join(tmpdir(), "loosely-gcf-"));
for (const name of [...names, EDGE]) mkdirSync(join(dist, name));
afterAll(() => rmSync(dist, { recursive: true }));

interface Command {
  /** Before the first flag. */
  readonly words: string;
  /** The last word before the flags. */
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
}

const dryRuns = new Map<string, readonly Command[]>();

/** Once for all who ask for the same. */
function dryRun(script: string, args: readonly string[] = []): readonly Command[] {
  const key = [script, ...args].join(" ");
  const commands =
    dryRuns.get(key) ?? commandsIn(run(script, ["--project", "p1", "--region", "r1", "--dry-run", ...args]));
  dryRuns.set(key, commands);
  return commands;
}

/** out: what was printed. throws: when it exits with anything but 0 */
function run(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const built = script === "deploy.sh" && !args.includes("--dist") ? ["--dist", dist] : [];
  return execFileSync("bash", [join(import.meta.dirname, script), ...built, ...args], {
    encoding: "utf8",
    stdio: "pipe",
    env: { ...process.env, ...env },
  });
}

const commandsIn = (printed: string): readonly Command[] =>
  printed.split("\n").flatMap((line) => (line.startsWith("+ gcloud ") ? [parse(line.slice(9))] : []));

function parse(line: string): Command {
  const words = (line.match(/(?:\\.|\S)+/g) ?? []).map((word) => word.replaceAll(/\\(.)/g, "$1"));
  const first = words.findIndex((word) => word.startsWith("--"));
  const before = first < 0 ? words : words.slice(0, first);
  const flags = words.slice(before.length).map((flag) => flag.split(/=(.*)/s));
  return {
    words: before.slice(0, -1).join(" "),
    name: before.at(-1) ?? "",
    flags: Object.fromEntries(flags.map(([name, value = ""]) => [name, value])),
  };
}

const of = (commands: readonly Command[], words: string) => commands.filter((command) => command.words === words);
const namesOf = (commands: readonly Command[], words: string) =>
  of(commands, words)
    .map(({ name }) => name)
    .sort();
const DEAD_LETTERS = "shop-dead-letters";
const variableIn = ({ flags }: Command, name: string) =>
  flags["--update-env-vars"]
    ?.split(",")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
const seconds = (text: string | undefined) => Number.parseInt(text ?? "", 10);

const VARIANTS = [[], ["--triggers"], ["--ordered"], ["--public"], ["--only", "billing"], ["--prefix", "x-"]];

it("topics, subscriptions and functions are those of the catalogue", () => {
  const commands = dryRun("deploy.sh");
  const prefixed = topics.map((topic) => `shop-${topic}`);
  expect(namesOf(commands, "pubsub topics create")).toEqual([...prefixed, DEAD_LETTERS].sort());
  expect(namesOf(commands, "pubsub subscriptions create")).toEqual([...subscriptions, DEAD_LETTERS].sort());
  const deployed = of(commands, "functions deploy").map(({ name, flags }) => [name, flags["--entry-point"]]);
  expect(deployed.sort()).toEqual([...names, EDGE].map((name) => [`shop-${name}`, name]).sort());
  for (const { name, flags } of of(commands, "pubsub subscriptions create")) {
    if (name === DEAD_LETTERS) continue;
    const [, host, path] = flags["--push-endpoint"]?.match(/\/\/([\w-]+)\.\w+\/(.+)$/) ?? [];
    expect(name).toBe(`${host}-${path}`);
    expect(flags["--topic"]).toBe(`shop-${path}`);
  }
});

it("a prefix stands before all names in the project, and before those that functions publish to", () => {
  const shop = [dryRun("deploy.sh"), dryRun("deploy.sh", ["--triggers"]), dryRun("destroy.sh", ["--data"])];
  const acme = [
    dryRun("deploy.sh", ["--prefix", "acme-2-"]),
    dryRun("deploy.sh", ["--prefix", "acme-2-", "--triggers"]),
    dryRun("destroy.sh", ["--prefix", "acme-2-", "--data"]),
  ];
  // Labels and a word in display names say the system, which stays.
  expect(JSON.stringify(acme)).toBe(JSON.stringify(shop).replaceAll("shop-", "acme-2-"));
  const prefixes = of(acme.flat(), "functions deploy").map((each) => variableIn(each, "TOPIC_PREFIX"));
  expect([...new Set(prefixes)]).toEqual(["acme-2-"]);
  expect(JSON.stringify(acme)).not.toContain("shop-");
});

it.each([
  [["--prefix", "Shop-"], "--prefix: must be at most 20 letters"],
  [["--prefix", "2-shops-"], "begin with a letter"],
  [["--prefix", "abcdefghij-abcdefghij"], "--prefix: must be at most 20 letters"],
  [["--prefix", ""], "--prefix: an account's id must have 6 to 30 characters, and order has 5"],
  [["--prefix", "goog-"], "--prefix: must be at most 20 letters"],
  [
    ["--prefix", "abcdefghij-abcdefgh-"],
    "--prefix: an account's id must have 6 to 30 characters, and abcdefghij-abcdefgh-",
  ],
  [["--prefix", "a"], "--prefix: an account's id must have 6 to 30 characters, and a"],
  [["--project", "Example"], "--project: must be a project's id"],
  [["--project", "example.com:"], "--project: must be a project's id"],
])("%j: says in one line what Google would not take", (args, message) => {
  for (const script of ["deploy.sh", "destroy.sh"]) {
    const said = failing(() => run(script, ["--project", "p1", "--region", "r1", "--dry-run", ...args]));
    expect(said).toContain(message);
    expect(said.trim().split("\n")).toHaveLength(1);
  }
});

/** What was printed as an error. */
function failing(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { readonly stderr: string }).stderr;
  }
  throw new Error("must fail, and did not");
}

it("a project in a domain: an account's address has it backwards, everything else as it is", () => {
  const id = "example.com:shop-1";
  const commands = [[], ["--triggers"]].flatMap((args) => dryRun("deploy.sh", ["--project", id, ...args]));
  const said = JSON.stringify([...commands, ...dryRun("destroy.sh", ["--project", id, "--data"])]);
  const addresses = said.match(/[\w-]+@(?!gcp-sa)[\w.:-]+/g) ?? [];
  expect(addresses.filter((each) => !each.endsWith("@shop-1.example.com.iam.gserviceaccount.com"))).toEqual([]);
  for (const { flags } of of(commands, "functions deploy")) {
    expect(flags["--build-service-account"]).toBe(
      `projects/${id}/serviceAccounts/shop-build@shop-1.example.com.iam.gserviceaccount.com`,
    );
    expect(flags["--update-env-vars"]).toContain(`GOOGLE_CLOUD_PROJECT=${id},`);
  }
  for (const { flags } of of(commands, "eventarc triggers create"))
    expect(flags["--transport-topic"]).toMatch(new RegExp(`^projects/${id}/topics/shop-`));
});

it("triggers: every function hears each of its topics", () => {
  const commands = dryRun("deploy.sh", ["--triggers"]);
  const shortly = (topic = "") => topic.replace(/.*\//, "").replace(/^shop-/, "");
  const byFunction = of(commands, "functions deploy").map(
    ({ name, flags }) => `${name}-${shortly(flags["--trigger-topic"])}`,
  );
  const further = of(commands, "eventarc triggers create").map(
    ({ flags }) => `${flags["--destination-run-service"]}-${shortly(flags["--transport-topic"])}`,
  );
  const all = [...byFunction, ...further].filter((name) => name !== "shop-edge-");
  expect(all.sort()).toEqual([...subscriptions].sort());
});

it.each(VARIANTS)("deploy.sh %s %s: retries and dead letters are never off", (...args) => {
  const commands = dryRun("deploy.sh", args);
  const deliveries = [
    ...of(commands, "pubsub subscriptions create").filter(({ name }) => !name.endsWith("-dead-letters")),
    ...of(commands, "pubsub subscriptions update"),
  ];
  expect(deliveries.length).toBe(args.includes("--only") ? 1 : subscriptions.length);
  for (const { flags } of deliveries) {
    expect(flags).toMatchObject({
      "--dead-letter-topic": args.includes("x-") ? "x-dead-letters" : DEAD_LETTERS,
      "--min-retry-delay": "10s",
      "--max-retry-delay": "600s",
      "--expiration-period": "never",
    });
    expect(Number(flags["--max-delivery-attempts"])).toBeGreaterThanOrEqual(20);
  }
  for (const { name, flags } of of(commands, "functions deploy"))
    if ("--trigger-topic" in flags) expect([name, "--retry" in flags]).toEqual([name, true]);
  // What Pub/Sub may not take out of a subscription never becomes a dead letter.
  const allowed = of(commands, "pubsub subscriptions add-iam-policy-binding").map(({ name }) => name);
  expect(allowed.sort()).toEqual(deliveries.map(({ name }) => name).sort());
});

it.each(VARIANTS)(
  "deploy.sh %s %s: one event ends before its request, its request before the next delivery",
  (...args) => {
    const commands = dryRun("deploy.sh", args);
    const deadlines = of(commands, "functions deploy").map((each) => ({
      event: Number(variableIn(each, "DISPATCH_TIMEOUT_MS")) / 1_000,
      request: seconds(each.flags["--timeout"]),
    }));
    const acks = commands.flatMap(({ words, name, flags }) =>
      words.startsWith("pubsub subscriptions") && !name.endsWith("-dead-letters")
        ? (flags["--ack-deadline"] ?? [])
        : [],
    );
    for (const { event, request } of deadlines) {
      expect(event).toBeLessThan(request);
      for (const ack of acks) expect(request).toBeLessThan(seconds(ack));
    }
    expect(acks.length).toBeGreaterThan(0);
  },
);

it.each(VARIANTS)(
  "deploy.sh %s %s: a function takes the headers of a message with all attributes that it may have",
  (...args) => {
    const functions = of(dryRun("deploy.sh", args), "functions deploy");
    expect(functions).not.toEqual([]);
    for (const { flags } of functions) {
      const limit = Number(flags["--update-env-vars"]?.match(/NODE_OPTIONS=--max-http-header-size=(\d+)/)?.[1]);
      // 100 attributes, names of 256 and values of 1,024 bytes, and as much as Node takes of the others.
      expect(limit).toBeGreaterThanOrEqual(100 * (256 + 1_024 + ": \r\n".length) + 16 * 1_024);
    }
  },
);

it.each(VARIANTS)("deploy.sh %s %s: every function runs in production, where Express shows no stack", (...args) => {
  const modes = of(dryRun("deploy.sh", args), "functions deploy").map((each) => variableIn(each, "NODE_ENV"));
  expect([...new Set(modes)]).toEqual(["production"]);
});

it.each([
  [[], false],
  [["--public"], true],
  [["--public", "--triggers"], true],
])("deploy.sh %j: nobody but the edge is ever public", (args, isPublic) => {
  const access = of(dryRun("deploy.sh", args), "functions deploy").map(({ name, flags }) => ({
    name,
    isPublic: "--allow-unauthenticated" in flags,
    isPrivate: "--no-allow-unauthenticated" in flags,
    isReachable: flags["--ingress-settings"] !== "internal-only",
  }));
  for (const each of access) {
    const expected =
      each.name === "shop-edge" ? { isPublic, isReachable: true } : { isPublic: false, isReachable: false };
    expect(each).toEqual({ name: each.name, ...expected, isPrivate: !expected.isPublic });
  }
});

it("the holder of dead letters is there before the first event, and the edge comes last", () => {
  const commands = dryRun("deploy.sh");
  const at = (words: string, name: string) =>
    commands.findIndex((command) => command.words === words && command.name === name);
  const holder = at("pubsub subscriptions create", DEAD_LETTERS);
  const last = at("functions deploy", "shop-edge");
  for (const name of subscriptions) {
    expect(at("pubsub subscriptions create", name)).toBeGreaterThan(holder);
    expect(at("pubsub subscriptions create", name)).toBeLessThan(last);
  }
});

it("pushes carry a token of an account that only the functions let in", () => {
  const commands = dryRun("deploy.sh");
  const letIn = of(commands, "functions add-invoker-policy-binding");
  expect(letIn.map(({ name }) => name).sort()).toEqual(names.map((name) => `shop-${name}`).sort());
  const account = "shop-push@p1.iam.gserviceaccount.com";
  for (const { flags } of letIn) expect(flags["--member"]).toBe(`serviceAccount:${account}`);
  for (const { name, flags } of of(commands, "pubsub subscriptions create"))
    if (name !== DEAD_LETTERS) expect(flags["--push-auth-service-account"]).toBe(account);
});

it.each([[[]], [["--triggers"]]])(
  "deploy.sh %j: each function but the edge is asked each minute what it has not said, by whom it lets in",
  (args) => {
    const commands = dryRun("deploy.sh", args);
    const jobs = of(commands, "scheduler jobs create http");
    expect(jobs.map(({ name }) => name).sort()).toEqual(names.map((name) => `shop-${name}-relay`).sort());
    for (const { name, flags } of jobs) {
      const url = `https://${name.replace("-relay", "")}.example`;
      expect(flags).toEqual({
        "--location": "r1",
        "--description": LABELS,
        "--schedule": "* * * * *",
        "--uri": `${url}/~relay`,
        "--http-method": "POST",
        "--attempt-deadline": "30s",
        "--max-retry-attempts": "0",
        "--oidc-service-account-email": "shop-push@p1.iam.gserviceaccount.com",
        "--oidc-token-audience": url,
      });
    }
    const [enabled] = commands.filter(({ words, name }) => `${words} ${name}`.startsWith("services enable"));
    expect(enabled?.words).toContain("cloudscheduler.googleapis.com");
  },
);

it("alerts are those of the files, on what our functions log of their relay and on our holder of dead letters", () => {
  const files = readdirSync(join(import.meta.dirname, "alerts")).map((file) => `shop-${file.replace(".json", "")}`);
  const commands = dryRun("deploy.sh", ["--notify", "projects/p1/notificationChannels/7"]);
  const made = commands.filter(({ words }) => words === "alpha monitoring policies");
  expect(made.map(({ name, flags }) => [name, flags["--notification-channels"]])).toEqual(
    files.map(() => ["create", "projects/p1/notificationChannels/7"]),
  );
  const policies = made.map(({ flags }) => JSON.parse(flags["--policy"] ?? ""));
  expect(policies.map(({ displayName }) => displayName).sort()).toEqual(files.sort());
  for (const { userLabels } of policies) expect(userLabels).toEqual({ system: "shop", "managed-by": "loosely" });
  const [unsaid, letters] = ["shop-unsaid", DEAD_LETTERS].map(
    (name) => policies.find(({ displayName }) => displayName === name).conditions[0],
  );
  const logged = logOf({ looked: 1, said: 0, failed: 1, parked: 0, oldestMs: 300_001 });
  const { filter } = unsaid.conditionMatchedLog;
  const [, field = "", most = ""] = /jsonPayload\.(\w+)>(\d+)$/.exec(filter) ?? [];
  expect(logged[field]).toBe(Number(most) + 1);
  expect(filter).toContain('resource.labels.service_name=~"^shop-" ');
  const { function: label } = unsaid.conditionMatchedLog.labelExtractors;
  expect(logged[/^EXTRACT\(jsonPayload\.(\w+)\)$/.exec(label)?.[1] ?? ""]).toBe("f");
  expect(letters.conditionThreshold.filter).toContain(`resource.labels.topic_id="${DEAD_LETTERS}"`);
});

/** What a function logs of a look. */
function logOf(relayed: Relayed): Readonly<Record<string, unknown>> {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  logRelayed("f", relayed);
  const [[line] = []] = write.mock.calls;
  write.mockRestore();
  return JSON.parse(String(line));
}

const ACCOUNT = (name: string) => `shop-${name}@p1.iam.gserviceaccount.com`;

it("each function runs as its own account, which may publish where the catalogue says, and reach one database", () => {
  const commands = dryRun("deploy.sh");
  const runsAs = of(commands, "functions deploy").map(({ name, flags }) => [name, flags["--run-service-account"]]);
  expect(runsAs.sort()).toEqual([...names, EDGE].map((name) => [`shop-${name}`, ACCOUNT(name)]).sort());

  const agent = "serviceAccount:service-PROJECT_NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com";
  const rights = of(commands, "pubsub topics add-iam-policy-binding")
    .filter(({ flags }) => flags["--member"] !== agent)
    .map(({ name, flags }) => `${flags["--member"]} ${flags["--role"]} ${name}`);
  const right = (name: string, topic: string) => `serviceAccount:${ACCOUNT(name)} roles/pubsub.publisher shop-${topic}`;
  const topicsOfAll = (emits: readonly EventType[]) => [...new Set(emits.flatMap(({ topic }) => topic ?? []))];
  const emitted = functions.flatMap(({ name, emits }) =>
    [...topicsOfAll([...emits.values()]), "dead-letters"].map((topic) => right(name, topic)),
  );
  // The edge says what the functions say that it asks.
  const asked = system.functions.filter(({ source }) => system.edges.some(({ of }) => of === source));
  const ofEdges = topicsOfAll(asked.flatMap(({ definition }) => [...definition.emits.values()])).map((topic) =>
    right(EDGE, topic),
  );
  expect(ofEdges).not.toEqual([]);
  expect(rights.sort()).toEqual([...emitted, ...ofEdges].sort());

  const ofProject = of(commands, "projects add-iam-policy-binding").map(({ name, flags }) => [name, flags]);
  const ledger = { "--role": "roles/datastore.user", "--condition": expect.any(String) };
  expect(ofProject.filter(([, flags]) => (flags as Command["flags"])["--role"] === ledger["--role"])).toEqual(
    [...names, EDGE].map((name) => [
      "p1",
      {
        "--member": `serviceAccount:${ACCOUNT(name)}`,
        "--role": "roles/datastore.user",
        "--condition": 'expression=resource.name=="projects/p1/databases/shop-ledger",title=shop-ledger',
      },
    ]),
  );
  for (const each of of(commands, "functions deploy"))
    expect(variableIn(each, "FIRESTORE_DATABASE")).toBe("shop-ledger");
});

it("functions are built by an account that may build and nothing else, or by whom we are told", () => {
  const commands = dryRun("deploy.sh");
  const builders = of(commands, "functions deploy").map(({ flags }) => flags["--build-service-account"]);
  expect([...new Set(builders)]).toEqual([`projects/p1/serviceAccounts/${ACCOUNT("build")}`]);
  const roles = of(commands, "projects add-iam-policy-binding").flatMap(({ flags }) =>
    flags["--member"] === `serviceAccount:${ACCOUNT("build")}` ? (flags["--role"] ?? []) : [],
  );
  expect(roles.sort()).toEqual([
    "roles/artifactregistry.writer",
    "roles/logging.logWriter",
    "roles/storage.objectViewer",
  ]);
  const told = "projects/p2/serviceAccounts/somebody@p2.iam.gserviceaccount.com";
  const others = dryRun("deploy.sh", ["--build-service-account", told]);
  for (const { flags } of of(others, "functions deploy")) expect(flags["--build-service-account"]).toBe(told);
  expect(JSON.stringify(others)).not.toContain("shop-build");
});

it.each([
  [[], "off"],
  [["--demo"], "on"],
])(
  "deploy.sh %j: the edge has its secret from Secret Manager, and the functions theirs, each for their accounts alone; EDGE_DEMO is said",
  (args, demo) => {
    const commands = dryRun("deploy.sh", args);
    const told = of(commands, "functions deploy").map((each) => [
      each.name,
      variableIn(each, "EDGE_DEMO"),
      each.flags["--set-secrets"],
    ]);
    expect(told).toEqual([
      ...names.map((name) => [`shop-${name}`, undefined, "LETTER_SECRET=shop-letter-secret:latest"]),
      ["shop-edge", demo, "EDGE_SECRET=shop-edge-secret:latest"],
    ]);
    const reads = (secret: string, name: string) => [
      secret,
      { "--member": `serviceAccount:${ACCOUNT(name)}`, "--role": "roles/secretmanager.secretAccessor" },
    ];
    expect(of(commands, "secrets add-iam-policy-binding").map(({ name, flags }) => [name, flags])).toEqual([
      reads("shop-edge-secret", EDGE),
      ...names.map((name) => reads("shop-letter-secret", name)),
    ]);
    const made = of(commands, "secrets create");
    expect(made.map(({ name }) => name)).toEqual(["shop-edge-secret", "shop-letter-secret"]);
    for (const { flags } of made) expect(flags).toMatchObject({ "--data-file": "-", "--labels": LABELS });
  },
);

it("destroy.sh deletes whatever deploy.sh creates; the data only when told", () => {
  const made = [dryRun("deploy.sh"), dryRun("deploy.sh", ["--triggers"])].flat();
  const gone = dryRun("destroy.sh", ["--data"]);
  const kinds: readonly (readonly [string, string])[] = [
    ["functions deploy", "functions delete"],
    ["pubsub topics create", "pubsub topics delete"],
    ["pubsub subscriptions create", "pubsub subscriptions delete"],
    ["scheduler jobs create http", "scheduler jobs delete"],
    ["secrets create", "secrets delete"],
  ];
  for (const [create, remove] of kinds) expect(namesOf(gone, remove)).toEqual([...new Set(namesOf(made, create))]);
  // Which of its triggers is a function's own, and goes with it, its lists said when it was deployed.
  expect(namesOf(gone, "eventarc triggers delete")).toEqual([...subscriptions].sort());
  expect(subscriptions).toEqual(expect.arrayContaining(namesOf(made, "eventarc triggers create")));
  const policies = of(made, "alpha monitoring policies").map(
    ({ flags }) => JSON.parse(flags["--policy"] ?? "").displayName,
  );
  expect(namesOf(gone, "alpha monitoring policies delete")).toEqual([...new Set(policies)].sort());
  const accounts = namesOf(made, "iam service-accounts create").map((name) => `${name}@p1.iam.gserviceaccount.com`);
  expect(namesOf(gone, "iam service-accounts delete")).toEqual([...new Set(accounts)]);
  // A role outlives the account that has it.
  const bound = (commands: readonly Command[], words: string) =>
    [...new Set(of(commands, words).map(({ flags }) => `${flags["--member"]} ${flags["--role"]}`))].sort();
  expect(bound(gone, "projects remove-iam-policy-binding")).toEqual(bound(made, "projects add-iam-policy-binding"));
  const kept = dryRun("destroy.sh").filter(
    ({ name, words }) => name === DEAD_LETTERS || /^(firestore|secrets)/.test(words),
  );
  expect(kept.map(({ words }) => words)).toEqual(["alpha monitoring policies delete"]);
});

let folder: string | undefined;
afterEach(() => {
  if (folder) rmSync(folder, { recursive: true });
  folder = undefined;
});

interface Thing {
  readonly what: string;
  readonly name: string;
  readonly mark: string;
}

/** A project that begins with some things, behind a gcloud that takes notes. */
function project(begins: readonly Thing[] = []) {
  folder = mkdtempSync(join(tmpdir(), "loosely-gcloud-"));
  const state = join(folder, "there");
  copyFileSync(join(import.meta.dirname, "fake-gcloud.sh"), join(folder, "gcloud"));
  chmodSync(join(folder, "gcloud"), 0o755);
  writeFileSync(state, begins.map(({ what, name, mark }) => `${what} ${name} ${mark}\n`).join(""));
  const env = {
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    FAKE_STATE: state,
    FAKE_LOG: join(folder, "log"),
    FAKE_REAL: "",
  };
  const things = (): readonly Thing[] =>
    readFileSync(state, "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, what = "", name = "", mark = ""] = /^(\S+) (\S+) (.*)$/.exec(line) ?? [];
        return what === "" ? [] : [{ what, name, mark }];
      });
  return {
    run: (script: string, ...args: readonly string[]) =>
      run(script, ["--project", "p1", "--region", "r1", ...args], env),
    things,
    /** All arguments. */
    log: () => readFileSync(env.FAKE_LOG, "utf8"),
    /** Puts a script in a program's place. */
    stand(name: string, script: string) {
      writeFileSync(join(folder as string, name), `#!/usr/bin/env bash\n${script}\n`, { mode: 0o755 });
    },
    names: () => things().map(({ what, name }) => `${what} ${name}`),
  };
}

it("everything that a deployment makes bears its labels, or says them where it can have none", () => {
  const { run, things } = project();
  run("deploy.sh");
  run("deploy.sh", "--only", "order", "--triggers");
  const marks = things().map(({ what, mark }) => [what, mark]);
  const kinds = [...new Set(marks.map(([what]) => what))].sort();
  expect(kinds).toEqual([
    "account",
    "database",
    "function",
    "job",
    "policy",
    "secret",
    "subscription",
    "topic",
    "trigger",
  ]);
  // What cannot be marked: documents of the collection ledger expire in ours.
  for (const [what, mark] of marks) if (what !== "database") expect([what, mark]).toEqual([what, LABELS]);
}, 60_000);

it("a second run makes nothing again, and keeps the secrets", () => {
  const { run, things } = project();
  const first = commandsIn(run("deploy.sh"));
  const before = things();
  const second = commandsIn(run("deploy.sh"));
  expect(of(first, "secrets create")).toHaveLength(2);
  expect(second.filter(({ words, name }) => /\bcreate\b/.test(`${words} ${name}`)).map(({ words }) => words)).toEqual([
    "beta services identity",
  ]);
  expect(things()).toEqual(expect.arrayContaining([...before]));
}, 60_000);

it("makes secrets that no argument holds and nobody is told of: they go to Secret Manager through a pipe", () => {
  const { run, log, stand } = project();
  const secret = "of-this-deployment";
  // Takes the place of what makes them.
  stand("openssl", `echo ${secret}`);
  const said = run("deploy.sh");
  expect(log()).toContain("secrets\0create\0shop-letter-secret");
  expect(log()).toContain("--data-file=-");
  expect(`${log()}${said}`).not.toContain(secret);
}, 60_000);

it("a run that fails half way, because a new account is not known everywhere, is done again and takes its own for its own", () => {
  const accounts = [...names, EDGE, "push", "build"].map((name) => ({
    what: "account",
    name: `shop-${name}`,
    mark: LABELS,
  }));
  const { run, names: made } = project(accounts);
  const commands = dryRun("deploy.sh");
  const [database, marked] = ["firestore databases", "firestore fields ttls update"].map((words) =>
    commands.findIndex((command) => `${command.words} ${command.name}`.startsWith(words)),
  );
  // The mark of what can have no labels.
  expect(marked).toBe((database ?? 0) + 1);
  run("deploy.sh");
  expect(made()).toContain("function shop-edge");
});

const FOREIGN = [
  { what: "topic", name: "shop-orders", mark: "" },
  { what: "topic", name: "orders", mark: "" },
  { what: "function", name: "shop-billing", mark: "system=other,managed-by=loosely" },
  { what: "account", name: "shop-push", mark: "pushes parcels" },
  { what: "database", name: "shop-ledger", mark: "" },
];

it("what bears our names and not our label stops a deployment before it begins, which says how to go on", () => {
  const { run, things } = project(FOREIGN);
  const said = failing(() => run("deploy.sh"));
  for (const { what, name } of FOREIGN) {
    const isNamed = said.includes(`\n  ${what} ${name}\n`);
    expect([name, isNamed]).toEqual([name, name !== "orders"]);
  }
  expect(said).toMatch(/--prefix.*--adopt/);
  expect(things()).toEqual(FOREIGN);
}, 60_000);

it("somebody else's things do not stop a deployment of another prefix", () => {
  const { run, names } = project(FOREIGN);
  run("deploy.sh", "--prefix", "mine-");
  expect(names()).toEqual(expect.arrayContaining(["topic orders", "topic shop-orders", "topic mine-orders"]));
}, 60_000);

it("what is there is taken over when we are told: then it bears the label, and can be removed", () => {
  const { run, things, names } = project(FOREIGN.filter(({ name }) => name !== "orders"));
  run("deploy.sh", "--adopt");
  for (const { what, mark } of things()) if (what !== "database") expect([what, mark]).toEqual([what, LABELS]);
  run("destroy.sh", "--data");
  expect(names()).toEqual([]);
}, 60_000);

it("destroy.sh leaves what does not bear the label, and says so", () => {
  const ours = { what: "topic", name: "shop-bills", mark: LABELS };
  const { run, things } = project([...FOREIGN, ours]);
  const said = run("destroy.sh", "--data");
  expect(things()).toEqual(FOREIGN);
  for (const { what, name } of FOREIGN) {
    const isNamed = said.includes(`\n  ${what} ${name}\n`);
    expect([name, isNamed]).toEqual([name, name !== "orders"]);
  }
  expect(said).toContain(`not marked as ${LABELS}`);
}, 60_000);

it("destroy.sh keeps ledger, secrets and dead letters, which nobody can bring back, until it is told", () => {
  const { run, names } = project();
  run("deploy.sh");
  expect(run("destroy.sh")).toContain("--data removes them");
  expect(names().sort()).toEqual([
    "database shop-ledger",
    "secret shop-edge-secret",
    "secret shop-letter-secret",
    "subscription shop-dead-letters",
    "topic shop-dead-letters",
  ]);
  run("destroy.sh", "--data");
  expect(names()).toEqual([]);
}, 60_000);

/** The scripts with other lists. out: what is printed */
function ofSystem(lists: Readonly<Record<string, string>>, args: readonly string[] = []): string {
  folder = mkdtempSync(join(tmpdir(), "loosely-system-"));
  cpSync(import.meta.dirname, join(folder, "deploy/gcloud"), { recursive: true });
  const lines = Object.entries(lists).map(([name, value]) => `${name}="${value}"\n`);
  writeFileSync(join(folder, "deploy/gcloud/lists.sh"), lines.join(""));
  for (const name of `${lists.FUNCTIONS} ${lists.EDGE}`.trim().split(" "))
    mkdirSync(join(folder, "dist/gcf", name), { recursive: true });
  const options = ["--project", "p1", "--region", "r1", "--dry-run", ...args];
  return execFileSync("bash", [join(folder, "deploy/gcloud/deploy.sh"), ...options], {
    encoding: "utf8",
    stdio: "pipe",
  });
}

const ACME = {
  ALERTS: "unsaid",
  NAME: "acme",
  TOPICS: "points",
  SUBSCRIPTIONS: "tell-all:points",
  PUBLISHES: "desk:points",
  FUNCTIONS: "desk tell-all",
  EDGE: "",
};

it.each([[[]], [["--triggers"]]])(
  "another system, without an edge, with a function that no topic reaches: %j",
  (args) => {
    const commands = commandsIn(ofSystem(ACME, args));
    expect(namesOf(commands, "functions deploy")).toEqual(["acme-desk", "acme-tell-all"]);
    expect(namesOf(commands, "pubsub topics create")).toEqual(["acme-dead-letters", "acme-points"]);
    expect(namesOf(commands, "secrets create")).toEqual(["acme-letter-secret"]);
    const [desk] = of(commands, "functions deploy");
    expect(desk?.flags).toHaveProperty(["--trigger-http"]);
    const labels = commands.flatMap(({ flags }) => flags["--labels"] ?? flags["--update-labels"] ?? []);
    expect([...new Set(labels)]).toEqual(["system=acme,managed-by=loosely"]);
    expect(JSON.stringify(commands)).not.toMatch(/shop|order/);
  },
);

it.each([
  ["push", "push: must be no function's name"],
  ["base", "base: must be no function's name"],
  [
    "reconcile-all-of-yesterday",
    "--prefix: an account's id must have 6 to 30 characters, and acme-reconcile-all-of-yesterday has 31",
  ],
])("a function called %s is refused in one line, before anything is made", (name, message) => {
  const said = failing(() => ofSystem({ ...ACME, FUNCTIONS: `${ACME.FUNCTIONS} ${name}` }));
  expect(said.trim().split("\n")).toEqual([expect.stringContaining(message)]);
});

it.each([
  ["deploy.sh", ["--project", "p1"], "--project and --region: must be set"],
  ["deploy.sh", ["--project"], "--project: must have a value"],
  ["deploy.sh", ["--project", "p1", "--region", "r1", "--only", "bills"], "--only: must name some of"],
  ["deploy.sh", ["--project", "p1", "--region", "r1", "--triggers", "--ordered"], "--ordered: must not be combined"],
  [
    "deploy.sh",
    ["--project", "p1", "--region", "r1", "--dry-run", "--dist", "/nowhere"],
    /^\/nowhere\/[a-z-]+: is not there, which npm run build makes$/m,
  ],
  ["deploy.sh", ["--wipe"], "--wipe: not known"],
  ["destroy.sh", ["--region", "r1"], "--project and --region: must be set"],
])("%s %j: says what is wrong, and does nothing", (script, args, message) => {
  expect(() => run(script, args)).toThrow(message);
});
