import { useState } from "preact/hooks";
import { go, toHash } from "../route.ts";
import type { Asked } from "./use-story.ts";

interface NoStoryProps extends Omit<Asked, "story"> {
  readonly id: string | undefined;
}

/** Where no story is open: how to open one. */
export function NoStory({ id, problem, isUnknown }: NoStoryProps) {
  const [text, setText] = useState(id ?? "");
  if (id && problem === undefined) return <p class="story-note dim">Reading…</p>;
  return (
    <section class="panel story-search" aria-label="Find a story">
      <h1>{id ? "No such story" : "Which story?"}</h1>
      {id && (
        <p role="alert">
          {isUnknown ? (
            <>
              Nothing is known of <span class="mono">{id}</span>: it has not happened yet, is older than what is kept,
              or belongs to another run. It is shown here as soon as it happens.
            </>
          ) : (
            problem
          )}
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) go({ view: "story", id: text.trim() });
        }}
      >
        <label for="story-id">An event's id, a correlation id or a subject, or what one begins with</label>
        <span class="story-buttons">
          <input
            id="story-id"
            type="search"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <button type="submit">Open</button>
        </span>
      </form>
      <p>
        Or choose an event among the <a href={toHash({ view: "events" })}>events</a>, or{" "}
        <a href={toHash({ view: "send" })}>send one</a>.
      </p>
    </section>
  );
}
