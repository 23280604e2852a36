import { expect, it } from "vitest";
import { registries } from "./registries.ts";
import { createTestProject } from "./test-project.ts";

const read = async (files: Readonly<Record<string, string>> = {}) =>
  new Map(await Array.fromAsync(registries(createTestProject(files))));

const EDGE = `
  import { defineEdge } from "../kernel/edge.ts";
  import { LoanAsked } from "../events/loan-asked.ts";
  import { desk } from "../desk/handler.ts";
  export const loans = defineEdge({
    name: "loan", path: "/loans", of: desk, body: {} as never, event: () => LoanAsked({ loanId: "1", pages: 1 }), show: () => ({}),
  });
`;
const toHandler = (name: string, says = `export const ${name} = `) => `
  import { LoanLent } from "../events/loan-lent.ts";
  import { defineFunction, when } from "../kernel/define.ts";
  ${says}defineFunction({ name: "${name}", on: [when(LoanLent, () => ({}))] });
`;
const toMailer = (name: string) => toHandler(name, "export const createMailer = ({ sendMail }: any) => sendMail && ");

it("lists events by file, functions with an edge first, and the effects that they use", async () => {
  const files = await read({
    "functions/archive/handler.ts": toHandler("archive"),
    "functions/desk/edge.ts": EDGE,
    "functions/reminders/handler.ts": toMailer("reminders"),
    "adapters/effects/send-mail.ts": "export const createSendMail = () => async () => {};",
  });
  expect([...files.keys()]).toEqual([
    "functions/events/index.ts",
    "functions/registry.ts",
    "adapters/effects/index.ts",
  ]);
  const [events, functions, effects] = [...files.values()];
  expect(events).toContain("sampled(loanAsked.LoanAsked, loanAsked.sample)");
  expect(events).toContain(
    "export const catalogue = [LoanAsked, LoanLent, LoanLost] as const satisfies readonly SampledEvent[];",
  );
  expect(functions).toContain("export const functions = [desk, archive, createMailer] as const;");
  expect(functions).toContain("export const edges = [loans] as const;");
  expect(effects).toContain("sendMail: createSendMail(env)");
});

it("says apart what two files export under one name", async () => {
  const effect = "export const createSendMail = () => async () => {};";
  const files = await read({
    "functions/a/handler.ts": toMailer("a"),
    "functions/b/handler.ts": toMailer("b"),
    "adapters/effects/send-mail.ts": effect,
  });
  expect(files.get("functions/registry.ts")).toContain("functions = [createMailer, createMailer2, desk]");
});

it("leaves an event that is only understood as a newer one out of the catalogue, and in the index", async () => {
  const upcast = `upcast: { from: LoanLent, to: (data) => data },`;
  const files = await read({
    "functions/events/loan-lent-v2.ts": `
      import * as v from "valibot";
      import { defineEvent } from "../kernel/define.ts";
      import { LoanLent } from "./loan-lent.ts";
      export const LoanLentV2 = defineEvent({
        type: "org.library.loan.lent.v2", data: v.object({ loanId: v.string() }), subject: ({ loanId }) => loanId, ${upcast}
      });
      export const sample = { loanId: "l-1" };
    `,
  });
  const events = files.get("functions/events/index.ts");
  expect(events).toContain("export const LoanLent = ");
  expect(events).toContain("catalogue = [LoanAsked, LoanLentV2, LoanLost]");
});

const AN_EVENT = `
  import { defineEvent } from "../kernel/define.ts";
  export const LoanBack = defineEvent({ type: "org.library.loan.back.v1", data: {} as never, subject: () => "1" });
`;

it.each([
  [
    "an event without a sample",
    { "functions/events/loan-back.ts": AN_EVENT },
    "functions/events/loan-back.ts: must export `sample`, valid data of org.library.loan.back.v1",
  ],
  [
    "a sample without an event",
    { "functions/events/loan-back.ts": "export const sample = {};" },
    "functions/events/loan-back.ts: exports a sample, and must export the event type of it",
  ],
  [
    "two events in one file",
    { "functions/events/loan-back.ts": `${AN_EVENT} export const Other = LoanBack; export const sample = {};` },
    "functions/events/loan-back.ts: must export one event type, exports LoanBack, Other",
  ],
  [
    "an event that another file has",
    { "functions/events/z.ts": 'export * from "./loan-lent.ts";' },
    "functions/events/z.ts: exports LoanLent (org.library.loan.lent.v1), as functions/events/loan-lent.ts does",
  ],
  [
    "a file that does not load",
    { "functions/events/z.ts": 'throw new Error("no");' },
    "functions/events/z.ts: cannot be loaded: no",
  ],
  [
    "a handler without a function",
    { "functions/a/handler.ts": "export const a = 1;" },
    "functions/a/handler.ts: must export one function, of defineFunction or as create…(effects) that makes it, exports none",
  ],
  [
    "a handler that exports as default",
    { "functions/a/handler.ts": toHandler("a", "export default ") },
    "functions/a/handler.ts: must export by name, not as default",
  ],
  [
    "an edge without a handler",
    { "functions/a/edge.ts": "export const a = {};" },
    "functions/a/handler.ts: must export the function that functions/a/edge.ts asks",
  ],
  [
    "a handler that keeps its effects for later",
    { "functions/a/handler.ts": toHandler("a", "export const createA = (effects: any) => () => effects.sendMail && ") },
    "functions/a/handler.ts: createA(effects) cannot be called: createA: must name the effects that it uses",
  ],
  [
    "a handler with two functions",
    { "functions/a/handler.ts": `${toHandler("a")} export const b = a;` },
    "functions/a/handler.ts: must export one function, of defineFunction or as create…(effects) that makes it, exports a, b",
  ],
  [
    "a function that is not called as its folder",
    { "functions/a/handler.ts": toHandler("b") },
    "functions/a/handler.ts: exports the function b, and must export a, as its folder says",
  ],
  [
    "an edge file without an edge",
    { "functions/desk/edge.ts": "export const loans = {};" },
    "functions/desk/edge.ts: must export an edge of defineEdge, exports none",
  ],
  [
    "an effect without a file",
    { "functions/a/handler.ts": toMailer("a") },
    "adapters/effects/send-mail.ts: must export createSendMail(env), which makes the effect sendMail of functions/a/handler.ts",
  ],
])("says of %s which file must export what", async (_, files, message) => {
  await expect(read(files)).rejects.toThrow(message);
});
