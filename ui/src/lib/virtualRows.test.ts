import { expect, test } from "vitest";
import { rowWindow } from "./virtualRows.ts";

test("every row in view is drawn, wherever the view stands", () => {
  for (let scrollTop = 0; scrollTop < 10_000 * 28; scrollTop += 997) {
    const { first, end } = rowWindow(10_000, 28, scrollTop, 800);
    expect(first * 28).toBeLessThanOrEqual(scrollTop);
    expect(Math.min(10_000, Math.ceil((scrollTop + 800) / 28))).toBeLessThanOrEqual(end);
    expect(end - first).toBeLessThan(80);
  }
});

test("there are no rows beyond the last", () => {
  expect(rowWindow(5, 28, 0, 800)).toEqual({ first: 0, end: 5 });
  expect(rowWindow(0, 28, 0, 800)).toEqual({ first: 0, end: 0 });
});
