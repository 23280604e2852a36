import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import type { Relayed } from "../../adapters/core/relay/relay.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { logRelayed } from "../../adapters/gcf/log.ts";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { topicsOf } from "../../functions/kernel/define.ts";

const functions = createFunctions(system, createEffects({}));
const topics = [...new Set(catalogue.flatMap(({ topic }) => topic ?? []))];
const subscriptions = functions.flatMap((fn) => topicsOf(fn).map((topic) => `${fn.name}-${topic}`));

interface Command {
  /** Before the first flag. */
  readonly words: string;
  /** The last word before the flags. */
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
}

function dryRun(script: string, args: readonly string[] = []): readonly Command[] {
  const command = [join(import.meta.dirname, script), "--project", "p1", "--region", "r1", "--dry-run", ...args];
  const printed = execFileSync("bash", command, { encoding: "utf8" });
  return printed.split("\n").flatMap((line) => (line.startsWith("+ gcloud ") ? [parse(line.slice(9))] : []));
}

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
const seconds = (text: string | undefined) => Number.parseInt(text ?? "", 10);

const VARIANTS = [[], ["--triggers"], ["--ordered"], ["--public"], ["--only", "billing"]];

it("topics, subscriptions and functions are those of the catalogue", () => {
  const commands = dryRun("deploy.sh");
  expect(namesOf(commands, "pubsub topics create")).toEqual([...topics, "dead-letters"].sort());
  expect(namesOf(commands, "pubsub subscriptions create")).toEqual([...subscriptions, "dead-letters"].sort());
  const names = [...functions.map(({ name }) => name), "orders"].sort();
  expect(namesOf(commands, "functions deploy")).toEqual(names);
  for (const { name, flags } of of(commands, "pubsub subscriptions create")) {
    if (name === "dead-letters") continue;
    expect(name).toBe(`${flags["--push-endpoint"]?.match(/\/\/(\w+)\./)?.[1]}-${flags["--topic"]}`);
    expect(flags["--push-endpoint"]?.split("/").at(-1)).toBe(flags["--topic"]);
  }
});

it("triggers: every function hears each of its topics", () => {
  const commands = dryRun("deploy.sh", ["--triggers"]);
  const byFunction = of(commands, "functions deploy").map(({ name, flags }) => `${name}-${flags["--trigger-topic"]}`);
  const further = of(commands, "eventarc triggers create").map(
    ({ flags }) => `${flags["--destination-run-service"]}-${flags["--transport-topic"]?.split("/").at(-1)}`,
  );
  const all = [...byFunction, ...further].filter((name) => name !== "orders-undefined");
  expect(all.sort()).toEqual([...subscriptions].sort());
});

