import { useEffect, useSyncExternalStore } from "react";

const TICK_MS = 5_000;

function subscribe(onTick: () => void): () => void {
  const timer = setInterval(onTick, TICK_MS);
  return () => clearInterval(timer);
}

/** The present time in milliseconds, in steps of five seconds: enough for "42 s ago", quiet enough for a table. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / TICK_MS) * TICK_MS);
}

/** Calls `act` every `periodMs` while the page is in view, and at once when it comes back into view. */
export function useWhileVisible(act: () => void, periodMs: number): void {
  useEffect(() => {
    const actIfVisible = () => {
      if (document.visibilityState === "visible") act();
    };
    const timer = setInterval(actIfVisible, periodMs);
    document.addEventListener("visibilitychange", actIfVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", actIfVisible);
    };
  }, [act, periodMs]);
}
