import { expect, test } from "vitest";
import { identifier, quoted, suggestFilter } from "./filters.ts";

const metrics = new Set(["m1", "val/loss"]);
const params = new Set(["lr", "optimizer"]);
const suggest = (filter: string) => suggestFilter(filter, metrics, params);

test("keys that are not plain words are quoted", () => {
  expect(identifier("metrics", "loss")).toBe("metrics.loss");
  expect(identifier("metrics", "val/loss")).toBe("metrics.`val/loss`");
  expect(identifier("params", "a`b")).toBe('params."a`b"');
});

test("text is quoted by the mark it does not hold", () => {
  expect(quoted("adam")).toBe("'adam'");
  expect(quoted("it's")).toBe('"it\'s"');
});

test.each([
  ["m1 > 0.9", "metrics.m1 > 0.9"],
  ["m1 > 0.9 and optimizer = 'm1'", "metrics.m1 > 0.9 and params.optimizer = 'm1'"],
  ["val/loss < 1", "metrics.`val/loss` < 1"],
  ["metrics.val/loss < 1", "metrics.`val/loss` < 1"],
  ["metrics.m1 == 1", "metrics.m1 = 1"],
])("%s probably means %s", (filter, meant) => {
  expect(suggest(filter)).toBe(meant);
});

test.each(["metrics.m1 > 0.9", "status = 'FINISHED'", "unknown > 1", "tags.`m1` = 'm1'", ""])(
  "%s is left as it is",
  (filter) => {
    expect(suggest(filter)).toBeUndefined();
  },
);
