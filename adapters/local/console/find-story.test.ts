import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { derivedId, eventKey } from "../../core/event/ids.ts";
import { compact, parkedKey } from "../../core/ledger/entry.ts";
import { temporaryFolder } from "../test-app.ts";
import type { Happening } from "./api-types.ts";
import { openHistory } from "./history.ts";

type Row = Omit<Happening, "id" | "at"> & { readonly at?: number; readonly body?: string };

/** out: a history of these, a tenth of a second after the other; and what its story of an id holds, by the names of its rows */
function tell(rows: Readonly<Record<string, Row>>) {
  const history = openHistory(join(temporaryFolder(), "history.db"));
  onTestFinished(history.close);
  for (const [nth, { body, ...row }] of Object.values(rows).entries()) history.append({ at: nth * 100, ...row }, body);
  // Whoever begins to listen is told later of nothing that is before.
  history.onAppended(() => {})();
  const names = Object.keys(rows);
  const storyOf = (id: string) => history.story(id)?.happenings.map((row) => names[row.id - 1]);
  return { history, storyOf };
}

const source = "/test/desk";
const structured = (id: string) => JSON.stringify({ specversion: "1.0", id, source });
const about = (event: string, causation?: string): Partial<Row> => ({
  ...{ event, type: `org.example.${event}.v1`, subject: "subject-1", correlation: "correlation-1" },
  ...(causation === undefined ? {} : { causation }),
});
const ofSubject = (subject: string) => `two-${derivedId(subject)}`;

/** `asked-001` at desk, which says `opened-1`, which two hear; one of them says `closed-1`. Another story in between. */
const ROWS: Readonly<Record<string, Row>> = {
  asked: {
    kind: "told",
    app: "desk",
    event: "asked-001",
    subject: "subject-1",
    outcome: "ack",
    said: ["opened"],
    ms: 2,
  },
  published: {
    kind: "published",
    app: "desk",
    topic: "t",
    entry: 1,
    ...about("opened-1", "asked-001"),
    body: structured("opened-1"),
  },
  other: { kind: "published", app: "desk", topic: "t", entry: 2, event: "other-01", subject: "subject-10", body: "{}" },
  delivered: { kind: "delivered", app: "two", topic: "t", entry: 1, ...about("opened-1", "asked-001"), attempt: 1 },
  before: { kind: "saved", app: "two", key: ofSubject("subject-1"), body: "1" },
  otherSaved: { kind: "saved", app: "two", key: ofSubject("subject-10"), body: "other" },
  marked: { kind: "saved", app: "two", key: `${ofSubject("subject-1")}-said-${"x".repeat(22)}`, body: "mark" },
  slot: { kind: "saved", app: "two", key: "two-slot-0-1", body: "slot" },
  parked: {
    kind: "saved",
    app: "one",
    key: parkedKey("one", compact(eventKey({ source, id: "opened-1" }))),
    body: "p",
  },
  effect: { kind: "effect", app: "two", how: "mail", key: "subject-1/opened" },
  otherEffect: { kind: "effect", app: "two", how: "mail", key: "subject-10/opened" },
  named: { kind: "effect", how: "charge", key: "else", event: "opened-1" },
  answered: {
    kind: "answered",
    app: "two",
    topic: "t",
    entry: 1,
    ...about("opened-1", "asked-001"),
    outcome: "success",
    ms: 900,
  },
  service: { kind: "service", app: "two", outcome: "died" },
  saved: { kind: "saved", app: "two", key: `two||${ofSubject("subject-1")}`, body: "2" },
  savedAgain: { kind: "saved", app: "two", key: ofSubject("subject-1"), body: "3" },
  caused: {
    kind: "published",
    app: "two",
    topic: "u",
    entry: 3,
    event: "closed-1",
    causation: "opened-1",
    body: "not JSON",
  },
};
const FOREIGN = ["other", "otherSaved", "marked", "slot", "otherEffect", "service"];
const WHOLE = Object.keys(ROWS).filter((name) => !FOREIGN.includes(name));

/** Of the subject there is more: that something was saved while it was worked on is all that is known of it. */
const CORRELATED = WHOLE.filter((name) => !["asked", "effect", "saved", "savedAgain"].includes(name));

it.each([
  ["a subject", { id: "subject-1", names: WHOLE }],
  ["a correlation id, which its first event has not yet", { id: "correlation-1", names: CORRELATED }],
  ["what a correlation id begins with", { id: "correlat", names: CORRELATED }],
  ["an event, and what follows from it", { id: "asked-001", names: WHOLE }],
  ["an event from which nothing follows", { id: "closed-1", names: ["caused"] }],
  ["too few characters", { id: "closed-", names: undefined }],
  ["what nobody knows", { id: "subject-2", names: undefined }],
])("the story of %s has its documents and effects, and nothing of another", (_, { id, names }) => {
  expect(tell(ROWS).storyOf(id)).toEqual(names);
});

it("a story says whose it is, and has all bodies, those of documents beside that before", () => {
  const { history } = tell(ROWS);
  const { asked, happenings, bodies } = history.story("asked-001".slice(0, 8)) ?? {};
  expect(asked).toBe("asked-001");
  const kinds = happenings?.map(({ id, kind, hasBody = false }) => [kind, hasBody, bodies?.[id] !== undefined]);
  expect(kinds?.filter(([, hasBody, isThere]) => hasBody !== isThere)).toEqual([]);
  const documents = happenings?.flatMap(({ id, kind, app }) =>
    kind === "saved" && app === "two" ? [bodies?.[id]] : [],
  );
  expect(documents).toEqual([{ text: "1" }, { text: "2" }, { text: "3", before: "1" }]);
});

it("a story of what begins so in several is that of the newest", () => {
  const event = (id: string): Row => ({ kind: "published", event: id });
  const { history } = tell({ one: event("same-start-1"), two: event("same-start-2"), three: event("same-start-1") });
  expect(history.story("same-start")?.asked).toBe("same-start-2");
});

it("a story of very much is the newest 5,000 of it", () => {
  const rows = Array.from({ length: 3_000 }, (_, n): [string, Row] => [
    `${n}`,
    { kind: "published", event: `e-${n}`, subject: "s-1" },
  ]);
  const told = rows.map(([name, row]): [string, Row] => [`${name}-told`, { ...row, kind: "told" }]);
  const { history } = tell(
    Object.fromEntries([...rows.map(([name, row]): [string, Row] => [`${name}-published`, row]), ...told]),
  );
  const { happenings = [] } = history.story("s-1") ?? {};
  expect([happenings.length, happenings[0]?.id, happenings.at(-1)?.id]).toEqual([5_000, 1_001, 6_000]);
});
