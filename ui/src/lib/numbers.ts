import type { Double } from "../api/types.ts";

const SIGNIFICANT_DIGITS = 4;

/** Outside these, plain notation is longer than it is readable. */
const SMALLEST_PLAIN = 1e-4;
const LARGEST_PLAIN = 1e7;
const LARGEST_PLAIN_INTEGER = 1e12;

/** The number that a wire value stands for. */
export function toNumber(value: Double): number {
  return typeof value === "number" ? value : Number(value);
}

/**
 * A number in four significant digits, so that a column of them can be compared by eye.
 * Integers keep every digit, and so does the integer part of any number: cutting those would mislead.
 * In a `fractional` column integers are written with decimals too, so that the points line up.
 */
export function formatNumber(value: number, { fractional = false } = {}): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (Number.isInteger(value) && size < LARGEST_PLAIN_INTEGER && !fractional)
    return withMinus(grouped(value));
  if (size < SMALLEST_PLAIN || size >= LARGEST_PLAIN) {
    return withMinus(value.toExponential(SIGNIFICANT_DIGITS - 1).replace("e+", "e"));
  }
  const decimals = Math.max(0, SIGNIFICANT_DIGITS - 1 - Math.floor(Math.log10(size)));
  return withMinus(value.toFixed(decimals));
}

/** A number in full, as it would be typed back in. */
export function fullNumber(value: number): string {
  return String(value);
}

/** Whether a param's text is a number written plainly, so that it belongs on the right of its column. */
export function isNumeric(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size in bytes, with three digits at most. */
export function formatBytes(sizeBytes: number): string {
  const power = sizeBytes < 1 ? 0 : Math.min(Math.floor(Math.log2(sizeBytes) / 10), UNITS.length - 1);
  const amount = sizeBytes / 1024 ** power;
  return `${power === 0 || amount >= 99.5 ? Math.round(amount) : amount.toPrecision(2)} ${UNITS[power]}`;
}

/** Thin spaces between thousands, from five digits on. */
function grouped(integer: number): string {
  return String(integer).replace(/\B(?=(\d{3})+$)/g, Math.abs(integer) < 10_000 ? "" : "\u202f");
}

/** A true minus is as wide as a digit; a hyphen is not. */
function withMinus(text: string): string {
  return text.replace("-", "−").replace("e−", "e-");
}
