import { type ReactNode, useEffect, useId, useRef, useState } from "react";

interface FilterBoxProps {
  label: string;
  placeholder: string;
  value: string;
  /** Called once typing pauses, and at once on Enter (`isFinal`): an unfinished filter is no error yet. */
  onChange: (value: string, isFinal: boolean) => void;
  inputRef: React.RefObject<HTMLInputElement | null>;
  isInvalid?: boolean;
  /** What to say beneath the box. */
  children?: ReactNode;
}

const PAUSE_MS = 350;

/** One line to type a search into. Escape empties it, a second Escape leaves it. */
export function FilterBox({
  label,
  placeholder,
  value,
  onChange,
  inputRef,
  isInvalid = false,
  children,
}: FilterBoxProps) {
  const [draft, setDraft] = useState(value);
  const [seen, setSeen] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const messageId = useId();
  // The value also changes from outside: by a link, the back button, or an accepted suggestion.
  if (value !== seen) {
    setSeen(value);
    setDraft(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);

  const type = (text: string) => {
    setDraft(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => commit(text, false), PAUSE_MS);
  };
  const commit = (text: string, isFinal: boolean) => {
    clearTimeout(timer.current);
    setSeen(text);
    onChange(text, isFinal);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "Enter") commit(draft, true);
    else if (event.key === "Escape") {
      if (draft === "") inputRef.current?.blur();
      else {
        setDraft("");
        commit("", true);
      }
    }
  };
  return (
    <div className="filter" data-invalid={isInvalid || undefined}>
      <input
        ref={inputRef}
        type="search"
        className="filter-input"
        aria-label={label}
        aria-invalid={isInvalid}
        aria-describedby={messageId}
        placeholder={placeholder}
        value={draft}
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => draft !== seen && commit(draft, true)}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
      />
      <kbd title="Press / to type here">/</kbd>
      <div id={messageId} className="filter-message" aria-live="polite">
        {children}
      </div>
    </div>
  );
}
