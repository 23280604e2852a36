import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAX_EVENT_BYTES } from "../../adapters/lambda/receive.ts";
import { system } from "../../functions/index.ts";
import { museum } from "../generate/museum.ts";
import { fromTemplate } from "./from-template.ts";
import { dryRun, fromUpload } from "./from-upload.ts";
import { lay } from "./lay.ts";

const HERE = import.meta.dirname;
const DEAD_LETTERS = "dead-letters";

const withEdge: readonly (readonly [string, string])[] = [
  [system.name, HERE],
  ["another system", lay(museum)],
];

describe.each(withEdge)("%s", (_name, folder) => {
  it.each([
    ["nobody whom IAM does not know may ask the edge", {}, [], undefined],
    ["everybody may", { UrlAuthType: "NONE" }, ["--url-auth", "NONE"], 20],
    [
      "everybody may, and it says so",
      { UrlAuthType: "NONE", EdgeConcurrency: 5 },
      ["--url-auth", "NONE", "--edge-concurrency", "5"],
      5,
    ],
    [
      "everybody may, in an account that has nothing to reserve",
      { UrlAuthType: "NONE", EdgeConcurrency: 0 },
      ["--url-auth", "NONE", "--edge-concurrency", "0"],
      undefined,
    ],
  ])(
    "strangers leave the account's concurrency to the consumers: where %s",
    (_who, parameters, options, concurrency) => {
      const made = [fromTemplate(folder, parameters), fromUpload(folder, ...options)];
      expect(made.map(({ edgeConcurrency }) => edgeConcurrency)).toEqual([concurrency, concurrency]);
    },
  );

  it("makes something up for who asks for nothing only where it is told so", () => {
    const made = [fromTemplate(folder, { EdgeDemo: "on" }), fromUpload(folder, "--demo")];
    expect(made.map(({ functions }) => functions.edge?.env.EDGE_DEMO)).toEqual(["on", "on"]);
  });

  it("upload.sh bounds the edge before it opens it", () => {
    const calls = dryRun(folder, "--prefix", "", "--url-auth", "NONE");
    const at = (call: string) =>
      calls.findIndex(({ words, flags }) => words === call && flags["function-name"] === "edge");
    expect(at("lambda put-function-concurrency")).toBeGreaterThan(at("lambda create-function"));
    expect(at("lambda put-function-concurrency")).toBeLessThan(at("lambda create-function-url-config"));
    expect(at("lambda put-function-concurrency")).toBeLessThan(at("lambda add-permission"));
  });

  it("upload.sh opens the edge to everybody only when it is told so", () => {
    const opened = (...options: readonly string[]) =>
      dryRun(folder, "--prefix", "", ...options).filter(
        ({ words, flags }) => words === "lambda add-permission" && flags["function-name"] === "edge",
      ).length;
    expect([opened(), opened("--url-auth", "NONE")]).toEqual([0, 2]);
  });
});

it("upload.sh hides messages for six times whatever timeout it is given, but where settings.yaml says otherwise", () => {
  const folder = lay(museum, { guard: { timeout: 20 } });
  const { queues } = fromUpload(folder, "--timeout", "60");
  const hidden = Object.entries(queues).map(([name, { visibilitySeconds }]) => [name, visibilitySeconds]);
  expect(hidden).toEqual([
    [DEAD_LETTERS, undefined],
    ["ticket-history", 360],
    ["guard", 120],
  ]);
});

it("upload.sh makes nothing where a function would not be told what settings.yaml has it told", () => {
  const script = join(lay(museum, { guard: { environment: ["RADIO"] } }), "upload.sh");
  const { status, stderr } = spawnSync("bash", [script], { env: { PATH: process.env.PATH }, encoding: "utf8" });
  expect([status, stderr]).toEqual([2, "RADIO: must be set, for settings.yaml has guard told it\n"]);
});

it("upload.sh lets topics take 1 MiB where an event may be larger than a letter of 256 KiB, and tells the functions", () => {
  const most = "1032192";
  const calls = (...options: readonly string[]) => {
    const made = dryRun(HERE, "--prefix", "", ...options);
    const sized = made.filter(({ words }) => words === "sns set-topic-attributes");
    const told = made.filter(({ words }) => words === "lambda create-function");
    return {
      topics: sized.map(({ flags }) => [
        flags["topic-arn"]?.split(":").at(-1),
        flags["attribute-name"],
        flags["attribute-value"],
      ]),
      told: [...new Set(told.map(({ flags }) => JSON.parse(flags.environment ?? "").Variables.MAX_EVENT_BYTES))],
    };
  };
  expect(calls()).toEqual({ topics: [], told: [String(MAX_EVENT_BYTES)] });
  expect(calls("--max-event-bytes", most)).toEqual({
    topics: fromTemplate(HERE).topics.map((topic) => [topic, "MaximumMessageSize", "1048576"]),
    told: [most],
  });
  for (const wrong of ["131071", "1032193", "many", "99999999999"])
    expect(() => dryRun(HERE, "--max-event-bytes", wrong)).toThrow("--max-event-bytes: must be 131072 to 1032192");
});
