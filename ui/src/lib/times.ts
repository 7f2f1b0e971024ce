const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A run that logs nothing for this long while it says RUNNING is worth a second look. */
export const QUIET_AFTER_MS = 10 * MINUTE;

/** How long ago, in one unit: `now`, `42 s`, `5 min`, `3 h`, `2 d`, and the date from a month on. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const passed = nowMs - thenMs;
  // Clocks of two machines disagree a little; the future by more than that is worth showing as it is.
  if (passed < -MINUTE) return formatDate(thenMs);
  if (passed < 5 * SECOND) return "now";
  if (passed < MINUTE) return `${Math.floor(passed / SECOND)} s ago`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  if (passed < 30 * DAY) return `${Math.floor(passed / DAY)} d ago`;
  return formatDate(thenMs);
}

/** A length of time in its two largest units: `0.42 s`, `12.3 s`, `4m 05s`, `3h 20m`, `2d 04h`. */
export function formatDuration(lengthMs: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (lengthMs < 10 * SECOND) return `${(lengthMs / SECOND).toFixed(2)} s`;
  if (lengthMs < MINUTE) return `${(lengthMs / SECOND).toFixed(1)} s`;
  if (lengthMs < HOUR) return `${Math.floor(lengthMs / MINUTE)}m ${two((lengthMs % MINUTE) / SECOND)}s`;
  if (lengthMs < DAY) return `${Math.floor(lengthMs / HOUR)}h ${two((lengthMs % HOUR) / MINUTE)}m`;
  return `${Math.floor(lengthMs / DAY)}d ${two((lengthMs % DAY) / HOUR)}h`;
}

/** The exact local time with its zone: `2026-11-20 14:03:27.123 GMT+1`. */
export function formatExact(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number, width = 2) => String(value).padStart(width, "0");
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const zone = new Intl.DateTimeFormat("en", { timeZoneName: "short" })
    .formatToParts(time)
    .find((part) => part.type === "timeZoneName");
  return `${formatDate(timeMs)} ${clock}.${two(time.getMilliseconds(), 3)} ${zone?.value ?? ""}`.trim();
}

/** The local date in the one order that nobody misreads. */
function formatDate(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
