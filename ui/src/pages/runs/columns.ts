import { identifier } from "../../lib/filters.ts";
import { naturalOrder } from "../../lib/naturalOrder.ts";
import { formatNumber, isNumeric } from "../../lib/numbers.ts";
import type { RunRow } from "./runRow.ts";

export type ColumnKind = "metrics" | "params" | "tags";

/** What the loaded runs say about one metric, param or tag. */
export interface Column {
  /** `metrics.loss`: unique, and what stands in the address. */
  id: string;
  kind: ColumnKind;
  key: string;
  /** How many of the loaded runs have it. */
  count: number;
  /** Whether two loaded runs differ in it; having it and lacking it is a difference. */
  differs: boolean;
  /** Every value is a number: it stands on the right. */
  numeric: boolean;
  /** Some value has decimals, so all are written with them. */
  fractional: boolean;
  /** One of the values; the only one where nothing differs. */
  sample: string | number;
  /** The longest text among the values, in characters, as far as texts go; numbers are measured by their range. */
  longestText: number;
  smallest: number;
  largest: number;
  signed: boolean;
}

/** Past this many columns of one kind a table stops being readable; the rest waits in the chooser. */
export const MOST_COLUMNS_OF_A_KIND = 30;

const KINDS: readonly ColumnKind[] = ["metrics", "params", "tags"];

/**
 * All columns that the runs could fill, metrics first, each kind in natural order. Where the first `knownRuns` of
 * them were surveyed before, with the outcome `known`, only the others are looked at.
 */
export function surveyColumns(
  runs: readonly RunRow[],
  known: readonly Column[] = [],
  knownRuns = 0,
): Column[] {
  return KINDS.flatMap((kind) => {
    const ofKind = known.filter((column) => column.kind === kind);
    const columns = new Map(ofKind.map((column) => [column.key, { ...column }]));
    for (const run of runs.slice(knownRuns)) {
      for (const [key, value] of run[kind]) {
        const column = columns.get(key) ?? unseen(kind, key, value);
        columns.set(key, column);
        join(column, value);
      }
    }
    for (const column of columns.values()) column.differs ||= column.count < runs.length;
    return [...columns.values()].sort((left, right) => naturalOrder(left.key, right.key));
  });
}

function unseen(kind: ColumnKind, key: string, value: string | number): Column {
  return {
    id: `${kind}.${key}`,
    kind,
    key,
    count: 0,
    differs: false,
    numeric: true,
    fractional: false,
    sample: value,
    longestText: 0,
    smallest: Number.POSITIVE_INFINITY,
    largest: 0,
    signed: false,
  };
}

function join(column: Column, value: string | number): void {
  column.count += 1;
  column.differs ||= !Object.is(column.sample, value);
  column.numeric &&= typeof value === "number" || isNumeric(value);
  column.fractional ||= hasDecimals(value);
  if (typeof value === "string") {
    column.longestText = Math.max(column.longestText, value.length);
    return;
  }
  const size = Math.abs(value);
  if (size > 0 && size < column.smallest) column.smallest = size;
  if (Number.isFinite(size) && size > column.largest) column.largest = size;
  column.signed ||= value < 0;
}

function hasDecimals(value: string | number): boolean {
  return typeof value === "number" && Number.isFinite(value) && !Number.isInteger(value);
}

const NARROWEST_CH = 6;
const WIDEST_CH = 26;

/** Params longer than this are numbers shortened to four digits; see {@link shownParam}. */
const LONGEST_PARAM_AS_LOGGED = 8;

/** A param as the table shows it: what its script wrote, but of a long number only the digits that can be read. */
export function shownParam(column: Column, text: string): string {
  return column.numeric && text.length > LONGEST_PARAM_AS_LOGGED ? formatNumber(Number(text)) : text;
}

/** How wide a column must be for its name and every value, in digits: the same however far one scrolls. */
export function widthInDigits(column: Column): number {
  const numbers = [column.smallest, column.largest].filter(Number.isFinite);
  const longestNumber = Math.max(
    3,
    ...numbers.map((size) => formatNumber(column.signed ? -size : size, column).length),
  );
  const longestText = column.numeric ? Math.min(column.longestText, longestNumber + 7) : column.longestText;
  const sortMark = 2;
  const needed = Math.max(
    column.key.length + sortMark,
    column.kind === "metrics" ? longestNumber : longestText,
  );
  return Math.min(Math.max(needed, NARROWEST_CH), WIDEST_CH);
}

export interface ColumnChoice {
  show: readonly string[];
  hide: readonly string[];
  /** The present order_by clause: a table sorted by a column shows it. */
  order: string;
}

/**
 * The columns to draw: metrics and params in which runs differ (all of them while there is one run only),
 * the column sorted by, and what the reader asked for; never one that is empty in every run.
 */
export function chooseColumns(all: readonly Column[], runCount: number, choice: ColumnChoice): Column[] {
  const taken = { metrics: 0, params: 0, tags: 0 };
  return all.filter((column) => {
    if (choice.hide.includes(column.id)) return false;
    if (choice.show.includes(column.id) || orderOf(choice.order, column) !== undefined) return true;
    if (column.kind === "tags" || (runCount > 1 && !column.differs)) return false;
    taken[column.kind] += 1;
    return taken[column.kind] <= MOST_COLUMNS_OF_A_KIND;
  });
}

/** Metrics and params that all runs have in common: said once, not in every row. */
export function sharedColumns(all: readonly Column[], runCount: number): Column[] {
  if (runCount < 2) return [];
  return all.filter((column) => column.kind !== "tags" && !column.differs);
}

export type Direction = "ASC" | "DESC";

/** The order_by clause that sorts by `target`. */
export function orderBy(target: string, direction: Direction): string {
  return `${target} ${direction}`;
}

/** What a column is called in order_by. */
export function orderTarget(column: Column): string {
  return identifier(column.kind, column.key);
}

/** In which direction `order` sorts by `column`, if it does. */
export function orderOf(order: string, column: Column | string): Direction | undefined {
  const target = typeof column === "string" ? column : orderTarget(column);
  if (order === orderBy(target, "DESC")) return "DESC";
  return order === orderBy(target, "ASC") || order === target ? "ASC" : undefined;
}

/** The clause after one more click on a header: first `first`, then the other way, then newest first again. */
export function nextOrder(order: string, target: string, first: Direction): string {
  const now = orderOf(order, target);
  if (now === undefined) return orderBy(target, first);
  return now === first ? orderBy(target, first === "ASC" ? "DESC" : "ASC") : "";
}

/** Numbers on the right; a rule where another kind of column begins. */
export function cellClass(column: Column, previous: Column | undefined): string {
  return [column.numeric ? "number" : "text", previous?.kind !== column.kind ? "group-start" : ""]
    .join(" ")
    .trim();
}
