import { useId, useRef, useState } from "preact/hooks";

export interface Option {
  readonly value: string;
  /** Beside it, to tell it from others. */
  readonly hint?: string | undefined;
}

interface Props {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: string;
  readonly onChoose: (value: string) => void;
}

/**
 * A list of choices that narrows to what is typed.
 *
 * source  WAI-ARIA 1.2, combobox with a listbox popup
 */
export function Combobox({ label, options, value, onChoose }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState<string>();
  const [at, setAt] = useState(0);
  const isOpen = typed !== undefined;
  const shown = options.filter((option) => option.value.includes((typed ?? "").trim()));
  const active = shown[Math.min(at, shown.length - 1)];

  const open = (text: string) => {
    setTyped(text);
    setAt(0);
  };
  const choose = (chosen: string) => {
    setTyped(undefined);
    if (chosen !== value) onChoose(chosen);
  };
  /** What is left by itself is meant, without being pointed at. */
  const leave = () => {
    const meant =
      shown.find((option) => option.value === typed) ?? (shown.length === 1 && typed !== "" ? shown[0] : undefined);
    if (isOpen && meant) choose(meant.value);
    else setTyped(undefined);
  };
  const move = (by: number) => {
    if (!isOpen) open("");
    else if (shown.length > 0) setAt((Math.min(at, shown.length - 1) + by + shown.length) % shown.length);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && isOpen && active) choose(active.value);
    else if (event.key === "Escape" && isOpen) setTyped(undefined);
    else return;
    event.preventDefault();
  };

  return (
    <div class="combobox">
      <label for={id}>{label}</label>
      <input
        ref={input}
        id={id}
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && active ? `${id}-${active.value}` : undefined}
        value={typed ?? value}
        onInput={(event) => open(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => isOpen || open("")}
        onBlur={leave}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label={label} hidden={!isOpen || shown.length === 0}>
        {shown.map((option) => (
          <div
            key={option.value}
            id={`${id}-${option.value}`}
            role="option"
            tabIndex={-1}
            aria-selected={option === active}
            // Before the input loses the focus, which closes the list.
            onMouseDown={(event) => {
              event.preventDefault();
              choose(option.value);
            }}
          >
            {option.value} {option.hint && <small>{option.hint}</small>}
          </div>
        ))}
      </div>
      {isOpen && shown.length === 0 && <p role="status">Nothing is named so.</p>}
    </div>
  );
}