it.each(VARIANTS)("deploy.sh %s %s: retries and dead letters are never off", (...args) => {
  const commands = dryRun("deploy.sh", args);
  const deliveries = [
    ...of(commands, "pubsub subscriptions create").filter(({ name }) => name !== "dead-letters"),
    ...of(commands, "pubsub subscriptions update"),
  ];
  expect(deliveries.length).toBe(args.includes("--only") ? 1 : subscriptions.length);
  for (const { flags } of deliveries) {
    expect(flags).toMatchObject({
      "--dead-letter-topic": "dead-letters",
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
    const deadlines = of(commands, "functions deploy").map(({ flags }) => ({
      event: Number(flags["--update-env-vars"]?.match(/DISPATCH_TIMEOUT_MS=(\d+)/)?.[1]) / 1_000,
      request: seconds(flags["--timeout"]),
    }));
    const acks = commands.flatMap(({ words, name, flags }) =>
      words.startsWith("pubsub subscriptions") && name !== "dead-letters" ? (flags["--ack-deadline"] ?? []) : [],
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
  const modes = of(dryRun("deploy.sh", args), "functions deploy").map(({ flags }) =>
    flags["--update-env-vars"]?.split(",").find((pair) => pair.startsWith("NODE_ENV=")),
  );
  expect([...new Set(modes)]).toEqual(["NODE_ENV=production"]);
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
    const expected = each.name === "orders" ? { isPublic, isReachable: true } : { isPublic: false, isReachable: false };
    expect(each).toEqual({ name: each.name, ...expected, isPrivate: !expected.isPublic });
  }
});

it("the holder of dead letters is there before the first event, and the edge comes last", () => {
  const commands = dryRun("deploy.sh");
  const at = (words: string, name: string) =>
    commands.findIndex((command) => command.words === words && command.name === name);
  const holder = at("pubsub subscriptions create", "dead-letters");
  const last = at("functions deploy", "orders");
  for (const name of subscriptions) {
    expect(at("pubsub subscriptions create", name)).toBeGreaterThan(holder);
    expect(at("pubsub subscriptions create", name)).toBeLessThan(last);
  }
});

it("pushes carry a token of an account that only the functions let in", () => {
  const commands = dryRun("deploy.sh");
  const letIn = of(commands, "functions add-invoker-policy-binding");
  expect(letIn.map(({ name }) => name).sort()).toEqual(functions.map(({ name }) => name).sort());
  const account = "loosely-push@p1.iam.gserviceaccount.com";
  for (const { flags } of letIn) expect(flags["--member"]).toBe(`serviceAccount:${account}`);
  for (const { name, flags } of of(commands, "pubsub subscriptions create"))
    if (name !== "dead-letters") expect(flags["--push-auth-service-account"]).toBe(account);
});

it.each([[[]], [["--triggers"]]])(
  "deploy.sh %j: each function but the edge is asked each minute what it has not said, by whom it lets in",
  (args) => {
    const commands = dryRun("deploy.sh", args);
    const jobs = of(commands, "scheduler jobs create http");
    expect(jobs.map(({ name }) => name).sort()).toEqual(functions.map(({ name }) => `${name}-relay`).sort());
    for (const { name, flags } of jobs) {
      const url = `https://${name.replace("-relay", "")}.example`;
      expect(flags).toEqual({
        "--location": "r1",
        "--schedule": "* * * * *",
        "--uri": `${url}/~relay`,
        "--http-method": "POST",
        "--attempt-deadline": "30s",
        "--max-retry-attempts": "0",
        "--oidc-service-account-email": "loosely-push@p1.iam.gserviceaccount.com",
        "--oidc-token-audience": url,
      });
    }
    const [enabled] = commands.filter(({ words, name }) => `${words} ${name}`.startsWith("services enable"));
    expect(enabled?.words).toContain("cloudscheduler.googleapis.com");
  },
);

it("alerts are those of the files, on what functions log of their relay and on the holder of dead letters", () => {
  const folder = join(import.meta.dirname, "alerts");
  const policies = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  const commands = dryRun("deploy.sh", ["--notify", "projects/p1/notificationChannels/7"]);
  const made = commands.filter(({ words }) => words === "alpha monitoring policies");
  expect(made.map(({ name, flags }) => [name, flags["--notification-channels"]])).toEqual(
    policies.map(() => ["create", "projects/p1/notificationChannels/7"]),
  );
  expect(made.map(({ flags }) => flags["--policy-from-file"]).sort()).toEqual(
    policies.map(({ displayName }) => `deploy/gcloud/alerts/${displayName}.json`).sort(),
  );
  const [unsaid, letters] = ["loosely-unsaid", "loosely-dead-letters"].map(
    (name) => policies.find(({ displayName }) => displayName === name).conditions[0],
  );
  const logged = logOf({ looked: 1, said: 0, failed: 1, parked: 0, oldestMs: 300_001 });
  const [, field = "", most = ""] = /jsonPayload\.(\w+)>(\d+)$/.exec(unsaid.conditionMatchedLog.filter) ?? [];
  expect(logged[field]).toBe(Number(most) + 1);
  const { function: label } = unsaid.conditionMatchedLog.labelExtractors;
  expect(logged[/^EXTRACT\(jsonPayload\.(\w+)\)$/.exec(label)?.[1] ?? ""]).toBe("f");
  expect(letters.conditionThreshold.filter).toContain('resource.labels.subscription_id="dead-letters"');
});

/** What a function logs of a look. */
function logOf(relayed: Relayed): Readonly<Record<string, unknown>> {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  logRelayed("f", relayed);
  const [[line] = []] = write.mock.calls;
  write.mockRestore();
  return JSON.parse(String(line));
}

it("destroy.sh deletes whatever deploy.sh creates; the data only when told", () => {
  const made = [dryRun("deploy.sh"), dryRun("deploy.sh", ["--triggers"])].flat();
  const gone = dryRun("destroy.sh", ["--data"]);
  const kinds: readonly (readonly [string, string])[] = [
    ["functions deploy", "functions delete"],
    ["pubsub topics create", "pubsub topics delete"],
    ["pubsub subscriptions create", "pubsub subscriptions delete"],
    ["eventarc triggers create", "eventarc triggers delete"],
    ["scheduler jobs create http", "scheduler jobs delete"],
  ];
  for (const [create, remove] of kinds) expect(namesOf(gone, remove)).toEqual([...new Set(namesOf(made, create))]);
  const policies = of(made, "alpha monitoring policies").map(
    ({ flags }) => flags["--policy-from-file"]?.match(/([\w-]+)\.json/)?.[1],
  );
  expect(namesOf(gone, "alpha monitoring policies delete")).toEqual([...new Set(policies)].sort());
  const accounts = namesOf(made, "iam service-accounts create").map((name) => `${name}@p1.iam.gserviceaccount.com`);
  expect(namesOf(gone, "iam service-accounts delete")).toEqual([...new Set(accounts)]);
  const kept = dryRun("destroy.sh").filter(
    ({ name, words }) => name === "dead-letters" || words.startsWith("firestore"),
  );
  expect(kept).toEqual([]);
});

it.each([
  ["deploy.sh", ["--project", "p1"], "--project and --region: must be set"],
  ["deploy.sh", ["--project"], "--project: must have a value"],
  ["deploy.sh", ["--project", "p1", "--region", "r1", "--only", "bills"], "--only: must name some of"],
  ["deploy.sh", ["--project", "p1", "--region", "r1", "--triggers", "--ordered"], "--ordered: must not be combined"],
  ["deploy.sh", ["--wipe"], "--wipe: not known"],
  ["destroy.sh", ["--region", "r1"], "--project and --region: must be set"],
])("%s %j: says what is wrong, and does nothing", (script, args, message) => {
  const call = () =>
    execFileSync("bash", [join(import.meta.dirname, script), ...args], { encoding: "utf8", stdio: "pipe" });
  expect(call).toThrow(message);
});
