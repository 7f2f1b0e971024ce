import { expect, test } from "vitest";
import { formatAgo, formatDuration, formatExact } from "./times.ts";

const NOW = Date.UTC(2026, 5, 15, 12);

test.each([
  [0, "now"],
  [42_000, "42 s ago"],
  [5 * 60_000, "5 min ago"],
  [3 * 3_600_000, "3 h ago"],
  [47 * 3_600_000, "1 d ago"],
])("%d ms before now is %s", (passed, text) => {
  expect(formatAgo(NOW - passed, NOW)).toBe(text);
});

test("what is long ago, or yet to come, is a date", () => {
  expect(formatAgo(NOW - 90 * 86_400_000, NOW)).toMatch(/^2026-03-1\d$/);
  expect(formatAgo(NOW + 86_400_000, NOW)).toMatch(/^2026-06-1\d$/);
});

test.each([
  [420, "0.42 s"],
  [12_300, "12.3 s"],
  [245_000, "4m 05s"],
  [12_000_000, "3h 20m"],
  [187_200_000, "2d 04h"],
])("%d ms last %s", (length, text) => {
  expect(formatDuration(length)).toBe(text);
});

test("an exact time names its zone and its milliseconds", () => {
  expect(formatExact(NOW + 123)).toMatch(/^2026-06-15 \d\d:\d\d:00\.123 \S+/);
});
