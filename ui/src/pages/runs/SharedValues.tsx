import { formatNumber, fullNumber } from "../../lib/numbers.ts";
import type { Column } from "./columns.ts";

/** What all runs have in common, in one quiet line, so that the table is left to what differs. */
export function SharedValues({
  columns,
  runCount,
  isAll,
}: {
  columns: readonly Column[];
  runCount: number;
  isAll: boolean;
}) {
  if (columns.length === 0) return null;
  const runs = isAll
    ? `all ${runCount.toLocaleString("en")} runs`
    : `the ${runCount.toLocaleString("en")} loaded runs`;
  return (
    <details className="shared">
      <summary>
        <span className="shared-label">Same in {runs}</span>
        {columns.map((column) => (
          <span className="pair" key={column.id}>
            <span className="key">{column.key}</span>
            <span
              className="value"
              title={typeof column.sample === "number" ? fullNumber(column.sample) : column.sample}
            >
              {typeof column.sample === "number" ? formatNumber(column.sample) : column.sample}
            </span>
          </span>
        ))}
      </summary>
    </details>
  );
}
