import { expect, test } from "vitest";
import { formatBytes, formatNumber, isNumeric, toNumber } from "./numbers.ts";

test.each([
  [0.999879, "0.9999"],
  [0.5, "0.5000"],
  [0.061234, "0.06123"],
  [81.1288, "81.13"],
  [680.24, "680.2"],
  [12345.678, "12346"],
  [-0.25, "−0.2500"],
  [0, "0"],
  [42, "42"],
  [29535331, "29\u202f535\u202f331"],
  [0.00001234567, "1.235e-5"],
  [123456789.5, "1.235e8"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "∞"],
])("%d is written %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test("integers line up with the decimals of their column", () => {
  expect(formatNumber(1, { fractional: true })).toBe("1.000");
  expect(formatNumber(1)).toBe("1");
});

test("the wire's names of doubles become the doubles", () => {
  expect(toNumber("NaN")).toBeNaN();
  expect(toNumber("-Infinity")).toBe(Number.NEGATIVE_INFINITY);
  expect(toNumber(0.25)).toBe(0.25);
});

test("a param is numeric when it is a number and nothing else", () => {
  for (const text of ["1", "-0.5", ".5", "1e-3", "+2.", "1E5"]) expect(isNumeric(text)).toBe(true);
  for (const text of ["", " ", "1 GB", "0x10", "nan", "1,5", "-"]) expect(isNumeric(text)).toBe(false);
});

test.each([
  [0, "0 B"],
  [512, "512 B"],
  [1536, "1.5 KiB"],
  [250_000, "244 KiB"],
  [5 * 1024 ** 3, "5.0 GiB"],
])("%d bytes are %s", (size, text) => {
  expect(formatBytes(size)).toBe(text);
});
