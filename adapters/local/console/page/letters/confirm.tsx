import { useEffect, useId, useRef } from "preact/hooks";

interface ConfirmProps {
  readonly question: string;
  /** What it means. */
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone: Escape and what has the focus first do nothing. */
export function Confirm({ question, text, yes, no, onYes, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{question}</h2>
      <p>{text}</p>
      <span class="letter-buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          {no}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            onYes();
            dialog.current?.close();
          }}
        >
          {yes}
        </button>
      </span>
    </dialog>
  );
}
