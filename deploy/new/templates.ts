/** An event in code: where it is, and by which field of its data one knows what it is about. */
export interface EventPart {
  readonly type: string;
  readonly stem: string;
  readonly name: string;
  /** Left out: no field alone says it. */
  readonly field?: string | undefined;
}

export interface NewEvent extends EventPart {
  readonly topic: string;
  readonly audience: "functions" | "others";
  readonly field: string;
  /** What its sample is about. */
  readonly id: string;
  /** Whether events share a schema of the field. */
  readonly isShared: boolean;
}

export interface NewFunction {
  readonly name: string;
  /** Under which its file exports it. */
  readonly constant: string;
  readonly on: readonly EventPart[];
  readonly emits: readonly EventPart[];
  /** Those of them that it says at once: of others it is not known what is in them. */
  readonly says: readonly NewEvent[];
  readonly keepsState: boolean;
  readonly isExclusive: boolean;
}

export function eventText({ type, name, topic, audience, field, id, isShared }: NewEvent): string {
  const text =
    "/* @__PURE__ */ v.pipe(/* @__PURE__ */ v.string(), /* @__PURE__ */ v.minLength(1), /* @__PURE__ */ v.maxLength(100))";
  return `import * as v from "valibot";
import { defineEvent } from "../kernel/define.ts";
import ${isShared ? `{ ${field} } from ` : ""}"./schema.ts";

export const ${name} = /* @__PURE__ */ defineEvent({
  type: ${JSON.stringify(type)},
  topic: ${JSON.stringify(topic)},${audience === "others" ? `\n  audience: "others",` : ""}
  data: /* @__PURE__ */ v.object({ ${isShared ? field : `${field}: ${text}`} }),
  subject: ({ ${field} }) => ${field},
});

export const sample = { ${field}: ${JSON.stringify(id)} };
`;
}

export function handlerText(fn: NewFunction): string {
  const { name, constant, on, emits, keepsState, isExclusive } = fn;
  const parts = [...new Map([...on, ...emits].map((each) => [each.name, each])).values()];
  return `${keepsState ? 'import * as v from "valibot";' : ""}
${parts.map((each) => `import { ${each.name} } from "../events/${each.stem}.ts";`).join("\n")}
import { defineFunction, when } from "../kernel/define.ts";
${keepsState ? stateText : ""}
/** Hears ${listed(on)}${emits.length > 0 ? `, says ${listed(emits)}` : ""}. */
export const ${constant} = defineFunction${keepsState ? "<State>" : ""}({
  name: ${JSON.stringify(name)},${keepsState ? "\n  state," : ""}${isExclusive ? "\n  exclusive: true," : ""}
  on: [${on.map((each) => clauseText(each, fn)).join(", ")}],
  ${emits.length > 0 ? `emits: [${emits.map((each) => each.name).join(", ")}],` : ""}
});
`;
}

const stateText = `
/** What is kept of each subject. Whoever changes it raises \`version\`, below. */
const state = /* @__PURE__ */ v.object({ events: /* @__PURE__ */ v.number() });
type State = v.InferOutput<typeof state>;
`;

function clauseText(event: EventPart, { says, keepsState }: NewFunction): string {
  const { name, field } = event;
  const said = says.map((each) => {
    const id = field ?? `${name}.subjectOf(data)`;
    return `${each.name}({ ${each.field === id ? id : `${each.field}: ${id}`} })`;
  });
  const reaction = [
    ...(keepsState ? ["state: { events: events + 1 }"] : []),
    ...(said.length > 0 ? [`emit: [${said.join(", ")}]`] : []),
  ];
  const input = said.length === 0 ? "_event" : field ? `{ data: { ${field} } }` : "{ data }";
  const parameters = keepsState ? `${input}, { events }: State = { events: 0 }` : said.length > 0 ? input : "";
  return `when(${name}, (${parameters}) => (${reaction.length > 0 ? `{ ${reaction.join(", ")} }` : "{}"}))`;
}

export function testText(fn: NewFunction): string {
  const { constant, on, says, keepsState, isExclusive } = fn;
  const names = [...new Set([...on, ...says].map(({ name }) => name))];
  const [first] = on;
  return `import { expect, it } from "vitest";
import { ${names.join(", ")} } from "../events/index.ts";
import { ${constant} } from "./handler.ts";

const CAUSE = { specversion: "1.0", id: "e-1", source: "/test", time: "2026-11-25T10:00:00Z" };
${on.map((each) => caseText(each, fn)).join("")}${
  keepsState && first
    ? `
it("knows what came before", async () => {
  const draft = ${first.name}(${first.name}.sample);
  const reaction = await ${constant}.on.get(draft.type)?.react({ ...CAUSE, ...draft }, { events: 1 });
  expect(reaction?.state).toEqual({ events: 2 });
});
`
    : ""
}${
  isExclusive
    ? `
it("is exclusive: two deliveries never run at once", () => {
  expect(${constant}.exclusive).toBe(true);
});
`
    : ""
}`;
}

function caseText({ type, name }: EventPart, { constant, says, keepsState }: NewFunction): string {
  const reaction = [
    ...(keepsState ? ["state: { events: 1 }"] : []),
    ...(says.length > 0
      ? [`emit: [${says.map((each) => `${each.name}({ ${each.field}: draft.subject })`).join(", ")}]`]
      : []),
  ];
  const what = says.length > 0 ? `says ${listed(says)} about what ${type} is about` : `hears ${type}`;
  return `
it(${JSON.stringify(what)}, async () => {
  const draft = ${name}(${name}.sample);
  const reaction = await ${constant}.on.get(draft.type)?.react({ ...CAUSE, ...draft }, undefined);
  expect(reaction).toEqual({ ${reaction.join(", ")} });
});
`;
}

const listed = (events: readonly EventPart[]): string => events.map(({ type }) => type).join(", ");
