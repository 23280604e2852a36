import type { SaidNow } from "../api-types.ts";
import { Badge } from "./badge.tsx";
import { toHash } from "./route.ts";

interface Props {
  readonly said: SaidNow;
  /** What was spoilt on its way. */
  readonly spoilt?: string | undefined;
}

/** That the broker has it, and where to see what becomes of it. */
export function Sent({ said: { id, topic }, spoilt }: Props) {
  return (
    <div class="sent" role="status">
      <p>
        <Badge tone="good">sent</Badge> to {topic}
        {id === undefined ? ". " : <> as {id}. </>}
        {id === undefined ? (
          <a href={toHash({ view: "events", query: { topic } })}>See what comes on {topic}</a>
        ) : (
          <a href={toHash({ view: "story", id })}>See its story</a>
        )}
      </p>
      {spoilt !== undefined && (
        <p>
          <Badge tone="bad">broken</Badge> {spoilt}. It ends as a <a href="#/letters">dead letter</a>.
        </p>
      )}
    </div>
  );
}
