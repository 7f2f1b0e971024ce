import { expect, test } from "vitest";
import { naturalOrder } from "./naturalOrder.ts";

test("names are ordered as people count", () => {
  expect(["m10", "m2", "loss", "m1"].sort(naturalOrder)).toEqual(["loss", "m1", "m2", "m10"]);
});

test("only equal names are equal", () => {
  expect(naturalOrder("m01", "m1")).not.toBe(0);
  expect(naturalOrder("m1", "m1")).toBe(0);
});
