import { useNow } from "../lib/clock.ts";
import { formatAgo, formatExact } from "../lib/times.ts";

/** How long ago something was, with the exact local time on hover; a dash where the time is not known. */
export function TimeAgo({ timeMs }: { timeMs: number | undefined }) {
  const now = useNow();
  if (timeMs === undefined) return <span className="absent">–</span>;
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatExact(timeMs)}>
      {formatAgo(timeMs, now)}
    </time>
  );
}
