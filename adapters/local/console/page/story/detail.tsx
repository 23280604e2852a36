import type { Body, Happening, Story, SystemView } from "../../api-types.ts";
import { AgainMenu } from "../again-menu.tsx";
import { Json } from "../json.tsx";
import { shortType } from "../short-type.ts";
import { Time, toDuration } from "../time.tsx";
import { DiffView } from "./diff-view.tsx";
import { toLegible } from "./document.ts";
import { personalIn, personalInDocument, toEnvelope } from "./personal.ts";
import type { Lane } from "./waterfall.ts";
import { toSteps } from "./words.ts";

interface StoryDetailProps {
  readonly lane: Lane;
  readonly story: Story;
  readonly system?: SystemView | undefined;
}

/** One row of a story: the event with what it says, what was done when, and what the function knew before and after. */
export function StoryDetail({ lane, story, system }: StoryDetailProps) {
  const { head, app } = lane;
  const body = story.bodies[head.id];
  const documents = documentsOf(lane, story.bodies);
  const delivery = deliveryOf(lane);
  const keeps = system?.functions.find(({ name }) => name === app)?.keeps;
  return (
    <div class="story-parts">
      <section class="story-part" aria-label="Event">
        <h3>Event</h3>
        <Attributes of={body && toEnvelope(body.text)?.attributes} head={head} />
      </section>
      <section class="story-part" aria-label="Data">
        <h3>Data</h3>
        <Data body={body} type={head.type} system={system} />
      </section>
      {documents ? (
        <DiffView {...documents} masked={personalInDocument(system, app)} />
      ) : (
        ["Document before", "Document after"].map((title) => (
          <section key={title} class="story-part" aria-label={title}>
            <h3>{title}</h3>
            <p class="dim">{whyNone(lane, keeps)}</p>
          </section>
        ))
      )}
      <section class="story-part story-steps" aria-label="Steps">
        <h3>Steps</h3>
        <ol class="steps">
          {toSteps(lane).map(({ at, text }, _, all) => (
            <li key={`${at} ${text}`}>
              <Time at={at} /> <span class="step-after">+{toDuration(at - (all[0]?.at ?? at))}</span>{" "}
              <span>{text}</span>
            </li>
          ))}
        </ol>
      </section>
      {delivery && <AgainMenu key={`${delivery.app} ${delivery.entry}`} happening={delivery} />}
    </div>
  );
}

function whyNone({ app, fate }: Lane, keeps: "state" | "nothing" | undefined): string {
  if (app === undefined) return "Nobody hears it.";
  if (keeps === "nothing") return `${app} keeps nothing but that it has handled it.`;
  return fate === "handled" ? "It has changed nothing." : "It has saved none.";
}

/** Before its first save, and after its last. */
function documentsOf({ marks }: Lane, bodies: Story["bodies"]) {
  const saved = marks.flatMap(({ kind, happening }) => {
    const isParked = happening.key?.includes("-parked-");
    const body = kind === "saved" && !isParked ? bodies[happening.id] : undefined;
    const after = body && toLegible(body.text);
    return body && after ? [{ body, after }] : [];
  });
  const [first, last] = [saved[0], saved.at(-1)];
  if (!first || !last) return undefined;
  const before = first.body.before === undefined ? undefined : toLegible(first.body.before);
  return { after: last.after, ...(before && { before }) };
}

interface AttributesProps {
  readonly of: Readonly<Record<string, unknown>> | undefined;
  readonly head: Happening;
}

/** What tells most comes first. */
const FIRST = ["type", "id", "source", "subject", "time", "topic", "correlationid", "causationid"];
const OWN = ["type", "event", "subject", "topic", "correlation", "causation"] as const;

function Attributes({ of, head }: AttributesProps) {
  // What nobody published here, as what an edge has made, is known by what was told of it.
  const known: Readonly<Record<string, unknown>> =
    of ?? Object.fromEntries(OWN.map((name) => [name === "event" ? "id" : name, head[name]]));
  const names = [...FIRST, ...Object.keys(known).filter((name) => !FIRST.includes(name))];
  // A sidecar writes some that are empty.
  const shown = names.filter((name) => (known[name] ?? "") !== "");
  return (
    <dl class="attributes">
      {shown.map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="mono">{typeof known[name] === "string" ? known[name] : JSON.stringify(known[name])}</dd>
        </div>
      ))}
    </dl>
  );
}

interface DataProps {
  readonly body: Body | undefined;
  readonly type: string | undefined;
  readonly system: SystemView | undefined;
}

function Data({ body, type, system }: DataProps) {
  if (!body) return <p class="dim">It was published nowhere, so that nobody has kept it.</p>;
  const envelope = toEnvelope(body.text);
  const masked = personalIn(system, type);
  return (
    <>
      {body.isCut && <p class="dim">It is longer than 1 MB: this is how it begins.</p>}
      {envelope && envelope.data === undefined ? (
        <p class="dim">It has none.</p>
      ) : (
        <Json key={body.text} text={envelope?.data ?? body.text} masked={masked} />
      )}
    </>
  );
}

/** What to call what a row is about: `billing, order.created`. */
export const titleOf = ({ app, head }: Lane): string => `${app ?? "nobody"}, ${shortType(head.type)}`;

/** The delivery that can be done once more. */
function deliveryOf({ app, attempts, published }: Lane): Happening | undefined {
  const delivered = attempts.findLast((each) => each.delivered)?.delivered;
  const owed = published.at(-1);
  return delivered ?? (app !== undefined && owed ? { ...owed, app, kind: "delivered" } : undefined);
}
