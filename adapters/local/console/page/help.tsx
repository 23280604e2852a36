import { useEffect, useRef, useState } from "preact/hooks";

const VIEWS = [
  ["e", "#/", "Events"],
  ["l", "#/letters", "Letters"],
  ["b", "#/break", "Break"],
  ["s", "#/send", "Send"],
] as const;

/** Where somebody dictates, or has keys of their own, single keys are in the way. source: WCAG 2.1.4 */
const OFF = "console.no-keys";

/**
 * What the keys do, in a dialog that `?` opens, and the keys themselves.
 *
 * Nothing is taken from whoever writes in a field, nor from keys that go with Ctrl, Alt or Meta.
 */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOn, setIsOn] = useState(() => localStorage.getItem(OFF) === null);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isOn || isTaken(event)) return;
      const [, address] = VIEWS.find(([key]) => key === event.key) ?? [];
      if (event.key === "?") dialog.current?.showModal();
      else if (event.key === "/") focusSearch();
      else if (address !== undefined) goTo(address);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [isOn]);

  const turn = (on: boolean) => {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "");
    setIsOn(on);
  };

  return (
    <>
      <button type="button" class="help" aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
        Keys <kbd>?</kbd>
      </button>
      <dialog ref={dialog} aria-labelledby="help-title" class="help">
        <h2 id="help-title">Keys</h2>
        <dl>
          {VIEWS.map(([key, , name]) => (
            <Key key={key} of={key} does={`go to ${name}`} />
          ))}
          <Key of="/" does="search what is on the screen" />
          <Key of="Enter" does="open the story of the event in focus" />
          <Key of="Esc" does="close what is open" />
          <Key of="?" does="show this" />
        </dl>
        <label>
          <input type="checkbox" checked={isOn} onChange={(event) => turn(event.currentTarget.checked)} /> single keys
          do this
        </label>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}

function Key({ of, does }: { readonly of: string; readonly does: string }) {
  return (
    <div>
      <dt>
        <kbd>{of}</kbd>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}

function isTaken({ ctrlKey, altKey, metaKey, target }: KeyboardEvent): boolean {
  if (ctrlKey || altKey || metaKey || document.querySelector("dialog[open]")) return true;
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Whoever goes somewhere by a key is there: what is read next is its title. */
function goTo(address: string): void {
  location.hash = address;
  requestAnimationFrame(() => document.getElementById("main")?.focus());
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>("main input[type=search]")?.focus();
}
