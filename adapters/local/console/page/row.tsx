import type { Happening } from "../api-types.ts";
import { Badge, type Tone } from "./badge.tsx";
import { toHash } from "./route.ts";
import { shortType } from "./short-type.ts";
import { Time, toDuration } from "./time.tsx";
import type { RowLink } from "./virtual.tsx";

interface Shown {
  readonly tone: Tone;
  /** In a word or two. */
  readonly what: string;
  /** The rest of it. */
  readonly detail?: string;
}

/** Of a delivery, by its outcome. */
const ANSWERS: Readonly<Record<string, Shown>> = {
  success: { tone: "dim", what: "answered" },
  retry: { tone: "warn", what: "comes again", detail: "it was not handled" },
  gone: { tone: "warn", what: "waits", detail: "nobody is there" },
  missing: { tone: "warn", what: "no route", detail: "the app answered 404" },
  drop: { tone: "bad", what: "dropped" },
  expired: { tone: "bad", what: "expired" },
  illegible: { tone: "bad", what: "illegible" },
};

/** What a row says, in the words of `npm start`. */
export function toShown(row: Happening): Shown {
  const { kind, outcome, how, said = [], code, reason, topic, attempt = 1, key } = row;
  const why = [code, reason].filter((each) => each !== undefined).join(": ");
  const detail = why ? { detail: why } : {};
  switch (kind) {
    case "published":
      return { tone: "plain", what: "said", detail: `on ${topic}` };
    case "told":
      if (outcome === "retry") return { tone: "warn", what: "comes again", ...detail };
      if (outcome === "dead") return { tone: "bad", what: "dead", ...detail };
      if (how !== "handled") return { tone: "dim", what: how ?? "handled" };
      return {
        tone: "good",
        what: "handled",
        ...(said.length > 0 && { detail: `→ ${said.map(shortType).join(", ")}` }),
      };
    case "delivered":
      return { tone: "dim", what: "delivered", ...(attempt > 1 && { detail: `attempt ${attempt}` }) };
    case "answered":
      return { ...(ANSWERS[outcome ?? ""] ?? { tone: "warn", what: `answered ${outcome}` }), ...detail };
    case "saved":
      return { tone: "dim", what: "saved", ...(key && { detail: key }) };
    case "effect":
      return { tone: "dim", what: `effect ${how ?? ""}`, ...(key && { detail: key }) };
    case "service":
      return {
        tone: outcome === "up" ? "good" : outcome === "started" ? "dim" : "bad",
        what: outcome ?? "",
        ...detail,
      };
    case "fault":
      return { tone: "bad", what: "broken here", ...(how && { detail: how }) };
    // A server that is newer than this page, which somebody has left open.
    default:
      return { tone: "dim", what: kind };
  }
}

const MARKS: Readonly<Record<Tone, string>> = { good: "✓", warn: "↻", bad: "✗", dim: "·", plain: "→" };

/** One thing that happened: a link to its story, or to where there is more of it. */
export function Row({ row, link }: { row: Happening; link: RowLink }) {
  const { event, correlation, type, subject, ms, app, kind, at } = row;
  const { tone, what, detail } = toShown(row);
  const id = correlation ?? event;
  const href = id
    ? toHash({ view: "story", id, query: { row: String(row.id) } })
    : kind === "fault"
      ? toHash({ view: "break" })
      : toHash({ view: "events", query: { app: app ?? "" } });
  return (
    <a class={`row ${tone}`} href={href} {...link}>
      <span class="row-type" title={type}>
        {type ? shortType(type) : ""}
      </span>{" "}
      <b class="row-app">{app ?? "somebody else"}</b>{" "}
      <span class="row-mark" aria-hidden="true">
        {MARKS[tone]}
      </span>{" "}
      <span class="row-what">
        <Badge tone={tone}>{what}</Badge>
      </span>{" "}
      <span class="row-detail" title={detail}>
        {detail}
      </span>{" "}
      <span class="row-subject mono" title={subject}>
        {subject?.slice(0, 8)}
      </span>{" "}
      <span class="row-ms mono">{ms === undefined ? "" : toDuration(ms)}</span> <Time at={at} />
    </a>
  );
}
