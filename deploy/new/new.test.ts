import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { EventDefinition, FunctionDefinition } from "../../functions/kernel/define.ts";
import { createTestProject } from "../generate/test-project.ts";
import { constantOf, namesOf } from "./names.ts";
import { type FunctionOptions, type Plan, planEvent, planFunction } from "./plan.ts";
import { readImporters, readProject } from "./project.ts";
import { removeEvent, removeFunction } from "./removal.ts";

const LENT = "org.library.loan.lent.v1";
const FINED = "com.acme.fines.fine-due.v1";
const OPTIONS: FunctionOptions = { on: [LENT], emit: [FINED], topic: "fines", keepsState: false, isExclusive: false };

async function planIn(root: string, options: Partial<FunctionOptions> = {}, name = "fees"): Promise<Plan> {
  return planFunction(await readProject(root), name, { ...OPTIONS, ...options });
}

function write(root: string, { files }: Plan): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const load = (root: string, path: string) => import(pathToFileURL(join(root, path)).href);

it.each([
  ["com.acme.loyalty.points-earned.v1", "points-earned", "PointsEarned"],
  ["com.acme.order.paid.v1", "order-paid", "OrderPaid"],
  ["com.acme.order.paid.v12", "order-paid-v12", "OrderPaidV12"],
  ["com.acme.7-days.v1", "acme-7-days", "Acme7Days"],
  ["com.acme.sampled.event.v1", "acme-sampled-event", "AcmeSampledEvent"],
])("%s is in %s.ts, as %s", (type, stem, name) => {
  expect(namesOf(type)[0]).toEqual({ stem, name });
});

it.each([
  ["points-earned", "pointsEarned"],
  ["delete", "deleteFunction"],
  ["expect", "expectFunction"],
  ["define-function", "defineFunctionFunction"],
  ["global-this", "globalThisFunction"],
  ["parse-int", "parseIntFunction"],
])("a function %s is %s in its files, where all else keeps its name", (name, constant) => {
  expect(constantOf(name)).toBe(constant);
});

describe("a new function", () => {
  it("is its event, its handler and its test, and says of what it hears what that is about", async () => {
    const root = createTestProject();
    const plan = await planIn(root);
    expect([...plan.files.keys()]).toEqual([
      "functions/events/fine-due.ts",
      "functions/fees/handler.ts",
      "functions/fees/handler.test.ts",
    ]);
    write(root, plan);
    const { FineDue, sample } = (await load(root, "functions/events/fine-due.ts")) as {
      readonly FineDue: EventDefinition<object>;
      readonly sample: object;
    };
    expect([FineDue.type, FineDue.topic, FineDue.audience]).toEqual([FINED, "fines", "others"]);
    expect(FineDue.parse(sample)).toEqual({ loanId: "l-1" });
    const { fees } = (await load(root, "functions/fees/handler.ts")) as { readonly fees: FunctionDefinition };
    const data = { loanId: "l-7", pages: 1 };
    const event = { specversion: "1.0", id: "e-1", source: "/test", type: LENT, time: "2026-11-25T10:00:00Z", data };
    expect(await fees.on.get(LENT)?.react(event, undefined)).toEqual({ emit: [FineDue({ loanId: "l-7" })] });
    expect([fees.keeps, fees.exclusive, [...fees.emits.keys()]]).toEqual(["nothing", false, [FINED]]);
  });

  it("keeps a state and is exclusive where it is asked for, and its name may be a word of the language", async () => {
    const root = createTestProject();
    write(root, await planIn(root, { keepsState: true, isExclusive: true }, "delete"));
    const { deleteFunction } = (await load(root, "functions/delete/handler.ts")) as {
      readonly deleteFunction: FunctionDefinition;
    };
    expect([deleteFunction.keeps, deleteFunction.exclusive]).toEqual(["state", true]);
    const { functions } = await readProject(root);
    expect(functions.map(({ folder }) => folder)).toEqual(["delete", "desk"]);
  });

  it("says nothing at once of an event that is there, whose data it does not know, and tells so", async () => {
    const { files, notes } = await planIn(createTestProject(), {
      emit: ["org.library.loan.asked.v1"],
      topic: undefined,
    });
    expect([...files.keys()]).toEqual(["functions/fees/handler.ts", "functions/fees/handler.test.ts"]);
    expect(files.get("functions/fees/handler.ts")).toContain("emits: [LoanAsked]");
    expect(notes).toEqual([expect.stringContaining("may say org.library.loan.asked.v1, and does not yet")]);
  });

  it("takes a longer name for an event whose short one is taken", async () => {
    const { files } = await planIn(createTestProject(), { emit: ["com.acme.loan.lent.v1"] });
    expect([...files.keys()][0]).toBe("functions/events/acme-loan-lent.ts");
  });

  it.each<[string, string, Partial<FunctionOptions>, string]>([
    ["a name that no host could bear", "Fees", {}, "function Fees: name must match /"],
    ["a name that is the deployment's", "edge", {}, "function edge: name is taken"],
    ["a name that every object has", "constructor", {}, "function constructor: name is taken"],
    ["a folder that is there", "desk", {}, "functions/desk: is there, and nothing is overwritten"],
    ["no event", "fees", { on: [] }, "--on: must name what the function hears"],
    [
      "an event that is not there",
      "fees",
      { on: ["org.library.nothing.v1"] },
      "--on org.library.nothing.v1: must be one of\n  org.library.loan.asked.v1\n  org.library.loan.lent.v1\n",
    ],
    ["a type without a version", "fees", { emit: ["com.acme.fined"] }, "type com.acme.fined: must match /"],
    ["a type of more than 200 characters", "fees", { emit: [`com.acme.${"a".repeat(200)}.v1`] }, ": must match /"],
    ["a new event without a topic", "fees", { topic: undefined }, `--topic: must be said for ${FINED}`],
    ["a topic that no broker takes", "fees", { topic: "F" }, "--topic F: must match /"],
    ["the topic of dead letters", "fees", { topic: "dead-letters" }, "and not be dead-letters"],
    ["a topic for no event", "fees", { emit: [] }, "--topic: must be left out"],
  ])("is refused with %s", async (_, name, options, message) => {
    await expect(planIn(createTestProject(), options, name)).rejects.toThrow(message);
  });
});

