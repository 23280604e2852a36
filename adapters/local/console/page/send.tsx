import { useEffect, useId, useState } from "preact/hooks";
import type { SaidNow, Say, SystemView } from "../api-types.ts";
import { post } from "./api.ts";
import { Combobox } from "./combobox.tsx";
import { parseJson } from "./masked.ts";
import { go, useRoute } from "./route.ts";
import { renew, spoil } from "./sample.ts";
import { SendText } from "./send-text.tsx";
import { Sent } from "./sent.tsx";
import { shortType } from "./short-type.ts";
import { useStore } from "./store.ts";
import { whyNoJson } from "./why-no-json.ts";

/** Says an event to the system: its sample, edited or spoilt, or whatever somebody else might write. */
export function SendView() {
  const system = useStore((state) => state.system);
  if (!system) return null;
  if (system.faults.length === 0)
    return <p class="empty">Nothing can be sent from here: only to what npm start runs on this machine.</p>;
  return (
    <div class="send-view">
      <h1>Send an event</h1>
      <SendEvent system={system} />
      <SendText system={system} />
    </div>
  );
}

/** Numbers as they were written, too. */
const pretty = (value: unknown): string => JSON.stringify(value, undefined, 2);

function SendEvent({ system }: { readonly system: SystemView }) {
  const id = useId();
  const { query } = useRoute();
  const types = system.types.filter(({ topic }) => topic !== undefined);
  // Whatever moves most: what nobody consumes shows little.
  const [first] = types.toSorted((one, other) => hearersOf(other, system).length - hearersOf(one, system).length);
  const type = types.find((each) => each.type === query.type) ?? first;
  const [text, setText] = useState("");
  const [error, setError] = useState<string>();
  const [sent, setSent] = useState<{ readonly said: SaidNow; readonly spoilt?: string | undefined }>();

  const write = (next: string) => {
    setText(next);
    setError(undefined);
  };
  // What was edited stays until another type is chosen.
  useEffect(() => write(pretty(type?.sample ?? {})), [type?.type]);
  if (!type) return <p class="empty">This system has no event that can be sent.</p>;

  /** Tells beside the field what is wrong with it. */
  const read = (): { readonly data: unknown } | undefined => {
    const parsed = parseJson(text);
    if (parsed) return { data: parsed.value };
    setError(whyNoJson(text));
    document.getElementById(`${id}-data`)?.focus();
    return undefined;
  };
  const send = async (data: unknown, spoilt?: string) => {
    setSent(undefined);
    setError(undefined);
    try {
      const said = await post<SaidNow>("say", { type: type.type, data } satisfies Say);
      setSent({ said, spoilt });
    } catch (problem) {
      setError((problem as Error).message);
    }
  };
  const sendAsIs = () => {
    const given = read();
    if (given) void send(given.data);
  };
  const sendBroken = () => {
    const given = read();
    if (!given) return;
    const spoilt = spoil(given.data);
    if (spoilt) void send(spoilt.data, spoilt.what);
    else setError("There is no field in it that could be broken.");
  };
  const renewIds = () => {
    const given = read();
    if (given) write(pretty(renew(given.data, () => crypto.randomUUID())));
  };

  return (
    <form
      class="panel"
      aria-label="An event"
      onSubmit={(event) => {
        event.preventDefault();
        sendAsIs();
      }}
    >
      <Combobox
        label="Type"
        value={type.type}
        options={types.map((each) => ({ value: each.type, hint: each.topic }))}
        onChoose={(chosen) => go({ view: "send", query: { type: chosen } }, { replace: true })}
      />
      <p class="dim">
        On topic {type.topic}. {toConsumers(hearersOf(type, system))}
      </p>
      <div class="field">
        <div class="field-head">
          <label for={`${id}-data`}>Data</label>
          <button type="button" onClick={() => write(pretty(type.sample ?? {}))}>
            Sample
          </button>
          <button type="button" title="Each id in it becomes one that nobody has seen" onClick={renewIds}>
            New ids
          </button>
        </div>
        <textarea
          id={`${id}-data`}
          rows={Math.min(24, Math.max(8, text.split("\n").length + 1))}
          spellcheck={false}
          value={text}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-error`}
          onInput={(event) => write(event.currentTarget.value)}
        />
        <p id={`${id}-error`} class="wrong" role="alert">
          {error}
        </p>
      </div>
      <ul class="acts">
        <li>
          <button type="submit" class="primary">
            Send
          </button>
          <span>{shortType(type.type)} as it stands here, with a new id.</span>
        </li>
        <li>
          <button type="button" class="danger" onClick={sendBroken}>
            Send broken
          </button>
          <span>
            One field is spoilt on its way, and said. Whoever consumes it must take it for dead, and nobody else.
          </span>
        </li>
      </ul>
      <div aria-live="polite">{sent && <Sent {...sent} />}</div>
    </form>
  );
}

const hearersOf = ({ type }: { readonly type: string }, { functions }: SystemView): readonly string[] =>
  functions.filter(({ hears }) => hears.some((each) => each.type === type)).map(({ name }) => name);

const toConsumers = (names: readonly string[]): string =>
  names.length === 0 ? "Nobody consumes it." : `Consumed by ${names.join(", ")}.`;
