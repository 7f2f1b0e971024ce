import type { RunStatus } from "../api/types.ts";
import { useNow } from "../lib/clock.ts";
import { formatAgo, formatExact, QUIET_AFTER_MS } from "../lib/times.ts";

interface StatusMarkProps {
  status: RunStatus;
  /** The latest time that the run told of itself. */
  lastNewsMs: number | undefined;
  /** Writes the word beside the mark. */
  withWord?: boolean;
}

const WORDS: Record<RunStatus, string> = {
  RUNNING: "running",
  SCHEDULED: "scheduled",
  FINISHED: "finished",
  FAILED: "failed",
  KILLED: "killed",
};

const SHAPES: Record<RunStatus | "QUIET", string> = {
  RUNNING: "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z",
  QUIET: "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z",
  SCHEDULED: "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z M8 5.5V8l2 1",
  FINISHED: "M3.5 8.5l3 3l6-7",
  FAILED: "M4 4l8 8M12 4l-8 8",
  KILLED: "M4.5 4.5h7v7h-7z",
};

/** A run's status by shape, colour and word. A run that says RUNNING but has gone quiet says that too. */
export function StatusMark({ status, lastNewsMs, withWord = false }: StatusMarkProps) {
  const now = useNow();
  const isQuiet = status === "RUNNING" && lastNewsMs !== undefined && now - lastNewsMs > QUIET_AFTER_MS;
  const shape = isQuiet ? "QUIET" : status;
  const word = isQuiet ? `running, last news ${formatAgo(lastNewsMs, now)}` : WORDS[status];
  const title = isQuiet ? `Says RUNNING; its last news came at ${formatExact(lastNewsMs)}` : word;
  return (
    <span className={`status status-${shape.toLowerCase()}`} title={title}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[shape]} />
      </svg>
      <span className={withWord ? undefined : "visually-hidden"}>{word}</span>
    </span>
  );
}
