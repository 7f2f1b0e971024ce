import { memo } from "react";
import { StatusMark } from "../../components/StatusMark.tsx";
import { TimeAgo } from "../../components/TimeAgo.tsx";
import { formatNumber, fullNumber } from "../../lib/numbers.ts";
import { formatPlace } from "../../lib/places.ts";
import { runColourStyle } from "../../lib/runColours.ts";
import { formatDuration } from "../../lib/times.ts";
import { type Column, cellClass, shownParam } from "./columns.ts";
import type { RunRow } from "./runRow.ts";

interface RunTableRowProps {
  run: RunRow;
  columns: readonly Column[];
  showsUser: boolean;
  /** Counted from 1, head rows included, as assistive technology counts. */
  rowIndex: number;
  isActive: boolean;
  onActivate: (runId: string) => void;
}

export const RunTableRow = memo(function RunTableRow(props: RunTableRowProps) {
  const { run, columns, showsUser, rowIndex, isActive, onActivate } = props;
  const href = formatPlace({ page: "run", experimentId: run.experimentId, runId: run.id });
  return (
    // The keyboard has j, k and Enter for the same; the link inside is what assistive technology follows.
    <tr aria-rowindex={rowIndex} data-active={isActive || undefined} onClick={() => onActivate(run.id)}>
      <th scope="row" className="name">
        <div className="run-name">
          <i className="swatch" style={runColourStyle(run.id)} aria-hidden="true" />
          <StatusMark status={run.status} lastNewsMs={run.lastNewsMs} />
          {run.isChild && (
            <span className="muted" title="Child of another run">
              ↳
            </span>
          )}
          <a href={href} title={run.name}>
            {run.name}
          </a>
        </div>
      </th>
      <td className="when">
        <TimeAgo timeMs={run.startedMs} />
      </td>
      <td className="number wide-only">
        {run.startedMs !== undefined &&
          run.endedMs !== undefined &&
          formatDuration(run.endedMs - run.startedMs)}
      </td>
      {showsUser && <td className="text wide-only">{run.user}</td>}
      {columns.map((column, index) => (
        <td key={column.id} className={cellClass(column, columns[index - 1])}>
          <Value column={column} value={run[column.kind].get(column.key)} />
        </td>
      ))}
      <td className="filler" />
    </tr>
  );
});

/** A value as short as its column allows; in full on hover and to whoever copies the row. */
function Value({ column, value }: { column: Column; value: string | number | undefined }) {
  if (value === undefined) return null;
  if (typeof value === "number") {
    return (
      <span title={fullNumber(value)} data-full={fullNumber(value)}>
        {formatNumber(value, column)}
      </span>
    );
  }
  return (
    <span title={value} data-full={value}>
      {shownParam(column, value)}
    </span>
  );
}
