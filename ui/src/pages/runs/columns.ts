import { identifier } from "../../lib/filters.ts";
import { naturalOrder } from "../../lib/naturalOrder.ts";
import { isNumeric } from "../../lib/numbers.ts";
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
}

/** Past this many columns of one kind a table stops being readable; the rest waits in the chooser. */
export const MOST_COLUMNS_OF_A_KIND = 30;

const KINDS: readonly ColumnKind[] = ["metrics", "params", "tags"];

/** All columns that the runs could fill, metrics first, each kind in natural order. */
export function surveyColumns(runs: readonly RunRow[]): Column[] {
  return KINDS.flatMap((kind) => {
    const columns = new Map<string, Column>();
    for (const run of runs) {
      for (const [key, value] of run[kind]) {
        const known = columns.get(key);
        if (known === undefined) columns.set(key, firstSeen(kind, key, value));
        else join(known, value);
      }
    }
    for (const column of columns.values()) column.differs ||= column.count < runs.length;
    return [...columns.values()].sort((left, right) => naturalOrder(left.key, right.key));
  });
}

function firstSeen(kind: ColumnKind, key: string, value: string | number): Column {
  return {
    id: `${kind}.${key}`,
    kind,
    key,
    count: 1,
    differs: false,
    numeric: typeof value === "number" || isNumeric(value),
    fractional: hasDecimals(value),
    sample: value,
  };
}

function join(column: Column, value: string | number): void {
  column.count += 1;
  column.differs ||= !Object.is(column.sample, value);
  column.numeric &&= typeof value === "number" || isNumeric(value);
  column.fractional ||= hasDecimals(value);
}

function hasDecimals(value: string | number): boolean {
  return typeof value === "number" && Number.isFinite(value) && !Number.isInteger(value);
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
