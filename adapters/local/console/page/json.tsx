import { useState } from "preact/hooks";
import { Exact, isMasked, MASK, parseJson } from "./masked.ts";

interface JsonProps {
  readonly text: string;
  /** Paths in it whose values are shown when they are clicked: `data.customer.email`, `items.*.name`. */
  readonly masked?: readonly string[];
}

/** A text to read: indented where it is JSON, as it stands where it is not. */
export function Json({ text, masked = [] }: JsonProps) {
  const parsed = parseJson(text);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <pre class="json" tabIndex={0}>
      {parsed ? (
        <Value value={parsed.value} masked={masked} path={[]} />
      ) : (
        <Hidden what="all of it" isHidden={masked.length > 0}>
          {text}
        </Hidden>
      )}
    </pre>
  );
}

interface ValueProps {
  readonly value: unknown;
  readonly masked: readonly string[];
  readonly path: readonly string[];
}

function Value({ value, masked, path }: ValueProps) {
  return (
    <Hidden what={path.at(-1) ?? "all of it"} isHidden={isMasked(masked, path)}>
      {typeof value !== "object" || value === null || value instanceof Exact ? (
        <Scalar value={value} />
      ) : (
        <Members value={value} masked={masked} path={path} />
      )}
    </Hidden>
  );
}

function Members({ value, masked, path }: ValueProps & { readonly value: object }) {
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const entries = Object.entries(value);
  if (entries.length === 0) return `${open}${close}`;
  const indent = "  ".repeat(path.length);
  return (
    <>
      {open}
      {entries.map(([name, each], index) => (
        <>
          {`\n${indent}  `}
          {open === "{" && (
            <>
              <span class="json-name">{JSON.stringify(name)}</span>
              {": "}
            </>
          )}
          <Value value={each} masked={masked} path={[...path, name]} />
          {index < entries.length - 1 && ","}
        </>
      ))}
      {`\n${indent}${close}`}
    </>
  );
}

const Scalar = ({ value }: { value: unknown }) =>
  typeof value === "string" ? (
    <span class="json-text">{JSON.stringify(value)}</span>
  ) : (
    <span class="json-other">{value instanceof Exact ? value.source : String(value)}</span>
  );

interface HiddenProps {
  readonly what: string;
  readonly isHidden: boolean;
  readonly children: preact.ComponentChildren;
}

/** Of a person: not to be seen over a shoulder, or on a screen that is shared. */
function Hidden({ what, isHidden, children }: HiddenProps) {
  const [isShown, setShown] = useState(false);
  if (!isHidden || isShown) return <>{children}</>;
  return (
    <button
      type="button"
      class="masked"
      aria-label={`Show ${what}`}
      title="Personal: show"
      onClick={() => setShown(true)}
    >
      {MASK}
    </button>
  );
}
