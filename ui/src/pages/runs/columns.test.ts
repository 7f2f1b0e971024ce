import { expect, test } from "vitest";
import {
  type Column,
  chooseColumns,
  MOST_COLUMNS_OF_A_KIND,
  nextOrder,
  orderOf,
  sharedColumns,
  surveyColumns,
  widthInDigits,
} from "./columns.ts";
import { type RunRow, runRow } from "./runRow.ts";

const AUTOMATIC = { show: [], hide: [], order: "" };
const ids = (columns: readonly Column[]) => columns.map((column) => column.id);

let count = 0;
function run(metrics: Record<string, number>, params: Record<string, string> = {}, tags = {}): RunRow {
  const pairs = (of: Record<string, string>) => Object.entries(of).map(([key, value]) => ({ key, value }));
  count += 1;
  return runRow({
    info: { run_id: `run-${count}`, experiment_id: "1", status: "FINISHED" },
    data: {
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value })),
      params: pairs(params),
      tags: pairs(tags),
    },
  });
}

test("columns stand in natural order, metrics before params before tags", () => {
  const runs = [run({ m10: 1, m2: 1, m1: 1 }, { p10: "a", p9: "b" }, { t: "x" })];
  expect(ids(surveyColumns(runs))).toEqual([
    "metrics.m1",
    "metrics.m2",
    "metrics.m10",
    "params.p9",
    "params.p10",
    "tags.t",
  ]);
});

test("by default the table shows what differs, and what is the same is said once", () => {
  const runs = [
    run({ loss: 0.1, size: 7 }, { lr: "0.1", seed: "42" }),
    run({ loss: 0.2, size: 7 }, { lr: "0.2", seed: "42" }),
  ];
  const columns = surveyColumns(runs);
  expect(ids(chooseColumns(columns, 2, AUTOMATIC))).toEqual(["metrics.loss", "params.lr"]);
  expect(ids(sharedColumns(columns, 2))).toEqual(["metrics.size", "params.seed"]);
});

test("a single run shows all it has", () => {
  const columns = surveyColumns([run({ loss: 0.1 }, { seed: "42" })]);
  expect(ids(chooseColumns(columns, 1, AUTOMATIC))).toEqual(["metrics.loss", "params.seed"]);
  expect(sharedColumns(columns, 1)).toEqual([]);
});

test("lacking a value is a difference, and NaN equals NaN", () => {
  const columns = surveyColumns([run({ a: 1, b: Number.NaN }), run({ b: Number.NaN })]);
  expect(columns.map(({ key, differs }) => [key, differs])).toEqual([
    ["a", true],
    ["b", false],
  ]);
});

test("the reader's choice and the order come before the page's choice", () => {
  const runs = [run({ loss: 0.1, size: 7 }, { lr: "1" }), run({ loss: 0.2, size: 7 }, { lr: "2" })];
  const choice = { show: [], hide: ["params.lr"], order: "metrics.size DESC" };
  expect(ids(chooseColumns(surveyColumns(runs), 2, choice))).toEqual(["metrics.loss", "metrics.size"]);
});

test("runs surveyed page by page give what they give at once", () => {
  const first = [run({ a: 1, b: 2 }, { p: "1" }), run({ a: 1, b: -0.003 }, { p: "1" })];
  const all = [
    ...first,
    run({ a: 1, c: Number.NaN }, { p: "long text" }),
    run({ a: 1, b: 9 }, {}, { t: "x" }),
  ];
  expect(surveyColumns(all, surveyColumns(first), first.length)).toEqual(surveyColumns(all));
});

test("a column is as wide as its longest number or name, and no text makes it endless", () => {
  const [loss, size, note] = surveyColumns([
    run({ loss: 0.5, very_long_name: 1 }, { note: "x".repeat(300) }),
    run({ loss: -0.0002 }),
  ]);
  // −0.0002000 is the longest; a name leaves room for the mark that says it sorts.
  expect([loss, size, note].map((column) => column && widthInDigits(column))).toEqual([10, 16, 26]);
});

test("a table of very many metrics stays readable", () => {
  const many = (value: number) => Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, value]));
  const columns = surveyColumns([run(many(1)), run(many(2))]);
  expect(chooseColumns(columns, 2, AUTOMATIC)).toHaveLength(MOST_COLUMNS_OF_A_KIND);
  const last = { ...AUTOMATIC, show: ["metrics.m199"] };
  expect(ids(chooseColumns(columns, 2, last))).toContain("metrics.m199");
});

test("a column is numeric only if every value is, and fractional if any is", () => {
  const columns = surveyColumns([run({ m: 1 }, { p: "1", q: "1" }), run({ m: 0.5 }, { p: "2", q: "auto" })]);
  expect(columns.map(({ key, numeric, fractional }) => [key, numeric, fractional])).toEqual([
    ["m", true, true],
    ["p", true, false],
    ["q", false, false],
  ]);
});

test("a header sorts one way, then the other, then not at all", () => {
  const first = nextOrder("", "metrics.loss", "DESC");
  const second = nextOrder(first, "metrics.loss", "DESC");
  expect([first, second, nextOrder(second, "metrics.loss", "DESC")]).toEqual([
    "metrics.loss DESC",
    "metrics.loss ASC",
    "",
  ]);
  expect(orderOf("metrics.loss", "metrics.loss")).toBe("ASC");
});