it("a new event is about what the others are about, and is told to need somebody", async () => {
  const project = await readProject(createTestProject());
  const { files, notes } = planEvent(project, FINED, { topic: "fines", audience: "functions" });
  const text = files.get("functions/events/fine-due.ts");
  expect(text).toContain('import { loanId } from "./schema.ts";');
  expect(text).not.toContain("audience");
  expect(notes).toEqual([expect.stringMatching(/until some function says it .* and one hears it/)]);
  expect(() => planEvent(project, LENT, { topic: "loans", audience: "others" })).toThrow(
    `type ${LENT}: is there, in functions/events/loan-lent.ts`,
  );
});

describe("what is removed", () => {
  const removal = async (root: string, name: string) =>
    removeFunction(await readProject(root), name, readImporters(root));

  it("is a new function with its event, and nothing that others use", async () => {
    const root = createTestProject();
    write(root, await planIn(root));
    expect(await removal(root, "fees")).toEqual({
      files: ["functions/fees/handler.test.ts", "functions/fees/handler.ts", "functions/events/fine-due.ts"],
      kept: ["functions/events/loan-lent.ts: used by desk"],
      left: [],
    });
  });

  it("is not what only a file imports, which is named", async () => {
    const root = createTestProject({
      "adapters/x.ts": 'import { FineDue } from "../functions/events/index.ts"; import "../functions/fees/handler.ts";',
    });
    write(root, await planIn(root));
    const { files, kept, left } = await removal(root, "fees");
    expect(files).not.toContain("functions/events/fine-due.ts");
    expect(kept[0]).toBe("functions/events/fine-due.ts: used by adapters/x.ts");
    expect(left).toEqual([
      "adapters/x.ts: imports what is removed",
      "functions/events/fine-due.ts: nobody says it any more",
    ]);
  });

  it("leaves to whoever asked what nobody hears or makes any more", async () => {
    const root = createTestProject({
      "functions/fees/handler.ts": `
        import { LoanAsked } from "../events/loan-asked.ts";
        import { LoanLost } from "../events/loan-lost.ts";
        import { defineFunction, when } from "../kernel/define.ts";
        export const createFees = ({ charge }: any) =>
          defineFunction({ name: "fees", on: [when(LoanLost, () => charge())], emits: [LoanAsked] });
      `,
    });
    expect((await removal(root, "fees")).left).toEqual([
      "functions/events/loan-asked.ts: nobody says it any more",
      'functions/events/loan-lost.ts: nobody hears it any more, unless it says `audience: "others"`',
      "adapters/effects/charge.ts: no function uses the effect charge any more",
    ]);
  });

  it("is an event that nobody uses; who uses another is named", async () => {
    const root = createTestProject();
    write(root, planEvent(await readProject(root), FINED, { topic: "fines", audience: "others" }));
    const project = await readProject(root);
    expect(removeEvent(project, FINED, readImporters(root)).files).toEqual(["functions/events/fine-due.ts"]);
    expect(() => removeEvent(project, LENT, readImporters(root))).toThrow(`event ${LENT}: is used by desk`);
    rmSync(join(root, "functions/desk"), { recursive: true });
    writeFileSync(join(root, "functions/events/other.ts"), 'export { LoanLent as Lent } from "./loan-lent.ts";');
    const alone = { ...project, functions: [] };
    expect(() => removeEvent(alone, LENT, readImporters(root))).toThrow("is used by functions/events/other.ts");
    expect(() => removeEvent(alone, "org.library.no.v1", [])).toThrow("must be one of\n  com.acme.fines.fine-due.v1");
    expect(readFileSync(join(root, "functions/events/loan-lent.ts"), "utf8")).toContain(LENT);
  });
});
