import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useHotkeys } from "../../lib/hotkeys.ts";
import { goTo } from "../../lib/places.ts";
import { useRowWindow } from "../../lib/virtualRows.ts";
import {
  type Column,
  cellClass,
  type Direction,
  nextOrder,
  orderOf,
  orderTarget,
  widthInDigits,
} from "./columns.ts";
import { RunTableRow } from "./RunTableRow.tsx";
import type { RunRow } from "./runRow.ts";

interface RunsTableProps {
  view: RefObject<HTMLDivElement | null>;
  runs: readonly RunRow[];
  columns: readonly Column[];
  order: string;
  /** The rows answer the previous question. */
  isStale: boolean;
  isComplete: boolean;
  generation: number;
  onOrder: (order: string) => void;
  onNearEnd: () => void;
}

/** As in the style sheet. */
const ROW_HEIGHT_PX = 28;

/** How many rows before the last one the next page is asked for. */
const ROWS_AHEAD = 300;

/** The runs as rows, of which only those in view are drawn. */
export function RunsTable(props: RunsTableProps) {
  const { view, runs, columns, order, isStale, isComplete, generation, onOrder, onNearEnd } = props;
  const rows = useRowWindow(view, runs.length, ROW_HEIGHT_PX);
  const [activeId, setActiveId] = useActiveRow(view, runs);
  const showsUser = useMemo(() => new Set(runs.map((run) => run.user)).size > 1, [runs]);

  useEffect(() => {
    if (!isComplete && !isStale && rows.end + ROWS_AHEAD > runs.length) onNearEnd();
  }, [isComplete, isStale, rows.end, runs.length, onNearEnd]);

  // A new answer is read from its top; one that only grew stays where it is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the generation is the trigger
  useLayoutEffect(() => {
    view.current?.scrollTo({ top: 0 });
  }, [view, generation]);

  const count = (kind: Column["kind"]) => columns.filter((column) => column.kind === kind).length;
  const groups = (["metrics", "params", "tags"] as const).filter((kind) => count(kind) > 0);

  return (
    <main
      id="main"
      ref={view}
      className="table-view"
      tabIndex={-1}
      aria-busy={isStale}
      data-stale={isStale || undefined}
    >
      <table className="runs" aria-rowcount={isComplete ? runs.length + 2 : -1}>
        <caption className="visually-hidden">Runs</caption>
        <colgroup>
          <col className="name" />
          <col className="when" />
          <col className="took wide-only" />
          {showsUser && <col className="user wide-only" />}
          {columns.map((column) => (
            <col key={column.id} style={{ width: `calc(${widthInDigits(column)}ch + 20px)` }} />
          ))}
          <col />
        </colgroup>
        <thead>
          <tr className="groups">
            <td className="name" />
            <td />
            <td className="wide-only" />
            {showsUser && <td className="wide-only" />}
            {groups.map((kind) => (
              <th key={kind} colSpan={count(kind)} scope="colgroup">
                <span>{kind}</span>
              </th>
            ))}
            <td className="filler" />
          </tr>
          <tr>
            <SortHeader
              className="name"
              label="Run"
              target="attributes.run_name"
              first="ASC"
              order={order}
              onOrder={onOrder}
            />
            <SortHeader
              label="Started"
              target="attributes.start_time"
              first="DESC"
              order={order}
              onOrder={onOrder}
            />
            <th scope="col" className="number wide-only">
              Took
            </th>
            {showsUser && (
              <SortHeader
                className="wide-only"
                label="User"
                target="attributes.user_id"
                first="ASC"
                order={order}
                onOrder={onOrder}
              />
            )}
            {columns.map((column, index) => (
              <SortHeader
                key={column.id}
                className={cellClass(column, columns[index - 1])}
                note={column.kind !== "metrics" && column.numeric ? ", as text: 10 before 9" : ""}
                label={column.key}
                target={orderTarget(column)}
                first={column.kind === "metrics" ? "DESC" : "ASC"}
                order={order}
                onOrder={onOrder}
              />
            ))}
            <td className="filler" />
          </tr>
        </thead>
        <tbody>
          {rows.first > 0 && <tr className="spacer" style={{ height: rows.first * ROW_HEIGHT_PX }} />}
          {runs.slice(rows.first, rows.end).map((run, index) => (
            <RunTableRow
              key={run.id}
              run={run}
              columns={columns}
              showsUser={showsUser}
              rowIndex={rows.first + index + 3}
              isActive={run.id === activeId}
              onActivate={setActiveId}
            />
          ))}
          {rows.end < runs.length && (
            <tr className="spacer" style={{ height: (runs.length - rows.end) * ROW_HEIGHT_PX }} />
          )}
        </tbody>
      </table>
      {runs.length === 0 && isComplete && <p className="empty">No run matches this filter.</p>}
    </main>
  );
}

interface SortHeaderProps {
  label: string;
  target: string;
  first: Direction;
  order: string;
  onOrder: (order: string) => void;
  className?: string;
  /** What a reader may not expect of this order. */
  note?: string;
}

function SortHeader({ label, target, first, order, onOrder, className, note = "" }: SortHeaderProps) {
  const direction = orderOf(order, target);
  const ariaSort = direction && (direction === "ASC" ? "ascending" : "descending");
  return (
    <th scope="col" className={className} aria-sort={ariaSort}>
      <button
        type="button"
        className="sort"
        title={`Sort by ${label}${note}`}
        onClick={() => onOrder(nextOrder(order, target, first))}
      >
        <span className="sort-label">{label}</span>
        {direction && <span aria-hidden="true">{direction === "ASC" ? "↑" : "↓"}</span>}
      </button>
    </th>
  );
}

/** The row that j and k move and Enter opens. It belongs to a run, not to a place in the table. */
function useActiveRow(
  view: RefObject<HTMLDivElement | null>,
  runs: readonly RunRow[],
): [string | undefined, (id: string) => void] {
  const [activeId, setActiveId] = useState<string>();
  const now = useRef({ activeId, runs });
  now.current = { activeId, runs };

  const hotkeys = useMemo(() => {
    const move = (by: number) => {
      const { activeId, runs } = now.current;
      const from = runs.findIndex((run) => run.id === activeId);
      const to = Math.min(Math.max(from + by, 0), runs.length - 1);
      const run = runs[to];
      if (run === undefined) return;
      setActiveId(run.id);
      bringIntoView(view.current, to);
    };
    const open = (event: KeyboardEvent) => {
      const run = now.current.runs.find(({ id }) => id === now.current.activeId);
      const isOnControl = event.target instanceof Element && event.target.closest("a, button") !== null;
      if (run && !isOnControl) goTo({ page: "run", experimentId: run.experimentId, runId: run.id });
    };
    return {
      j: () => move(1),
      k: () => move(-1),
      Enter: open,
    };
  }, [view]);
  useHotkeys(hotkeys);
  return [activeId, setActiveId];
}

function bringIntoView(view: HTMLElement | null, index: number): void {
  if (view === null) return;
  const head = view.querySelector("thead")?.clientHeight ?? 0;
  const top = index * ROW_HEIGHT_PX;
  const lowest = top - (view.clientHeight - head - ROW_HEIGHT_PX);
  if (view.scrollTop > top) view.scrollTop = top;
  else if (view.scrollTop < lowest) view.scrollTop = lowest;
}
