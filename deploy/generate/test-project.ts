import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

type Texts = Readonly<Record<string, string>>;

const toEvent = (name: string, type: string, audience = "functions"): string => `
  import * as v from "valibot";
  import { defineEvent } from "../kernel/define.ts";
  import { loanId } from "./schema.ts";
  export const ${name} = defineEvent({
    type: ${JSON.stringify(type)},
    topic: "loans",
    audience: ${JSON.stringify(audience)},
    data: v.object({ loanId, pages: v.number() }),
    subject: ({ loanId }) => loanId,
  });
  export const sample = { loanId: "l-1", pages: 12 };
`;

/** Three events, and a function that hears one and says the others. */
const FILES: Texts = {
  "functions/events/schema.ts": 'import * as v from "valibot"; export const loanId = v.string();',
  "functions/events/loan-asked.ts": toEvent("LoanAsked", "org.library.loan.asked.v1"),
  "functions/events/loan-lent.ts": toEvent("LoanLent", "org.library.loan.lent.v1", "others"),
  "functions/events/loan-lost.ts": toEvent("LoanLost", "org.library.loan.lost.v1"),
  "functions/desk/handler.ts": `
    import { LoanAsked } from "../events/loan-asked.ts";
    import { LoanLent } from "../events/loan-lent.ts";
    import { LoanLost } from "../events/loan-lost.ts";
    import { defineFunction, when } from "../kernel/define.ts";
    export const desk = defineFunction({ name: "desk", on: [when(LoanAsked, () => ({}))], emits: [LoanLent, LoanLost] });
  `,
};

/** A project of its own on disk, where packages are found on the way up. in: texts instead of, or beside, those that it has */
export function createTestProject(files: Texts = {}): string {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const root = mkdtempSync(join(ROOT, "dist/project-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  cpSync(join(ROOT, "functions/kernel"), join(root, "functions/kernel"), { recursive: true });
  for (const [path, text] of Object.entries({ ...FILES, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
