import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Body, LetterView } from "../../api-types.ts";
import { get } from "../api.ts";
import { parseJson } from "../masked.ts";
import { toEnvelope } from "../story/personal.ts";
import { whyNoJson } from "../why-no-json.ts";

interface LetterEditProps {
  readonly letter: LetterView;
  /** Sends it. out: why it stays */
  readonly onReplay: (data: unknown) => Promise<string | undefined>;
  readonly onClose: () => void;
}

/** The data of one letter, to be mended: what is wrong with it stands beside it until it is right. */
export function LetterEdit({ letter, onReplay, onClose }: LetterEditProps) {
  const [text, setText] = useState<string>();
  const [why, setWhy] = useState<string | undefined>(letter.reason);
  const [isBusy, setBusy] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  useEffect(() => {
    const stop = new AbortController();
    get<Body>(`letters/${letter.digest}`, stop.signal)
      .then((body) => setText(toText(body.text)))
      .catch((error: Error) => {
        if (!stop.signal.aborted) setWhy(error.message);
      });
    return () => stop.abort();
  }, [letter.digest]);
  const isRead = text !== undefined;
  useEffect(() => {
    if (isRead) box.current?.focus();
  }, [isRead]);
  const replay = async () => {
    const parsed = parseJson(text ?? "");
    if (!parsed) return setWhy(whyNoJson(text ?? ""));
    setBusy(true);
    setWhy(await onReplay(parsed.value));
    setBusy(false);
  };
  return (
    <form
      class="letter-edit"
      onSubmit={(event) => {
        event.preventDefault();
        void replay();
      }}
    >
      <div>
        <label for={`${id}-data`}>Data</label>
        <textarea
          id={`${id}-data`}
          ref={box}
          rows={Math.min(24, Math.max(6, (text ?? "").split("\n").length + 1))}
          value={text ?? ""}
          disabled={!isRead}
          spellcheck={false}
          aria-invalid={why !== undefined}
          aria-describedby={`${id}-why`}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </div>
      <div class="letter-why">
        <h2>What is wrong</h2>
        <p id={`${id}-why`} role="alert">
          {why}
        </p>
        <p class="dim">
          {!isRead && "Reading… "}It is checked against the schema of {letter.type} before it is sent. All of it is
          shown here, also what is personal.
        </p>
        <span class="letter-buttons">
          <button type="submit" class="primary" disabled={!isRead || isBusy}>
            Replay
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </span>
      </div>
    </form>
  );
}

/** The data of an event; what is no event is mended as a whole. */
function toText(text: string): string {
  const envelope = toEnvelope(text);
  const isEvent = envelope !== undefined && "specversion" in envelope.attributes;
  const value = parseJson(isEvent ? (envelope.data ?? "null") : text);
  return value ? JSON.stringify(value.value, null, 2) : text;
}
