import { useId, useState } from "preact/hooks";
import type { SaidNow, Say, SystemView } from "../api-types.ts";
import { post } from "./api.ts";
import { Sent } from "./sent.tsx";

/** What is no event of ours, or none at all: a topic is open to whoever can reach the broker. */
export function SendText({ system }: { readonly system: SystemView }) {
  const id = useId();
  const topics = [...new Set(system.functions.flatMap(({ hears }) => hears.map(({ topic }) => topic)))];
  const [topic, setTopic] = useState(topics[0] ?? "");
  const [text, setText] = useState("hello?");
  const [error, setError] = useState<string>();
  const [said, setSaid] = useState<SaidNow>();

  const send = async () => {
    setSaid(undefined);
    setError(undefined);
    try {
      setSaid(await post<SaidNow>("say", { topic, text } satisfies Say));
    } catch (problem) {
      setError((problem as Error).message);
    }
  };

  return (
    <form
      class="panel"
      aria-labelledby={id}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h2 id={id}>Anything, as somebody else would write it</h2>
      <p class="dim">
        The text goes to the topic as it is. What is no event must be told as dead at once, and stop nothing behind it.
      </p>
      <label class="field">
        Topic{" "}
        <input
          type="text"
          list={`${id}-topics`}
          required
          value={topic}
          onInput={(event) => setTopic(event.currentTarget.value.trim())}
        />
        <datalist id={`${id}-topics`}>
          {topics.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </label>
      <label class="field">
        Text
        <textarea rows={4} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <p class="wrong" role="alert">
        {error}
      </p>
      <button type="submit">Send text</button>
      <div aria-live="polite">{said && <Sent said={said} />}</div>
    </form>
  );
}
