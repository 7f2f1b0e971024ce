import { useEffect } from "react";

/** Keys as `KeyboardEvent.key` names them, and what they do. */
export type Hotkeys = Record<string, (event: KeyboardEvent) => void>;

/** Single keys for the whole page, silent while the reader types or holds a modifier. */
export function useHotkeys(hotkeys: Hotkeys): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      hotkeys[event.key]?.(event);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [hotkeys]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null
  );
}
