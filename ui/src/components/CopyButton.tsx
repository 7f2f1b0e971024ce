import { useEffect, useState } from "react";

/** Puts `text` on the clipboard and says so for a moment. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [outcome, setOutcome] = useState<string>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), 1_500);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("Copied");
    } catch {
      // Browsers give the clipboard to secure origins only; a server on plain http elsewhere is not one.
      setOutcome("Select and copy by hand: the browser refused");
    }
  };
  return (
    <button type="button" className="button quiet" onClick={copy} aria-live="polite">
      {outcome ?? label}
    </button>
  );
}
